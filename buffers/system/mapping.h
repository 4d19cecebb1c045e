#ifndef PICKLE5_BUFFERS_SYSTEM_MAPPING_H_
#define PICKLE5_BUFFERS_SYSTEM_MAPPING_H_

#include <string>

#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/export.h"

namespace pickle5 {

enum class MapAccess {
  kReadOnly,
  kCopyOnWrite,  // writable; writes stay in this process (MAP_PRIVATE)
};

// Maps a whole file; the mapping is released with its last Buffer.
//
// Who maps a file trusts its writers: bytes that another process changes
// change here too, and one that shortens the file makes reading the lost part
// a SIGBUS. Files replaced by rename (AtomicFile) are safe.
//
// Errors: InvalidArgument if it is not a regular file or a shared-memory
//         object. An empty file is an empty Buffer.
[[nodiscard]] PICKLE5_EXPORT absl::StatusOr<Buffer> MapFile(
    const std::string& path, MapAccess access = MapAccess::kReadOnly);

// The same for an open descriptor, which may be closed afterwards. `name`
// stands in errors.
[[nodiscard]] PICKLE5_EXPORT absl::StatusOr<Buffer> MapFd(
    int fd, const std::string& name, MapAccess access = MapAccess::kReadOnly);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SYSTEM_MAPPING_H_

#ifndef PICKLE5_BUFFERS_FILES_DIGEST_CHECK_H_
#define PICKLE5_BUFFERS_FILES_DIGEST_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "absl/status/statusor.h"
#include "buffers/digests/buffer_digest.h"
#include "buffers/export.h"
#include "buffers/files/file_bytes.h"

namespace pickle5 {

// Bytes of a file, and the digest that they must have.
struct DigestedRange {
  uint64_t offset = 0;
  uint64_t length = 0;
  BufferDigest digest{};
};

// The first of `all` that does not have its digest, if any.
//
// Errors: those of reading. May throw std::bad_alloc.
// Cost:   on as many threads as there are processors where there are bytes
//         enough for them; each range is one thread's.
PICKLE5_EXPORT absl::StatusOr<std::optional<size_t>> FirstMismatch(
    const FileBytes& file, std::span<const DigestedRange> all);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_DIGEST_CHECK_H_

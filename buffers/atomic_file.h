#ifndef PICKLE5_BUFFERS_ATOMIC_FILE_H_
#define PICKLE5_BUFFERS_ATOMIC_FILE_H_

#include <memory>
#include <string>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/byte_writer.h"
#include "buffers/export.h"
#include "buffers/fd_byte_writer.h"
#include "buffers/owned_fd.h"

namespace pickle5 {

// A file that appears under its name whole, or not at all.
//
// The bytes go to a temporary file in the same directory; Commit() syncs it,
// renames it over the name and syncs the directory. A symbolic link is
// followed, so that its target is replaced and the link stays. A file that is
// replaced passes its permissions on.
//
// Lifetime: the destructor removes a temporary file that was not committed.
// Errors:   after any failure an older file under the name is as it was; only
//           that of syncing the directory comes after the rename.
// Threads:  thread-compatible.
class PICKLE5_EXPORT AtomicFile {
 public:
  // FailedPrecondition if `path` names something that is not a regular file.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<AtomicFile>> Create(
      const std::string& path);

  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  // Not to be closed by the caller: Commit() does.
  ByteWriter& writer() ABSL_ATTRIBUTE_LIFETIME_BOUND { return writer_; }

  // Publishes the file. Idempotent: a second call returns what the first did.
  [[nodiscard]] absl::Status Commit();

 private:
  AtomicFile(std::string path, std::string temporary, OwnedFd fd);

  absl::Status CommitOnce();

  const std::string path_;
  std::string temporary_;  // empty once renamed
  const int fd_;           // owned by writer_ until it closes
  FdByteWriter writer_;
  bool committed_ = false;
  absl::Status result_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_ATOMIC_FILE_H_

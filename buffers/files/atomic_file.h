#ifndef PICKLE5_BUFFERS_FILES_ATOMIC_FILE_H_
#define PICKLE5_BUFFERS_FILES_ATOMIC_FILE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/bytes/byte_writer.h"
#include "buffers/bytes/fd_byte_writer.h"
#include "buffers/export.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// A file that appears under its name whole, or not at all.
//
// The bytes go to a file without a name (O_TMPFILE) in the same directory;
// Commit() syncs it, gives it the name and syncs the directory. A symbolic link
// is followed, so that its target is replaced and the link stays. A file that
// is replaced passes its permissions on.
//
// A process that is killed leaves nothing behind, but for one moment: a file
// that is there can only be replaced by rename(2), which wants the new one to
// have a name. Between link and rename, and where the file system has no
// O_TMPFILE from the start, that is ".NAME.pickle5-tmp"; who writes NAME next
// removes what a dead process left there.
//
// Lifetime: the destructor removes a file that was not committed.
// Errors:   after any failure an older file under the name is as it was; only
//           those of closing it and of syncing the directory come later. A
//           Dump() to writer() that fails is such a failure: Commit() returns
//           it and publishes nothing.
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

  // Writes everything to the disk, so that little but its name can fail
  // Commit().
  [[nodiscard]] absl::Status Sync();

  // Publishes the file. Idempotent: a second call returns what the first did.
  [[nodiscard]] absl::Status Commit();

 private:
  AtomicFile(std::string path, std::string temporary, OwnedFd fd);

  absl::Status CommitOnce();
  // Gives the file its name. An errno, 0 if it is done.
  int Publish();

  const std::string path_;
  std::string temporary_;  // the name it has meanwhile, if it has one
  const int fd_;           // owned by writer_ until it closes
  FdByteWriter writer_;
  std::optional<uint64_t> synced_at_;  // position of the last Sync()
  bool committed_ = false;
  absl::Status result_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_ATOMIC_FILE_H_

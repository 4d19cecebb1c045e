#ifndef PICKLE5_BUFFERS_FILES_APPENDED_FILE_H_
#define PICKLE5_BUFFERS_FILES_APPENDED_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/bytes/byte_writer.h"
#include "buffers/bytes/fd_byte_writer.h"
#include "buffers/export.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// A file that grows by whole pieces: what was written behind the last Commit()
// is cut off again unless the next one succeeds.
//
// A piece that a crash leaves half written stays in the file; whoever knows the
// format finds its last whole piece. For them, Barrier() puts what was written
// before it on the disk before what is written behind it.
//
// Ownership: holds flock(LOCK_EX) on the file, so that programs that append
//            exclude each other.
// Lifetime:  the destructor cuts off what was not committed.
// Errors:    after any failure the file is cut back to its last piece, as far
//            as the system lets it be; all later calls return the failure.
// Threads:   thread-compatible.
class PICKLE5_EXPORT AppendedFile {
 public:
  // Opens an existing file. Unavailable if another program appends to it,
  // FailedPrecondition if it is not a regular file.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<AppendedFile>> Open(
      const std::string& path);

  AppendedFile(const AppendedFile&) = delete;
  AppendedFile& operator=(const AppendedFile&) = delete;
  ~AppendedFile();

  // For reading what is there.
  int fd() const { return fd_.get(); }

  // Drops what stands behind `end` and appends there. To be called once, before
  // the rest.
  [[nodiscard]] absl::Status StartAt(uint64_t end);

  // Its position is that in the file, from `end` on. Not to be closed.
  ByteWriter& writer() ABSL_ATTRIBUTE_LIFETIME_BOUND { return *writer_; }
  // The offset at which the writer began: pos() + origin() is an offset in the
  // file.
  uint64_t origin() const { return origin_; }

  [[nodiscard]] absl::Status Barrier();
  // The piece is whole and on the disk.
  [[nodiscard]] absl::Status Commit();

 private:
  AppendedFile(std::string path, OwnedFd fd);

  absl::Status Sync();

  const std::string path_;
  OwnedFd fd_;
  uint64_t origin_ = 0;
  uint64_t committed_ = 0;  // where the last whole piece ends
  std::unique_ptr<FdByteWriter> writer_;
  absl::Status status_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_APPENDED_FILE_H_

#ifndef PICKLE5_BUFFERS_BYTES_FD_BYTE_WRITER_H_
#define PICKLE5_BUFFERS_BYTES_FD_BYTE_WRITER_H_

#include <cstddef>
#include <string_view>
#include <utility>

#include "buffers/bytes/staging_byte_writer.h"
#include "buffers/export.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// Writes to a file descriptor: regular file, pipe, socket, terminal.
//
// Continues after EINTR and partial writes, and waits with poll() where the
// descriptor is non-blocking. A reader that went away is EPIPE only if the
// program ignores SIGPIPE.
//
// Ownership: an int is borrowed and must stay open; an OwnedFd is closed by
//            Close(), or by the destructor.
class PICKLE5_EXPORT FdByteWriter final : public StagingByteWriter {
 public:
  explicit FdByteWriter(int fd, size_t buffer_size = kDefaultBufferSize)
      : StagingByteWriter(buffer_size), fd_(fd) {}
  explicit FdByteWriter(OwnedFd fd, size_t buffer_size = kDefaultBufferSize)
      : StagingByteWriter(buffer_size),
        owned_fd_(std::move(fd)),
        fd_(owned_fd_.get()) {}

  // For a regular file that will be synced: the system begins to write what is
  // there to the device while more comes (sync_file_range(2)), so that fsync()
  // finds less to wait for. To be called before the first byte.
  void StartWritebackEarly() { starts_writeback_ = true; }

 protected:
  bool Put(std::string_view head, std::string_view payload) override;
  bool Finish() override;

 private:
  void StartWriteback(size_t count);

  OwnedFd owned_fd_;
  int fd_;
  bool starts_writeback_ = false;
  size_t not_started_ = 0;  // bytes before the end of the file
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_BYTES_FD_BYTE_WRITER_H_

#ifndef PICKLE5_BUFFERS_FD_BYTE_WRITER_H_
#define PICKLE5_BUFFERS_FD_BYTE_WRITER_H_

#include <cstddef>
#include <string_view>
#include <utility>

#include "buffers/export.h"
#include "buffers/owned_fd.h"
#include "buffers/staging_byte_writer.h"

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

 protected:
  bool Put(std::string_view head, std::string_view payload) override;
  bool Finish() override;

 private:
  OwnedFd owned_fd_;
  int fd_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FD_BYTE_WRITER_H_

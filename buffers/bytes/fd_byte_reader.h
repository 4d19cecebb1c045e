#ifndef PICKLE5_BUFFERS_BYTES_FD_BYTE_READER_H_
#define PICKLE5_BUFFERS_BYTES_FD_BYTE_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "buffers/bytes/byte_reader.h"
#include "buffers/export.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// Reads from a file descriptor: regular file, pipe, socket, terminal.
//
// Reads from the descriptor's own offset on, continues after EINTR, and waits
// with poll() where the descriptor is non-blocking.
//
// Ownership: an int is borrowed and must stay open; an OwnedFd is closed by
//            the destructor.
class PICKLE5_EXPORT FdByteReader final : public ByteReader {
 public:
  explicit FdByteReader(int fd, size_t buffer_size = kDefaultBufferSize)
      : ByteReader(buffer_size), fd_(fd) {}
  explicit FdByteReader(OwnedFd fd, size_t buffer_size = kDefaultBufferSize)
      : ByteReader(buffer_size),
        owned_fd_(std::move(fd)),
        fd_(owned_fd_.get()) {}

 protected:
  size_t ReadSource(uint8_t* destination, size_t min_bytes,
                    size_t max_bytes) override;
  std::optional<uint64_t> SourceRemaining() const override;

 private:
  OwnedFd owned_fd_;
  int fd_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_BYTES_FD_BYTE_READER_H_

#ifndef PICKLE5_BUFFERS_STREAMS_STREAM_PIECES_H_
#define PICKLE5_BUFFERS_STREAMS_STREAM_PIECES_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// The outcome of one attempt to move bytes through a stream.
enum class StreamProgress : uint8_t {
  kDone,
  kWouldBlock,  // try again when poll() or epoll says so
  kEnd,         // receiving: the peer has closed the stream
};

// Pieces of memory that are sent to, or filled from, a stream in order, over
// as many calls as it takes.
//
// Sockets are never waited for, whether O_NONBLOCK is set or not; pipes and
// other descriptors are waited for unless it is. A signal repeats the call. A
// peer that went away is the status of EPIPE or ECONNRESET and raises no
// SIGPIPE.
//
// Ownership: the memory is borrowed.
// Cost:      one system call moves up to 64 pieces; no bytes are staged.
class PICKLE5_EXPORT StreamPieces {
 public:
  // Only Receive() writes there.
  void Add(const void* data, size_t size);
  // Forgets the pieces, and what descriptors belong to them.
  void Clear();

  // Over Unix sockets: the next byte that Send() moves carries a descriptor,
  // which is borrowed until then.
  void AttachFd(int fd) { attached_fd_ = fd; }
  // Over Unix sockets: Receive() keeps one descriptor that comes with the
  // pieces. Others, and all without this, are dropped.
  void AcceptFd();
  OwnedFd TakeFd();

  bool done() const { return next_ == pieces_.size(); }
  // Bytes that have still to move.
  uint64_t left() const { return left_; }

  [[nodiscard]] absl::StatusOr<StreamProgress> Send(int fd);
  // Reads nothing beyond the last piece.
  [[nodiscard]] absl::StatusOr<StreamProgress> Receive(int fd);

 private:
  void Consume(size_t count);
  ssize_t SendSome(int fd);
  ssize_t ReceiveSome(int fd);

  std::vector<struct iovec> pieces_;  // none is empty
  size_t next_ = 0;                   // the first that is not done
  uint64_t left_ = 0;
  int attached_fd_ = -1;
  bool accepts_fd_ = false;
  std::vector<OwnedFd> fds_;  // that came
};

// Waits until poll() reports `events` (POLLIN, POLLOUT) or an error on `fd`.
// DeadlineExceeded if nothing comes for `timeout`.
[[nodiscard]] PICKLE5_EXPORT absl::Status WaitForStream(
    int fd, short events, std::optional<std::chrono::milliseconds> timeout);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_STREAMS_STREAM_PIECES_H_

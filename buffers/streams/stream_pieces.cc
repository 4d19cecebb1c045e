#include "buffers/streams/stream_pieces.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "buffers/io_status.h"
#include "buffers/system/fd_control.h"

namespace pickle5 {
namespace {

// More pieces in one call gain nothing and cost a longer copy in the kernel;
// POSIX promises 16, Linux takes 1024.
constexpr size_t kMaxPieces = 64;

using Control = FdControl<1>;

bool WouldBlock(int error_number) {
  return error_number == EAGAIN || error_number == EWOULDBLOCK;
}

// writev() without a SIGPIPE. MSG_NOSIGNAL is for sockets only, and the
// disposition of the signal belongs to the program: it is held back in this
// thread and, if this write raised it, taken away.
ssize_t WriteWithoutSignal(int fd, const struct iovec* pieces, size_t count) {
  sigset_t pipe_signal;
  sigset_t old_mask;
  sigset_t pending;
  ::sigemptyset(&pipe_signal);
  ::sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &old_mask);
  ::sigpending(&pending);
  const ssize_t result = ::writev(fd, pieces, static_cast<int>(count));
  const int error_number = errno;
  // A write that fails half-way returns what it wrote, and raises the signal
  // all the same.
  if (::sigismember(&pending, SIGPIPE) == 0) {
    const struct timespec now = {0, 0};
    while (::sigtimedwait(&pipe_signal, nullptr, &now) < 0 && errno == EINTR) {
    }
  }
  ::pthread_sigmask(SIG_SETMASK, &old_mask, nullptr);
  errno = error_number;
  return result;
}

}  // namespace

void StreamPieces::Add(const void* data, size_t size) {
  if (size == 0) return;
  pieces_.push_back({const_cast<void*>(data), size});
  left_ += size;
}

void StreamPieces::Clear() {
  pieces_.clear();
  next_ = 0;
  left_ = 0;
  attached_fd_ = -1;
  accepts_fd_ = false;
  fds_.clear();
}

void StreamPieces::AcceptFd() {
  accepts_fd_ = true;
  fds_.reserve(1 + Control::kMaxTaken);
}

OwnedFd StreamPieces::TakeFd() {
  OwnedFd fd = fds_.empty() ? OwnedFd() : std::move(fds_.front());
  fds_.clear();
  return fd;
}

ssize_t StreamPieces::SendSome(int fd) {
  const size_t count = std::min(kMaxPieces, pieces_.size() - next_);
  struct msghdr message = {};
  message.msg_iov = &pieces_[next_];
  message.msg_iovlen = count;
  Control control;
  if (attached_fd_ >= 0) control.Put({&attached_fd_, 1}, &message);
  const ssize_t result = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (result > 0) attached_fd_ = -1;
  if (result >= 0 || errno != ENOTSOCK || attached_fd_ >= 0) return result;
  return WriteWithoutSignal(fd, &pieces_[next_], count);
}

ssize_t StreamPieces::ReceiveSome(int fd) {
  const size_t count = std::min(kMaxPieces, pieces_.size() - next_);
  struct msghdr message = {};
  message.msg_iov = &pieces_[next_];
  message.msg_iovlen = count;
  Control control;
  if (accepts_fd_) control.Expect(&message);
  const ssize_t result =
      ::recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (result >= 0) {
    if (accepts_fd_) Control::Take(&message, &fds_);
    // As many as there is room for, whatever a peer sends.
    if (fds_.size() > 1) fds_.resize(1);
    return result;
  }
  if (errno != ENOTSOCK) return result;
  return ::readv(fd, &pieces_[next_], static_cast<int>(count));
}

void StreamPieces::Consume(size_t count) {
  left_ -= count;
  while (count != 0) {
    struct iovec& piece = pieces_[next_];
    const size_t taken = std::min(count, piece.iov_len);
    piece.iov_base = static_cast<uint8_t*>(piece.iov_base) + taken;
    piece.iov_len -= taken;
    count -= taken;
    if (piece.iov_len == 0) ++next_;
  }
}

absl::StatusOr<StreamProgress> StreamPieces::Send(int fd) {
  while (!done()) {
    const ssize_t result = SendSome(fd);
    if (result >= 0) {
      Consume(static_cast<size_t>(result));
      continue;
    }
    const int error_number = errno;
    if (WouldBlock(error_number)) return StreamProgress::kWouldBlock;
    if (error_number != EINTR) return IoStatus(error_number, "send");
  }
  return StreamProgress::kDone;
}

absl::StatusOr<StreamProgress> StreamPieces::Receive(int fd) {
  while (!done()) {
    const ssize_t result = ReceiveSome(fd);
    if (result == 0) return StreamProgress::kEnd;
    if (result > 0) {
      Consume(static_cast<size_t>(result));
      continue;
    }
    const int error_number = errno;
    if (WouldBlock(error_number)) return StreamProgress::kWouldBlock;
    if (error_number != EINTR) return IoStatus(error_number, "receive");
  }
  return StreamProgress::kDone;
}

absl::Status WaitForStream(int fd, short events,
                           std::optional<std::chrono::milliseconds> timeout) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  for (;;) {
    int wait = -1;
    if (timeout.has_value()) {
      // A signal must not start the time anew, nor cut its last millisecond.
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          *timeout - (Clock::now() - start));
      wait = static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(
          left.count(), 0, std::numeric_limits<int>::max()));
    }
    struct pollfd descriptor = {fd, events, 0};
    const int result = ::poll(&descriptor, 1, wait);
    if (result > 0) return absl::OkStatus();
    if (result == 0) {
      return absl::DeadlineExceededError("the peer of the stream does nothing");
    }
    if (errno != EINTR) return IoStatus(errno, "poll");
  }
}

}  // namespace pickle5

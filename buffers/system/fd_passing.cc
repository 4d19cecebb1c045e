#include "buffers/system/fd_passing.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <new>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "buffers/system/fd_control.h"
#include "buffers/system/fd_wait.h"

namespace pickle5 {
namespace {

using Control = FdControl<kMaxPassedFds>;

}  // namespace

absl::Status SendWithFds(int socket, std::span<const uint8_t> bytes,
                         std::span<const int> fds) {
  if (bytes.empty() || fds.size() > kMaxPassedFds) {
    return absl::InvalidArgumentError(absl::StrCat("cannot pass ", fds.size(),
                                                   " descriptors with ",
                                                   bytes.size(), " bytes"));
  }
  Control control;
  while (!bytes.empty()) {
    // iovec has no const; sendmsg() only reads.
    struct iovec piece = {const_cast<uint8_t*>(bytes.data()), bytes.size()};
    struct msghdr message = {};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (!fds.empty()) control.Put(fds, &message);
    const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    if (sent < 0) {
      const int error_number = errno;
      if (RetryAfterWait(error_number, socket, POLLOUT)) continue;
      return IoStatus(error_number, "send descriptors");
    }
    bytes = bytes.subspan(static_cast<size_t>(sent));
    // They went with the first byte.
    fds = {};
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<OwnedFd>> ReceiveWithFds(int socket,
                                                    std::span<uint8_t> bytes) {
  try {
    std::vector<OwnedFd> fds;
    // What a received descriptor is put into must not have to be allocated.
    fds.reserve(kMaxPassedFds + Control::kMaxTaken);
    const size_t wanted = bytes.size();
    while (!bytes.empty()) {
      Control control;
      struct iovec piece = {bytes.data(), bytes.size()};
      struct msghdr message = {};
      message.msg_iov = &piece;
      message.msg_iovlen = 1;
      control.Expect(&message);
      const ssize_t got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
      if (got < 0) {
        const int error_number = errno;
        if (RetryAfterWait(error_number, socket, POLLIN)) continue;
        return IoStatus(error_number, "receive descriptors");
      }
      Control::Take(&message, &fds);
      if ((message.msg_flags & MSG_CTRUNC) != 0 || fds.size() > kMaxPassedFds) {
        return absl::DataLossError("descriptors were lost on the way");
      }
      if (got == 0 && bytes.size() == wanted) {
        return absl::OutOfRangeError("the peer closed the socket");
      }
      if (got == 0) {
        return absl::DataLossError(
            absl::StrCat("the peer closed the socket after ",
                         wanted - bytes.size(), " of ", wanted, " bytes"));
      }
      bytes = bytes.subspan(static_cast<size_t>(got));
    }
    return fds;
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5

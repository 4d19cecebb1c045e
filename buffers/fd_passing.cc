#include "buffers/fd_passing.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "absl/strings/str_cat.h"
#include "buffers/fd_wait.h"
#include "buffers/io_status.h"

namespace pickle5 {
namespace {

// Aligned as the kernel's control messages are.
union ControlBlock {
  struct cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int) * kMaxPassedFds)];
};

void PutFds(std::span<const int> fds, ControlBlock* control,
            struct msghdr* message) {
  message->msg_control = control->bytes;
  message->msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
  struct cmsghdr* const header = CMSG_FIRSTHDR(message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
  std::memcpy(CMSG_DATA(header), fds.data(), sizeof(int) * fds.size());
}

// Takes every descriptor of a message: each is open now, whatever follows.
void TakeFds(struct msghdr* message, std::vector<OwnedFd>* fds) {
  for (struct cmsghdr* header = CMSG_FIRSTHDR(message); header != nullptr;
       header = CMSG_NXTHDR(message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      fds->push_back(OwnedFd(fd));
    }
  }
}

}  // namespace

absl::Status SendWithFds(int socket, std::span<const uint8_t> bytes,
                         std::span<const int> fds) {
  if (bytes.empty() || fds.size() > kMaxPassedFds) {
    return absl::InvalidArgumentError(absl::StrCat("cannot pass ", fds.size(),
                                                   " descriptors with ",
                                                   bytes.size(), " bytes"));
  }
  ControlBlock control;
  std::memset(&control, 0, sizeof(control));
  while (!bytes.empty()) {
    // iovec has no const; sendmsg() only reads.
    struct iovec piece = {const_cast<uint8_t*>(bytes.data()), bytes.size()};
    struct msghdr message = {};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (!fds.empty()) PutFds(fds, &control, &message);
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
    fds.reserve(2 * kMaxPassedFds);
    const size_t wanted = bytes.size();
    while (!bytes.empty()) {
      ControlBlock control;
      struct iovec piece = {bytes.data(), bytes.size()};
      struct msghdr message = {};
      message.msg_iov = &piece;
      message.msg_iovlen = 1;
      message.msg_control = control.bytes;
      message.msg_controllen = sizeof(control.bytes);
      const ssize_t got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
      if (got < 0) {
        const int error_number = errno;
        if (RetryAfterWait(error_number, socket, POLLIN)) continue;
        return IoStatus(error_number, "receive descriptors");
      }
      TakeFds(&message, &fds);
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

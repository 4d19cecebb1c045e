#ifndef PICKLE5_BUFFERS_SYSTEM_FD_CONTROL_H_
#define PICKLE5_BUFFERS_SYSTEM_FD_CONTROL_H_

#include <sys/socket.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "buffers/system/owned_fd.h"

namespace pickle5 {

// The control message that carries descriptors (SCM_RIGHTS, unix(7)).
template <size_t kMaxFds>
class FdControl {
 public:
  // The room that a receiver's vector needs: a descriptor that came is
  // open, and must not be lost because memory is.
  static constexpr size_t kMaxTaken =
      CMSG_SPACE(sizeof(int) * kMaxFds) / sizeof(int);

  // Has `message` send `fds`, 1 to kMaxFds of them. This must outlive the call.
  void Put(std::span<const int> fds, struct msghdr* message) {
    std::memset(&block_, 0, sizeof(block_));
    message->msg_control = block_.bytes;
    message->msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    struct cmsghdr* const header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    std::memcpy(CMSG_DATA(header), fds.data(), sizeof(int) * fds.size());
  }

  // Has `message` receive so many.
  void Expect(struct msghdr* message) {
    message->msg_control = block_.bytes;
    message->msg_controllen = sizeof(block_.bytes);
  }

  // Takes every descriptor of a received message: each is open now, whatever
  // follows.
  static void Take(struct msghdr* message, std::vector<OwnedFd>* fds) {
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

 private:
  union {
    struct cmsghdr align;  // as the kernel's are
    char bytes[CMSG_SPACE(sizeof(int) * kMaxFds)];
  } block_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SYSTEM_FD_CONTROL_H_

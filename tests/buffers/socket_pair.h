#ifndef PICKLE5_TESTS_BUFFERS_SOCKET_PAIR_H_
#define PICKLE5_TESTS_BUFFERS_SOCKET_PAIR_H_

#include <sys/socket.h>

#include "buffers/system/owned_fd.h"
#include "gtest/gtest.h"

namespace pickle5 {

// Two connected Unix stream sockets.
struct SocketPair {
  SocketPair() {
    int fds[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
      ADD_FAILURE() << "socketpair";
    }
    left = OwnedFd(fds[0]);
    right = OwnedFd(fds[1]);
  }

  OwnedFd left;
  OwnedFd right;
};

}  // namespace pickle5

#endif  // PICKLE5_TESTS_BUFFERS_SOCKET_PAIR_H_

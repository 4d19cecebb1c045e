#ifndef PICKLE5_TESTS_BUFFERS_STREAM_PAIR_H_
#define PICKLE5_TESTS_BUFFERS_STREAM_PAIR_H_

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "buffers/system/owned_fd.h"
#include "gtest/gtest.h"

namespace pickle5 {

// The two ends of a stream: what is written to `in` is read from `out`.
struct StreamPair {
  OwnedFd in;
  OwnedFd out;

  void SetNonBlocking() const {
    EXPECT_EQ(::fcntl(in.get(), F_SETFL, O_NONBLOCK), 0);
    EXPECT_EQ(::fcntl(out.get(), F_SETFL, O_NONBLOCK), 0);
  }
};

inline void SetSendBuffer(int fd, int size) {
  EXPECT_EQ(::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
}

// With `send_buffer`, one that takes little at a time.
inline StreamPair UnixPair(int send_buffer = 0) {
  std::array<int, 2> ends = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()),
            0);
  if (send_buffer != 0) SetSendBuffer(ends[0], send_buffer);
  return {OwnedFd(ends[0]), OwnedFd(ends[1])};
}

inline StreamPair PipePair() {
  std::array<int, 2> ends = {-1, -1};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  return {OwnedFd(ends[1]), OwnedFd(ends[0])};
}

inline StreamPair TcpPair(int send_buffer = 0) {
  OwnedFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  struct sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* const name = reinterpret_cast<struct sockaddr*>(&address);
  EXPECT_EQ(::bind(listener.get(), name, length), 0);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  EXPECT_EQ(::getsockname(listener.get(), name, &length), 0);
  OwnedFd in(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(in.get(), name, length), 0);
  OwnedFd out(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_TRUE(out.valid());
  if (send_buffer != 0) SetSendBuffer(in.get(), send_buffer);
  return {std::move(in), std::move(out)};
}

}  // namespace pickle5

#endif  // PICKLE5_TESTS_BUFFERS_STREAM_PAIR_H_

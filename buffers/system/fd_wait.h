#ifndef PICKLE5_BUFFERS_SYSTEM_FD_WAIT_H_
#define PICKLE5_BUFFERS_SYSTEM_FD_WAIT_H_

#include <poll.h>

#include <cerrno>

namespace pickle5 {

// Returns whether a read or write that failed with `error_number` is to be
// repeated: after a signal at once, and when `events` (POLLIN, POLLOUT) have
// come where the descriptor is non-blocking.
inline bool RetryAfterWait(int error_number, int fd, short events) {
  if (error_number == EINTR) return true;
  if (error_number != EAGAIN && error_number != EWOULDBLOCK) return false;
  struct pollfd wait = {fd, events, 0};
  return ::poll(&wait, 1, -1) >= 0 || errno == EINTR;
}

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SYSTEM_FD_WAIT_H_

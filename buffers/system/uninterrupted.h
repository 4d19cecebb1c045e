#ifndef PICKLE5_BUFFERS_SYSTEM_UNINTERRUPTED_H_
#define PICKLE5_BUFFERS_SYSTEM_UNINTERRUPTED_H_

#include <cerrno>

namespace pickle5 {

// The result of `call`, a system call that returns a negative number with errno
// set, made again as often as a signal breaks it off. Not for close(2), which
// is done even then.
template <typename Call>
auto Uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SYSTEM_UNINTERRUPTED_H_

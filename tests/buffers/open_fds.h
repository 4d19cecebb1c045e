#ifndef PICKLE5_TESTS_BUFFERS_OPEN_FDS_H_
#define PICKLE5_TESTS_BUFFERS_OPEN_FDS_H_

#include <cstddef>
#include <filesystem>

namespace pickle5 {

// How many descriptors this process has open.
inline size_t CountOpenFds() {
  size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd")) {
    static_cast<void>(entry);
    ++count;
  }
  return count;
}

}  // namespace pickle5

#endif  // PICKLE5_TESTS_BUFFERS_OPEN_FDS_H_

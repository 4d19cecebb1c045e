#ifndef PICKLE5_BUFFERS_SYSTEM_OWNED_FD_H_
#define PICKLE5_BUFFERS_SYSTEM_OWNED_FD_H_

#include <utility>

#include "absl/status/status.h"
#include "buffers/export.h"

namespace pickle5 {

// A file descriptor that is closed when its owner dies. -1 is none.
class PICKLE5_EXPORT OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(other.Release()) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept;
  ~OwnedFd();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

  // Gives the descriptor up without closing it.
  int Release() { return std::exchange(fd_, -1); }

  // Closes the descriptor; some file systems tell only here that a write
  // failed. It is closed whatever is returned.
  [[nodiscard]] absl::Status Close();

 private:
  int fd_ = -1;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SYSTEM_OWNED_FD_H_

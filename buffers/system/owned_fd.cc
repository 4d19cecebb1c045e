#include "buffers/system/owned_fd.h"

#include <unistd.h>

#include <cerrno>

#include "buffers/io_status.h"

namespace pickle5 {

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  if (this != &other) {
    if (valid()) ::close(fd_);
    fd_ = other.Release();
  }
  return *this;
}

OwnedFd::~OwnedFd() {
  if (valid()) ::close(fd_);
}

absl::Status OwnedFd::Close() {
  if (!valid()) return absl::OkStatus();
  // On Linux the descriptor is gone even after EINTR: to try again could close
  // somebody else's.
  if (::close(Release()) != 0 && errno != EINTR) {
    return IoStatus(errno, "close");
  }
  return absl::OkStatus();
}

}  // namespace pickle5

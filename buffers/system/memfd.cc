#include "buffers/system/memfd.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"

namespace pickle5 {
namespace {

// Kernels before 6.3, and the C libraries of their time, do not know it; with
// it a kernel may be set to refuse memory that could be executed.
constexpr unsigned kNoExecSeal = 0x0008U;

}  // namespace

absl::StatusOr<OwnedFd> CreateMemfd(const std::string& name) {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  OwnedFd fd(::memfd_create(name.c_str(), kFlags | kNoExecSeal));
  if (!fd.valid() && errno == EINVAL) {
    fd = OwnedFd(::memfd_create(name.c_str(), kFlags));
  }
  if (!fd.valid()) return IoStatus(errno, "create unnamed shared memory");
  return fd;
}

absl::Status AddSeals(int fd, unsigned seals) {
  if (::fcntl(fd, F_ADD_SEALS, seals) != 0) {
    return IoStatus(errno, "seal shared memory");
  }
  return absl::OkStatus();
}

unsigned FinalSeals() {
  return F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
}

absl::Status CheckSeals(int fd, unsigned seals) {
  const int found = ::fcntl(fd, F_GET_SEALS);
  if (found < 0) {
    if (errno != EINVAL) return IoStatus(errno, "read seals");
    return absl::PermissionDeniedError(
        "the descriptor is not shared memory that can be sealed");
  }
  if ((static_cast<unsigned>(found) & seals) != seals) {
    return absl::PermissionDeniedError(absl::StrCat(
        "shared memory is not sealed: seals ", found, ", needed ", seals));
  }
  return absl::OkStatus();
}

}  // namespace pickle5

#include "buffers/system/mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <new>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

absl::StatusOr<Buffer> MapFd(int fd, const std::string& name,
                             MapAccess access) {
  try {
    struct stat info;
    if (::fstat(fd, &info) != 0) {
      return IoStatus(errno, absl::StrCat("stat ", name));
    }
    if (!S_ISREG(info.st_mode)) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " is not a regular file"));
    }
    if (info.st_size == 0) return Buffer();
    const size_t size = static_cast<size_t>(info.st_size);
    const bool readonly = access == MapAccess::kReadOnly;
    void* const memory =
        ::mmap(nullptr, size, readonly ? PROT_READ : PROT_READ | PROT_WRITE,
               MAP_PRIVATE, fd, 0);
    if (memory == MAP_FAILED) {
      return IoStatus(errno, absl::StrCat("map ", name));
    }
    return Buffer::WithReleaser(memory, size, readonly,
                                [memory, size] { ::munmap(memory, size); });
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<Buffer> MapFile(const std::string& path, MapAccess access) {
  // A FIFO without a writer must not keep the caller waiting.
  OwnedFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return IoStatus(errno, "open " + path);
  return MapFd(fd.get(), path, access);
}

}  // namespace pickle5

#include "buffers/files/shm_janitor.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/files/buffer_file_index.h"
#include "buffers/io_status.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

bool StartsLikeABufferFile(int fd) {
  const std::string header = EncodeBufferFileHeader();
  std::string found(header.size(), '\0');
  return ::pread(fd, found.data(), found.size(), 0) ==
             static_cast<ssize_t>(found.size()) &&
         found == header;
}

// Returns whether an owner holds its lock, which a janitor takes only for a
// moment.
bool IsLocked(int fd) {
  if (::flock(fd, LOCK_SH | LOCK_NB) != 0) return true;
  ::flock(fd, LOCK_UN);
  return false;
}

}  // namespace

std::optional<ShmSegment> ShmJanitor::Look(const std::string& file) const {
  const OwnedFd fd(::open(absl::StrCat(directory_, "/", file).c_str(),
                          O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info = {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return std::nullopt;
  }
  ShmSegment segment;
  segment.name = absl::StrCat("/", file);
  segment.owner = OwnerInShmName(file);
  if (!segment.owner && !StartsLikeABufferFile(fd.get())) return std::nullopt;
  segment.bytes = static_cast<uint64_t>(info.st_blocks) * 512;
  segment.abandoned =
      segment.owner && !IsLocked(fd.get()) && !IsAlive(*segment.owner);
  return segment;
}

absl::StatusOr<std::vector<ShmSegment>> ShmJanitor::List() const {
  try {
    const std::unique_ptr<DIR, CloseDirectory> directory(
        ::opendir(directory_.c_str()));
    if (directory == nullptr) {
      return IoStatus(errno, absl::StrCat("list ", directory_));
    }
    std::vector<ShmSegment> segments;
    while (const struct dirent* const entry = ::readdir(directory.get())) {
      std::optional<ShmSegment> segment = Look(entry->d_name);
      if (segment) segments.push_back(*std::move(segment));
    }
    std::sort(segments.begin(), segments.end(),
              [](const ShmSegment& a, const ShmSegment& b) {
                return a.name < b.name;
              });
    return segments;
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<std::vector<ShmSegment>> ShmJanitor::Clean() const {
  absl::StatusOr<std::vector<ShmSegment>> all = List();
  if (!all.ok()) return all;
  try {
    std::vector<ShmSegment> removed;
    for (ShmSegment& segment : *all) {
      if (!segment.abandoned) continue;
      // Names of dead owners do not come again. Another janitor may have been
      // here before.
      if (::unlink(absl::StrCat(directory_, segment.name).c_str()) == 0) {
        removed.push_back(std::move(segment));
      } else if (errno != ENOENT) {
        return IoStatus(errno, absl::StrCat("remove ", segment.name));
      }
    }
    return removed;
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::Status ShmJanitor::Remove(const std::string& name) const {
  try {
    const absl::StatusOr<std::string> shm_name = ShmName(name);
    if (!shm_name.ok()) return shm_name.status();
    const std::string path = absl::StrCat(directory_, *shm_name);
    if (::access(path.c_str(), F_OK) != 0) {
      return IoStatus(errno, absl::StrCat("find shared memory ", *shm_name));
    }
    if (!Look(shm_name->substr(1))) {
      return absl::FailedPreconditionError(absl::StrCat(
          *shm_name, " is not shared memory that holds buffers of pickles"));
    }
    if (::unlink(path.c_str()) != 0) {
      return IoStatus(errno, absl::StrCat("remove ", *shm_name));
    }
    return absl::OkStatus();
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5

#include "buffers/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"

namespace pickle5 {
namespace {

constexpr int kMaxNameTries = 100;

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return path.substr(0, slash == 0 ? 1 : slash);
}

// Behind a symbolic link its target; `path` itself where that does not exist.
std::string ResolveLinks(const std::string& path) {
  char* const resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;
  std::string result(resolved);
  std::free(resolved);
  return result;
}

// A name that is probably free: O_EXCL finds out.
std::string TemporaryName(const std::string& directory) {
  static std::atomic<uint64_t> counter{0};
  struct timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return absl::StrCat(directory, "/.pickle5-", ::getpid(), "-",
                      absl::Hex(now.tv_nsec), "-", counter.fetch_add(1),
                      ".tmp");
}

absl::Status SyncDirectory(const std::string& path) {
  const std::string directory = DirectoryOf(path);
  OwnedFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A directory may be writable and not readable, and some file systems cannot
  // sync one: the file is in place all the same.
  if (!fd.valid() || ::fsync(fd.get()) == 0 || errno == EINVAL) {
    return absl::OkStatus();
  }
  return IoStatus(errno, absl::StrCat("fsync ", directory));
}

}  // namespace

AtomicFile::AtomicFile(std::string path, std::string temporary, OwnedFd fd)
    : path_(std::move(path)),
      temporary_(std::move(temporary)),
      fd_(fd.get()),
      writer_(std::move(fd)) {}

absl::StatusOr<std::unique_ptr<AtomicFile>> AtomicFile::Create(
    const std::string& path) {
  try {
    struct stat old;
    const bool replaces = ::stat(path.c_str(), &old) == 0;
    if (replaces && !S_ISREG(old.st_mode)) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, " is not a regular file"));
    }
    std::string target = ResolveLinks(path);
    const std::string directory = DirectoryOf(target);
    for (int i = 0; i < kMaxNameTries; ++i) {
      std::string temporary = TemporaryName(directory);
      OwnedFd fd(::open(temporary.c_str(),
                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
      if (!fd.valid() && errno == EEXIST) continue;
      if (!fd.valid()) return IoStatus(errno, absl::StrCat("create ", path));
      std::unique_ptr<AtomicFile> file(new AtomicFile(
          std::move(target), std::move(temporary), std::move(fd)));
      if (replaces && ::fchmod(file->fd_, old.st_mode & 07777) != 0) {
        return IoStatus(errno, absl::StrCat("chmod ", file->temporary_));
      }
      return file;
    }
    return IoStatus(EEXIST, absl::StrCat("create ", path));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

absl::Status AtomicFile::Commit() {
  if (committed_) return result_;
  committed_ = true;
  try {
    result_ = CommitOnce();
  } catch (const std::bad_alloc&) {
    result_ = OutOfMemoryStatus();
  }
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
  return result_;
}

absl::Status AtomicFile::CommitOnce() {
  writer_.set_anchor(nullptr);
  if (!writer_.Flush()) return writer_.status();
  if (::fsync(fd_) != 0) return IoStatus(errno, absl::StrCat("fsync ", path_));
  if (!writer_.Close()) return writer_.status();
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return IoStatus(errno, absl::StrCat("rename to ", path_));
  }
  temporary_.clear();
  return SyncDirectory(path_);
}

}  // namespace pickle5

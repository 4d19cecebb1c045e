#include "buffers/files/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "buffers/system/uninterrupted.h"

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
  const std::unique_ptr<char, decltype(&std::free)> resolved(
      ::realpath(path.c_str(), nullptr), &std::free);
  return resolved == nullptr ? path : resolved.get();
}

// Names of a file that replaces `path`, the first of them where it is free.
std::string TemporaryName(const std::string& path, int i) {
  const size_t slash = path.rfind('/');
  const size_t base = slash == std::string::npos ? 0 : slash + 1;
  return absl::StrCat(path.substr(0, base), ".", path.substr(base),
                      ".pickle5-tmp", i == 0 ? "" : absl::StrCat(i));
}

// Returns whether `path` names the file that is open.
bool Names(const std::string& path, int fd) {
  struct stat held;
  struct stat named;
  return ::fstat(fd, &held) == 0 && S_ISREG(held.st_mode) &&
         ::lstat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

// Removes a file that nobody holds locked: its writer was killed.
void RemoveIfAbandoned(const std::string& temporary) {
  OwnedFd fd(::open(temporary.c_str(),
                    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!fd.valid() || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return;
  // The name may have become another file's before the lock was taken.
  if (Names(temporary, fd.get())) ::unlink(temporary.c_str());
}

// Makes a file of that name, locked; none with errno set.
OwnedFd OpenNamed(const std::string& temporary) {
  OwnedFd fd(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd.valid()) return fd;
  // Where locks are unknown, nobody else gets one either.
  (void)::flock(fd.get(), LOCK_EX | LOCK_NB);
  if (!Names(temporary, fd.get())) {
    // Taken for abandoned before it was locked.
    fd = OwnedFd();
    errno = EEXIST;
  }
  return fd;
}

// Makes the file under the first temporary name that is free, by `make`, which
// returns whether it could; 0 or an errno.
template <typename Make>
int MakeNamed(const std::string& path, std::string* temporary, Make make) {
  for (int i = 0; i < kMaxNameTries; ++i) {
    *temporary = TemporaryName(path, i);
    if (make(*temporary)) return 0;
    if (errno != EEXIST) return errno;
    RemoveIfAbandoned(*temporary);
    if (make(*temporary)) return 0;
    if (errno != EEXIST) return errno;
  }
  return EEXIST;
}

// The name by which a file without one can be linked.
std::string DescriptorName(int fd) {
  return absl::StrCat("/proc/self/fd/", fd);
}

bool Link(int fd, const std::string& path) {
  return ::linkat(AT_FDCWD, DescriptorName(fd).c_str(), AT_FDCWD, path.c_str(),
                  AT_SYMLINK_FOLLOW) == 0;
}

// A file without a name, locked; none where the system cannot give it one
// later.
OwnedFd OpenUnnamed(const std::string& directory) {
  OwnedFd fd(::open(directory.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666));
  if (fd.valid() && (::access(DescriptorName(fd.get()).c_str(), F_OK) != 0 ||
                     ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)) {
    fd = OwnedFd();
  }
  return fd;
}

bool SyncFd(int fd) {
  return Uninterrupted([fd] { return ::fsync(fd); }) == 0;
}

absl::Status SyncDirectory(const std::string& path) {
  const std::string directory = DirectoryOf(path);
  OwnedFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A directory may be writable and not readable, and some file systems cannot
  // sync one: the file is in place all the same.
  if (!fd.valid() || SyncFd(fd.get()) || errno == EINVAL) {
    return absl::OkStatus();
  }
  return IoStatus(errno, absl::StrCat("fsync ", directory));
}

}  // namespace

AtomicFile::AtomicFile(std::string path, std::string temporary, OwnedFd fd)
    : path_(std::move(path)),
      temporary_(std::move(temporary)),
      fd_(fd.get()),
      writer_(std::move(fd)) {
  writer_.StartWritebackEarly();
}

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
    OwnedFd fd = OpenUnnamed(DirectoryOf(target));
    std::string temporary;
    if (!fd.valid()) {
      const int error_number =
          MakeNamed(target, &temporary, [&fd](const std::string& name) {
            fd = OpenNamed(name);
            return fd.valid();
          });
      if (error_number != 0) {
        return IoStatus(error_number, absl::StrCat("create ", path));
      }
    }
    std::unique_ptr<AtomicFile> file(
        new AtomicFile(std::move(target), std::move(temporary), std::move(fd)));
    if (replaces && ::fchmod(file->fd_, old.st_mode & 07777) != 0) {
      return IoStatus(errno, absl::StrCat("chmod ", path));
    }
    return file;
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

int AtomicFile::Publish() {
  if (temporary_.empty()) {
    if (Link(fd_, path_)) return 0;
    if (errno != EEXIST) return errno;
    const int error_number =
        MakeNamed(path_, &temporary_,
                  [this](const std::string& name) { return Link(fd_, name); });
    if (error_number != 0) {
      temporary_.clear();
      return error_number;
    }
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return errno;
  temporary_.clear();
  return 0;
}

absl::Status AtomicFile::Sync() {
  if (synced_at_ == writer_.pos() && writer_.ok()) return absl::OkStatus();
  try {
    writer_.set_anchor(nullptr);
    if (!writer_.Flush()) return writer_.status();
    if (!SyncFd(fd_)) {
      return writer_.Abandon(IoStatus(errno, absl::StrCat("fsync ", path_)));
    }
    synced_at_ = writer_.pos();
    return absl::OkStatus();
  } catch (const std::bad_alloc&) {
    return writer_.Abandon(OutOfMemoryStatus());
  }
}

absl::Status AtomicFile::CommitOnce() {
  absl::Status status = Sync();
  if (!status.ok()) return status;
  const int error_number = Publish();
  if (error_number != 0) {
    return IoStatus(error_number, absl::StrCat("rename to ", path_));
  }
  if (!writer_.Close()) return writer_.status();
  return SyncDirectory(path_);
}

}  // namespace pickle5

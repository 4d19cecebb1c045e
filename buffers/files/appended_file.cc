#include "buffers/files/appended_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "buffers/system/uninterrupted.h"

namespace pickle5 {
namespace {

int Truncate(int fd, uint64_t size) {
  return Uninterrupted(
      [&] { return ::ftruncate(fd, static_cast<off_t>(size)); });
}

}  // namespace

AppendedFile::AppendedFile(std::string path, OwnedFd fd)
    : path_(std::move(path)), fd_(std::move(fd)) {}

absl::StatusOr<std::unique_ptr<AppendedFile>> AppendedFile::Open(
    const std::string& path) {
  try {
    OwnedFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid()) return IoStatus(errno, absl::StrCat("open ", path));
    struct stat info;
    if (::fstat(fd.get(), &info) != 0) {
      return IoStatus(errno, absl::StrCat("stat ", path));
    }
    if (!S_ISREG(info.st_mode)) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, " is not a regular file"));
    }
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) {
        return IoStatus(errno, absl::StrCat("lock ", path));
      }
      return absl::UnavailableError(
          absl::StrCat(path, " is being appended to by another program"));
    }
    // It may have been replaced before it was locked.
    struct stat named;
    const bool is_named = ::stat(path.c_str(), &named) == 0;
    if (!is_named && errno != ENOENT) {
      return IoStatus(errno, absl::StrCat("stat ", path));
    }
    if (!is_named || named.st_ino != info.st_ino ||
        named.st_dev != info.st_dev) {
      return absl::UnavailableError(
          absl::StrCat(path, " was replaced while it was being opened"));
    }
    return std::unique_ptr<AppendedFile>(new AppendedFile(path, std::move(fd)));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

AppendedFile::~AppendedFile() {
  if (writer_ != nullptr) (void)Truncate(fd_.get(), committed_);
}

absl::Status AppendedFile::StartAt(uint64_t end) {
  try {
    if (Truncate(fd_.get(), end) != 0 ||
        ::lseek(fd_.get(), static_cast<off_t>(end), SEEK_SET) < 0) {
      return IoStatus(errno, absl::StrCat("truncate ", path_));
    }
    writer_ = std::make_unique<FdByteWriter>(fd_.get());
    writer_->StartWritebackEarly();
    origin_ = committed_ = end;
    return absl::OkStatus();
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::Status AppendedFile::Sync() {
  if (!status_.ok()) return status_;
  if (!writer_->Flush()) {
    status_ = writer_->status();
  } else if (Uninterrupted([this] { return ::fdatasync(fd_.get()); }) != 0) {
    status_ = IoStatus(errno, "fsync " + path_);
  }
  if (!status_.ok()) (void)Truncate(fd_.get(), committed_);
  return status_;
}

absl::Status AppendedFile::Barrier() { return Sync(); }

absl::Status AppendedFile::Commit() {
  absl::Status status = Sync();
  if (status.ok()) committed_ = origin_ + writer_->pos();
  return status;
}

}  // namespace pickle5

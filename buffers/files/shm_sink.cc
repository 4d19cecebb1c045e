#include "buffers/files/shm_sink.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/files/shm_name.h"
#include "buffers/io_status.h"
#include "buffers/system/process_identity.h"

namespace pickle5 {

// The memory of a sink before it has its name.
struct ShmSink::File {
  std::string temporary;  // its path; empty if it has none
  OwnedFd fd;

  static absl::StatusOr<File> Create() {
    File file;
    file.fd =
        OwnedFd(::open(kShmDirectory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (file.fd.valid()) return file;
    // Not every file system that may stand there has files without names.
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) {
      return IoStatus(errno, "create shared memory");
    }
    const absl::StatusOr<std::string> name = OwnedShmName(CurrentProcess());
    if (!name.ok()) return name.status();
    file.temporary = absl::StrCat(kShmDirectory, *name);
    file.fd = OwnedFd(::open(file.temporary.c_str(),
                             O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.fd.valid()) return IoStatus(errno, "create shared memory");
    return file;
  }
};

ShmSink::ShmSink(std::string name, File file, IfExists if_exists, bool is_owned)
    : name_(std::move(name)),
      temporary_(std::move(file.temporary)),
      fd_(std::move(file.fd)),
      if_exists_(if_exists),
      is_owned_(is_owned),
      creator_(::getpid()),
      writer_(fd_.get()),
      buffer_file_(&writer_) {}

absl::StatusOr<std::unique_ptr<ShmSink>> ShmSink::Create(
    const std::string& name, IfExists if_exists) {
  try {
    absl::StatusOr<std::string> shm_name = ShmName(name);
    if (!shm_name.ok()) return shm_name.status();
    // Told at Close() too: the name may be taken until then.
    if (if_exists == IfExists::kFail &&
        ::access(absl::StrCat(kShmDirectory, *shm_name).c_str(), F_OK) == 0) {
      return IoStatus(EEXIST, absl::StrCat("create shared memory ", *shm_name));
    }
    return CreateNamed(*std::move(shm_name), if_exists,
                       /*is_owned=*/false);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<std::unique_ptr<ShmSink>> ShmSink::CreateOwned() {
  try {
    absl::StatusOr<std::string> name = OwnedShmName(CurrentProcess());
    if (!name.ok()) return name.status();
    return CreateNamed(*std::move(name), IfExists::kFail, /*is_owned=*/true);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<std::unique_ptr<ShmSink>> ShmSink::CreateNamed(
    std::string name, IfExists if_exists, bool is_owned) {
  absl::StatusOr<File> file = File::Create();
  if (!file.ok()) return file.status();
  std::unique_ptr<ShmSink> sink(
      new ShmSink(std::move(name), *std::move(file), if_exists, is_owned));
  // Locked before it has its name: nobody sees that without its owner.
  const bool locks = is_owned || !sink->temporary_.empty();
  if (locks && ::flock(sink->fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    return IoStatus(errno, absl::StrCat("lock shared memory ", sink->name_));
  }
  return sink;
}

ShmSink::~ShmSink() {
  if (creator_ != ::getpid()) return;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  if (published_ && is_owned_) ::shm_unlink(name_.c_str());
}

absl::StatusOr<BufferSink::Placement> ShmSink::AcceptBuffer(
    const Buffer& buffer) {
  absl::Status status = buffer_file_.Append(buffer);
  if (!status.ok()) return status;
  CountCopied(buffer.nbytes());
  return Placement::kOutOfBand;
}

absl::Status ShmSink::Publish() {
  absl::Status status = buffer_file_.Finish();
  if (!status.ok()) return status;
  if (!writer_.Close()) return writer_.status();
  status = Link();
  published_ = status.ok();
  return status;
}

absl::Status ShmSink::Link() const {
  const std::string from = temporary_.empty()
                               ? absl::StrCat("/proc/self/fd/", fd_.get())
                               : temporary_;
  const std::string path = absl::StrCat(kShmDirectory, name_);
  if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, path.c_str(),
               AT_SYMLINK_FOLLOW) == 0) {
    return absl::OkStatus();
  }
  if (errno != EEXIST || if_exists_ == IfExists::kFail) {
    return IoStatus(errno, absl::StrCat("name shared memory ", name_));
  }
  // A name of ours first, which takes the other's place in one step.
  const absl::StatusOr<std::string> ours = OwnedShmName(CurrentProcess());
  if (!ours.ok()) return ours.status();
  const std::string temporary = absl::StrCat(kShmDirectory, *ours);
  if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, temporary.c_str(),
               AT_SYMLINK_FOLLOW) != 0) {
    return IoStatus(errno, absl::StrCat("name shared memory ", name_));
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error_number = errno;
    ::unlink(temporary.c_str());
    return IoStatus(error_number, absl::StrCat("name shared memory ", name_));
  }
  return absl::OkStatus();
}

}  // namespace pickle5

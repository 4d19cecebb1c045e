#include "buffers/shm_sink.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "buffers/process_identity.h"
#include "buffers/shm_name.h"

namespace pickle5 {

ShmSink::ShmSink(std::string name, OwnedFd fd, IfExists if_exists, pid_t owner)
    : name_(std::move(name)),
      fd_(std::move(fd)),
      if_exists_(if_exists),
      owner_(owner),
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
    return CreateNamed(*std::move(shm_name), if_exists, /*owner=*/0);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<std::unique_ptr<ShmSink>> ShmSink::CreateOwned() {
  try {
    const ProcessIdentity owner = CurrentProcess();
    absl::StatusOr<std::string> name = OwnedShmName(owner);
    if (!name.ok()) return name.status();
    return CreateNamed(*std::move(name), IfExists::kFail, owner.pid);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<std::unique_ptr<ShmSink>> ShmSink::CreateNamed(
    std::string name, IfExists if_exists, pid_t owner) {
  OwnedFd fd(::open(kShmDirectory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!fd.valid()) {
    return IoStatus(errno, absl::StrCat("create shared memory ", name));
  }
  // Locked before it has a name: nobody sees it without its owner.
  if (owner != 0 && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return IoStatus(errno, absl::StrCat("lock shared memory ", name));
  }
  return std::unique_ptr<ShmSink>(
      new ShmSink(std::move(name), std::move(fd), if_exists, owner));
}

ShmSink::~ShmSink() {
  // A child inherits the sink, and not what it owns.
  if (published_ && owner_ != 0 && owner_ == ::getpid()) {
    ::shm_unlink(name_.c_str());
  }
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
  const std::string from = absl::StrCat("/proc/self/fd/", fd_.get());
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

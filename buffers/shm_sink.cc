#include "buffers/shm_sink.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "buffers/shm_name.h"

namespace pickle5 {

ShmSink::ShmSink(std::string name, OwnedFd fd)
    : name_(std::move(name)), writer_(std::move(fd)), buffer_file_(&writer_) {}

absl::StatusOr<std::unique_ptr<ShmSink>> ShmSink::Create(
    const std::string& name, IfExists if_exists) {
  try {
    absl::StatusOr<std::string> shm_name = ShmName(name);
    if (!shm_name.ok()) return shm_name.status();
    if (if_exists == IfExists::kReplace) ::shm_unlink(shm_name->c_str());
    OwnedFd fd(::shm_open(shm_name->c_str(), O_RDWR | O_CREAT | O_EXCL, 0600));
    if (!fd.valid()) {
      return IoStatus(errno, absl::StrCat("create shared memory ", *shm_name));
    }
    return std::unique_ptr<ShmSink>(
        new ShmSink(*std::move(shm_name), std::move(fd)));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

ShmSink::~ShmSink() {
  if (!published_) ::shm_unlink(name_.c_str());
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
  published_ = true;
  return absl::OkStatus();
}

}  // namespace pickle5

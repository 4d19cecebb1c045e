#include "buffers/files/shm_source.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/files/shm_name.h"
#include "buffers/io_status.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

ShmSource::ShmSource(BufferFile file) : file_(std::move(file)) {}

absl::StatusOr<std::unique_ptr<ShmSource>> ShmSource::Open(
    const std::string& name, MapAccess access) {
  try {
    const absl::StatusOr<std::string> shm_name = ShmName(name);
    if (!shm_name.ok()) return shm_name.status();
    OwnedFd fd(::shm_open(shm_name->c_str(), O_RDONLY, 0));
    if (!fd.valid()) {
      return IoStatus(errno, absl::StrCat("open shared memory ", *shm_name));
    }
    absl::StatusOr<Buffer> bytes = MapFd(fd.get(), *shm_name, access);
    if (!bytes.ok()) return bytes.status();
    absl::StatusOr<BufferFile> file = BufferFile::Parse(*std::move(bytes));
    if (!file.ok()) return file.status();
    return std::unique_ptr<ShmSource>(new ShmSource(*std::move(file)));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::Status ShmSource::Unlink(const std::string& name) {
  try {
    const absl::StatusOr<std::string> shm_name = ShmName(name);
    if (!shm_name.ok()) return shm_name.status();
    if (::shm_unlink(shm_name->c_str()) != 0) {
      return IoStatus(errno, absl::StrCat("unlink shared memory ", *shm_name));
    }
    return absl::OkStatus();
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<Buffer> ShmSource::NextBuffer() {
  if (next_ == file_.size()) return EndOfBuffers();
  absl::StatusOr<Buffer> buffer = file_.Get(next_++);
  if (buffer.ok()) CountMapped(buffer->nbytes());
  return buffer;
}

}  // namespace pickle5

#include "buffers/files/memfd_source.h"

#include <new>
#include <utility>

#include "absl/status/status.h"
#include "buffers/io_status.h"
#include "buffers/system/memfd.h"

namespace pickle5 {

MemfdSource::MemfdSource(BufferFile file) : file_(std::move(file)) {}

absl::StatusOr<std::unique_ptr<MemfdSource>> MemfdSource::Open(
    int fd, MapAccess access) {
  try {
    absl::Status sealed = CheckSeals(fd, FinalSeals());
    if (!sealed.ok()) return sealed;
    absl::StatusOr<Buffer> bytes = MapFd(fd, "shared memory", access);
    if (!bytes.ok()) return bytes.status();
    absl::StatusOr<BufferFile> file = BufferFile::Parse(*std::move(bytes));
    if (!file.ok()) return file.status();
    return std::unique_ptr<MemfdSource>(new MemfdSource(*std::move(file)));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<Buffer> MemfdSource::NextBuffer() {
  if (next_ == file_.size()) return EndOfBuffers();
  absl::StatusOr<Buffer> buffer = file_.Get(next_++);
  if (buffer.ok()) CountMapped(buffer->nbytes());
  return buffer;
}

}  // namespace pickle5

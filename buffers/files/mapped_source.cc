#include "buffers/files/mapped_source.h"

#include <new>
#include <utility>

#include "buffers/io_status.h"

namespace pickle5 {

MappedSource::MappedSource(BufferFile file) : file_(std::move(file)) {}

absl::StatusOr<std::unique_ptr<MappedSource>> MappedSource::Open(
    const std::string& path, MapAccess access) {
  try {
    absl::StatusOr<Buffer> bytes = MapFile(path, access);
    if (!bytes.ok()) return bytes.status();
    absl::StatusOr<BufferFile> file = BufferFile::Parse(*std::move(bytes));
    if (!file.ok()) return file.status();
    return std::unique_ptr<MappedSource>(new MappedSource(*std::move(file)));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<Buffer> MappedSource::NextBuffer() {
  if (next_ == file_.size()) return EndOfBuffers();
  absl::StatusOr<Buffer> buffer = file_.Get(next_++);
  if (buffer.ok()) CountMapped(buffer->nbytes());
  return buffer;
}

}  // namespace pickle5

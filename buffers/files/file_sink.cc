#include "buffers/files/file_sink.h"

#include <new>
#include <utility>

#include "buffers/io_status.h"

namespace pickle5 {

FileSink::FileSink(std::unique_ptr<AtomicFile> file)
    : file_(std::move(file)), buffer_file_(&file_->writer()) {}

absl::StatusOr<std::unique_ptr<FileSink>> FileSink::Create(
    const std::string& path) {
  try {
    absl::StatusOr<std::unique_ptr<AtomicFile>> file = AtomicFile::Create(path);
    if (!file.ok()) return file.status();
    return std::unique_ptr<FileSink>(new FileSink(*std::move(file)));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<BufferSink::Placement> FileSink::AcceptBuffer(
    const Buffer& buffer) {
  absl::Status status = buffer_file_.Append(buffer);
  if (!status.ok()) return status;
  CountCopied(buffer.nbytes());
  return Placement::kOutOfBand;
}

absl::Status FileSink::Publish() {
  absl::Status status = buffer_file_.Finish();
  return status.ok() ? file_->Commit() : status;
}

}  // namespace pickle5

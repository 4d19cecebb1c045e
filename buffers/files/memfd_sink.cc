#include "buffers/files/memfd_sink.h"

#include <new>

#include "buffers/io_status.h"
#include "buffers/system/memfd.h"

namespace pickle5 {

MemfdSink::MemfdSink(OwnedFd fd)
    : fd_(std::move(fd)),
      writer_(fd_.get()),
      buffer_file_(&writer_, BufferFileWriter::Digests::kLeftOut) {}

absl::StatusOr<std::unique_ptr<MemfdSink>> MemfdSink::Create() {
  try {
    absl::StatusOr<OwnedFd> fd = CreateMemfd("pickle5-message");
    if (!fd.ok()) return fd.status();
    return std::unique_ptr<MemfdSink>(new MemfdSink(*std::move(fd)));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<BufferSink::Placement> MemfdSink::AcceptBuffer(
    const Buffer& buffer) {
  absl::Status status = buffer_file_.Append(buffer);
  if (!status.ok()) return status;
  CountCopied(buffer.nbytes());
  return Placement::kOutOfBand;
}

absl::Status MemfdSink::Publish() {
  absl::Status status = buffer_file_.Finish();
  if (!status.ok()) return status;
  if (!writer_.Close()) return writer_.status();
  return AddSeals(fd_.get(), FinalSeals());
}

}  // namespace pickle5

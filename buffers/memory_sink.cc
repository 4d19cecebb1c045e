#include "buffers/memory_sink.h"

namespace pickle5 {

absl::StatusOr<BufferSink::Placement> MemorySink::AcceptBuffer(
    const Buffer& buffer) {
  buffers_.push_back(buffer);
  CountShared(buffer.nbytes());
  return Placement::kOutOfBand;
}

absl::Status MemorySink::Publish() { return absl::OkStatus(); }

}  // namespace pickle5

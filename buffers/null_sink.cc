#include "buffers/null_sink.h"

namespace pickle5 {

absl::StatusOr<BufferSink::Placement> NullSink::AcceptBuffer(
    const Buffer& /*buffer*/) {
  return Placement::kOutOfBand;
}

absl::Status NullSink::Publish() { return absl::OkStatus(); }

}  // namespace pickle5

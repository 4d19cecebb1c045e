#include "buffers/threshold_sink.h"

namespace pickle5 {

absl::StatusOr<BufferSink::Placement> ThresholdSink::AcceptBuffer(
    const Buffer& buffer) {
  if (buffer.nbytes() < min_bytes_) return Placement::kInBand;
  const uint64_t copied = sink_->counters().bytes_copied;
  absl::StatusOr<Placement> placement = sink_->Accept(buffer);
  CountCopied(sink_->counters().bytes_copied - copied);
  return placement;
}

absl::Status ThresholdSink::Publish() { return sink_->Close(); }

}  // namespace pickle5

#include "buffers/filters/threshold_sink.h"

namespace pickle5 {

absl::StatusOr<BufferSink::Placement> ThresholdSink::AcceptBuffer(
    const Buffer& buffer) {
  if (buffer.nbytes() < min_bytes_) return Placement::kInBand;
  return AcceptInto(*sink_, buffer);
}

absl::Status ThresholdSink::Publish() { return sink_->Close(); }

void ThresholdSink::Drop(const absl::Status& why) { (void)sink_->Abandon(why); }

}  // namespace pickle5

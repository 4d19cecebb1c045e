#include "buffers/filters/limiting_sink.h"

namespace pickle5 {

absl::StatusOr<BufferSink::Placement> LimitingSink::AcceptBuffer(
    const Buffer& buffer) {
  const absl::Status status = CheckLimits(limits_, counters().buffers,
                                          counters().bytes, buffer.nbytes());
  if (!status.ok()) return status;
  return AcceptInto(*sink_, buffer);
}

absl::Status LimitingSink::Publish() { return sink_->Close(); }

void LimitingSink::Drop(const absl::Status& why) { (void)sink_->Abandon(why); }

}  // namespace pickle5

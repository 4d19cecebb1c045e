#include "buffers/filters/digesting_sink.h"

#include "buffers/buffer.h"
#include "buffers/digests/buffer_digest.h"

namespace pickle5 {

absl::StatusOr<BufferSink::Placement> DigestingSink::AcceptBuffer(
    const Buffer& buffer) {
  absl::StatusOr<Placement> placement = AcceptInto(*sink_, buffer);
  if (!placement.ok() || *placement == Placement::kInBand) return placement;
  absl::StatusOr<Buffer> digest = Buffer::Copy(DigestOf(buffer.chars()));
  if (!digest.ok()) return digest.status();
  const absl::Status companion = AcceptCompanion(*sink_, digest->AsReadonly());
  if (!companion.ok()) return companion;
  return placement;
}

absl::Status DigestingSink::Publish() { return sink_->Close(); }

void DigestingSink::Drop(const absl::Status& why) { (void)sink_->Abandon(why); }

}  // namespace pickle5

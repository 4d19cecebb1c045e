#include "buffers/filters/limiting_source.h"

#include "absl/status/status.h"

namespace pickle5 {

absl::StatusOr<Buffer> LimitingSource::NextBuffer() {
  absl::StatusOr<Buffer> buffer = NextFrom(*source_);
  if (!buffer.ok()) return buffer;
  const absl::Status status = CheckLimits(limits_, counters().buffers,
                                          counters().bytes, buffer->nbytes());
  if (!status.ok()) return status;
  return buffer;
}

}  // namespace pickle5

#include "buffers/memory_source.h"

namespace pickle5 {

absl::StatusOr<Buffer> MemorySource::NextBuffer() {
  if (next_ == buffers_.size()) return EndOfBuffers();
  CountShared(buffers_[next_].nbytes());
  // The source keeps no reference to what it gave away.
  return std::move(buffers_[next_++]);
}

}  // namespace pickle5

#include "buffers/arena_source.h"

namespace pickle5 {

absl::StatusOr<Buffer> ArenaSource::NextBuffer() {
  if (next_ == file_.size()) return EndOfBuffers();
  return file_.Get(next_++);
}

}  // namespace pickle5

#include "buffers/arena/arena_source.h"

namespace pickle5 {

absl::StatusOr<Buffer> ArenaSource::NextBuffer() {
  if (next_ == file_.size()) return EndOfBuffers();
  absl::StatusOr<Buffer> buffer = file_.Get(next_++);
  if (buffer.ok()) CountMapped(buffer->nbytes());
  return buffer;
}

}  // namespace pickle5

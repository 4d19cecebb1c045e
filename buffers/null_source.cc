#include "buffers/null_source.h"

namespace pickle5 {

absl::StatusOr<Buffer> NullSource::NextBuffer() { return EndOfBuffers(); }

}  // namespace pickle5

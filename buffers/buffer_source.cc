#include "buffers/buffer_source.h"

#include <new>

#include "buffers/io_status.h"

namespace pickle5 {

BufferSource::~BufferSource() = default;

absl::StatusOr<Buffer> BufferSource::Next() {
  if (!status_.ok()) return status_;
  try {
    absl::StatusOr<Buffer> buffer = NextBuffer();
    if (buffer.ok()) {
      ++count_;
    } else {
      status_ = buffer.status();
    }
    return buffer;
  } catch (const std::bad_alloc&) {
    return status_ = OutOfMemoryStatus();
  }
}

absl::Status BufferSource::EndOfBuffers() {
  return absl::OutOfRangeError("not enough out-of-band buffers");
}

}  // namespace pickle5

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
      ++counters_.buffers;
      counters_.bytes += buffer->nbytes();
    } else {
      status_ = buffer.status();
    }
    return buffer;
  } catch (const std::bad_alloc&) {
    return status_ = OutOfMemoryStatus();
  }
}

absl::StatusOr<Buffer> BufferSource::NextFrom(BufferSource& next) {
  const BufferCounters before = next.counters();
  absl::StatusOr<Buffer> buffer = next.Next();
  const BufferCounters& after = next.counters();
  CountCopied(after.bytes_copied - before.bytes_copied);
  CountMapped(after.bytes_mapped - before.bytes_mapped);
  CountShared(after.bytes_shared - before.bytes_shared);
  return buffer;
}

absl::Status BufferSource::EndOfBuffers() {
  return absl::OutOfRangeError("not enough out-of-band buffers");
}

}  // namespace pickle5

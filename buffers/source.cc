#include "buffers/source.h"

#include <new>

#include "absl/strings/str_cat.h"
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
  counters_.AddMoves(before, next.counters());
  return buffer;
}

absl::StatusOr<Buffer> BufferSource::NextCompanion(BufferSource& next) const {
  absl::StatusOr<Buffer> buffer = next.Next();
  if (!absl::IsOutOfRange(buffer.status())) return buffer;
  return absl::DataLossError(
      absl::StrCat("buffer ", count(), ": what belongs to it is missing"));
}

absl::Status BufferSource::EndOfBuffers() {
  return absl::OutOfRangeError("not enough out-of-band buffers");
}

}  // namespace pickle5

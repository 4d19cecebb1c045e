#include "buffers/sink.h"

#include <new>
#include <utility>

#include "buffers/io_status.h"

namespace pickle5 {

BufferSink::~BufferSink() = default;

absl::StatusOr<BufferSink::Placement> BufferSink::Accept(const Buffer& buffer) {
  if (!status_.ok()) return status_;
  try {
    if (closed_) {
      return absl::FailedPreconditionError("buffer offered after Close()");
    }
    absl::StatusOr<Placement> placement =
        buffer.IsContiguous('A')
            ? AcceptBuffer(buffer)
            : absl::InvalidArgumentError("buffer is not contiguous");
    if (!placement.ok()) {
      Fail(placement.status());
    } else if (*placement == Placement::kOutOfBand) {
      ++counters_.buffers;
      counters_.bytes += buffer.nbytes();
    } else {
      ++counters_.declined;
    }
    return placement;
  } catch (const std::bad_alloc&) {
    Fail(OutOfMemoryStatus());
    return status_;
  }
}

absl::Status BufferSink::Abandon(absl::Status why) {
  if (!why.ok() && !closed_) Fail(why);
  return why;
}

void BufferSink::Fail(absl::Status why) {
  if (!status_.ok()) return;
  status_ = std::move(why);
  Drop(status_);
}

void BufferSink::Drop(const absl::Status& /*why*/) {}

absl::StatusOr<BufferSink::Placement> BufferSink::AcceptInto(
    BufferSink& next, const Buffer& buffer) {
  const Counters before = next.counters();
  absl::StatusOr<Placement> placement = next.Accept(buffer);
  counters_.AddMoves(before, next.counters());
  return placement;
}

absl::Status BufferSink::AcceptCompanion(BufferSink& next,
                                         const Buffer& buffer) {
  const absl::StatusOr<Placement> placement = next.Accept(buffer);
  if (!placement.ok()) return placement.status();
  if (*placement == Placement::kOutOfBand) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "the sink leaves in-band what belongs to a buffer that it took");
}

absl::Status BufferSink::Close() {
  if (closed_) return status_;
  closed_ = true;
  if (!status_.ok()) return status_;
  try {
    status_ = Publish();
  } catch (const std::bad_alloc&) {
    status_ = OutOfMemoryStatus();
  }
  return status_;
}

}  // namespace pickle5

#ifndef PICKLE5_BUFFERS_SOURCE_H_
#define PICKLE5_BUFFERS_SOURCE_H_

#include <cstdint>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/counters.h"
#include "buffers/export.h"

namespace pickle5 {

// Gives the out-of-band buffers of one pickle, one for each NEXT_BUFFER
// (PEP 574, the `buffers` argument of pickle.loads).
//
// Order:     as the paired BufferSink accepted them.
// Lifetime:  a Buffer lives on when the source has died.
// Errors:    past the last buffer OutOfRange "not enough out-of-band buffers",
//            as CPython words it; any failure sticks.
// Threads:   thread-compatible.
// Cost:      one virtual call per buffer, none per byte.
class PICKLE5_EXPORT BufferSource {
 public:
  BufferSource(const BufferSource&) = delete;
  BufferSource& operator=(const BufferSource&) = delete;
  virtual ~BufferSource();

  [[nodiscard]] absl::StatusOr<Buffer> Next();

  // Buffers handed out so far.
  uint64_t count() const { return counters_.buffers; }
  const BufferCounters& counters() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return counters_;
  }
  const absl::Status& status() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return status_;
  }

 protected:
  BufferSource() = default;

  // Called only before any failure. EndOfBuffers() past the last one. May
  // throw nothing but std::bad_alloc.
  virtual absl::StatusOr<Buffer> NextBuffer() = 0;

  static absl::Status EndOfBuffers();

  // For NextBuffer(): how so many bytes of the buffer came to be where they
  // are.
  void CountCopied(uint64_t bytes) { counters_.bytes_copied += bytes; }
  void CountMapped(uint64_t bytes) { counters_.bytes_mapped += bytes; }
  void CountShared(uint64_t bytes) { counters_.bytes_shared += bytes; }

  // Counts what another source did with the bytes between `before` and `after`.
  void CountAs(const BufferCounters& before, const BufferCounters& after) {
    counters_.AddMoves(before, after);
  }

  // For sources that stand before another: the next buffer of `next`, counted
  // as that one counts it.
  absl::StatusOr<Buffer> NextFrom(BufferSource& next);

  // For the same: what BufferSink::AcceptCompanion() gave to the sink. DataLoss
  // if there is none.
  absl::StatusOr<Buffer> NextCompanion(BufferSource& next) const;

 private:
  BufferCounters counters_;
  absl::Status status_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SOURCE_H_

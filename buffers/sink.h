#ifndef PICKLE5_BUFFERS_SINK_H_
#define PICKLE5_BUFFERS_SINK_H_

#include <cstdint>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/counters.h"
#include "buffers/export.h"

namespace pickle5 {

// Takes the out-of-band buffers of one pickle (PEP 574, buffer_callback).
//
// The pickler offers each buffer it meets, in the order their NEXT_BUFFER
// opcodes stand in the stream. The sink answers kOutOfBand (it has the bytes;
// the stream gets NEXT_BUFFER, and READONLY_BUFFER if buffer.readonly()) or
// kInBand (declined; the bytes are copied into the stream).
//
// Order:     the i-th buffer accepted is the i-th that the paired
//            BufferSource returns.
// Ownership: a Buffer is a shared handle; a sink that keeps a copy of it keeps
//            the memory.
// Lifetime:  what a sink writes is readable by others only after Close()
//            succeeds. The destructor drops what was not closed.
// Errors:    the first failure sticks: every later call returns it, and
//            Close() publishes nothing. A Dump() that fails, for any reason,
//            abandons its sink, so that a caller need not look at its status
//            before Close().
// Threads:   thread-compatible; use one sink from one thread at a time.
// Cost:      one virtual call per buffer, none per byte.
class PICKLE5_EXPORT BufferSink {
 public:
  enum class Placement { kOutOfBand, kInBand };

  using Counters = BufferCounters;

  BufferSink(const BufferSink&) = delete;
  BufferSink& operator=(const BufferSink&) = delete;
  virtual ~BufferSink();

  // InvalidArgument if `buffer` is not contiguous, which PickleBuffer does not
  // allow either; FailedPrecondition after Close().
  [[nodiscard]] absl::StatusOr<Placement> Accept(const Buffer& buffer);

  // Publishes the accepted buffers. Idempotent: a second call returns what
  // the first did.
  [[nodiscard]] absl::Status Close();

  // Gives up the accepted buffers: the pickle that they belong to has failed
  // with `why`, which sticks as a failure of the sink's own does. Changes
  // nothing if `why` is OK or the sink is closed. Returns `why`.
  absl::Status Abandon(absl::Status why);

  const Counters& counters() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return counters_;
  }
  bool closed() const { return closed_; }
  const absl::Status& status() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return status_;
  }

 protected:
  BufferSink() = default;

  // `buffer` is contiguous. Called only before Close() and any failure. May
  // throw nothing but std::bad_alloc.
  virtual absl::StatusOr<Placement> AcceptBuffer(const Buffer& buffer) = 0;

  // Called at most once, and never after a failure.
  virtual absl::Status Publish() = 0;

  // Called at most once, in place of Publish(), with the failure: nothing is to
  // be published. A sink that stands before another abandons that.
  virtual void Drop(const absl::Status& why);

  // For AcceptBuffer(): what was done with so many bytes of the buffer.
  void CountCopied(uint64_t bytes) { counters_.bytes_copied += bytes; }
  void CountMapped(uint64_t bytes) { counters_.bytes_mapped += bytes; }
  void CountShared(uint64_t bytes) { counters_.bytes_shared += bytes; }

  // For sinks that stand before another: offers `buffer` to `next` and counts
  // what that does with it.
  absl::StatusOr<Placement> AcceptInto(BufferSink& next, const Buffer& buffer);

  // For the same: has `next` take a buffer of this sink's own, which belongs
  // to the one before it. FailedPrecondition if it leaves that in-band.
  static absl::Status AcceptCompanion(BufferSink& next, const Buffer& buffer);

 private:
  // Records the first failure.
  void Fail(absl::Status why);

  Counters counters_;
  bool closed_ = false;
  absl::Status status_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SINK_H_

#ifndef PICKLE5_BUFFERS_COUNTERS_H_
#define PICKLE5_BUFFERS_COUNTERS_H_

#include <cstdint>

namespace pickle5 {

// Counts of the buffers that passed through a BufferSink or a BufferSource.
//
// Each byte of `bytes` is one of copied, mapped and shared, or was dropped
// (NullSink). Who wraps another sink or source reports what that one did, and
// what it did itself. The sum over both ends of a transport is how often the
// bytes were moved.
struct BufferCounters {
  uint64_t buffers = 0;  // accepted out-of-band, or handed out
  uint64_t bytes = 0;    // in those
  // Moved to other memory, by this library or by the kernel (write, send).
  uint64_t bytes_copied = 0;
  // Pages that several processes see: a view of a file, of shared memory.
  uint64_t bytes_mapped = 0;
  // The exporter's own memory, kept by reference.
  uint64_t bytes_shared = 0;
  uint64_t declined = 0;  // by a sink: buffers left in-band

  // Adds what was done with the bytes between two looks at another's counters.
  void AddMoves(const BufferCounters& before, const BufferCounters& after) {
    bytes_copied += after.bytes_copied - before.bytes_copied;
    bytes_mapped += after.bytes_mapped - before.bytes_mapped;
    bytes_shared += after.bytes_shared - before.bytes_shared;
  }
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_COUNTERS_H_

#ifndef PICKLE5_BUFFERS_STREAMS_MESSAGE_LIMITS_H_
#define PICKLE5_BUFFERS_STREAMS_MESSAGE_LIMITS_H_

#include <cstdint>

namespace pickle5 {

// Bounds of what one received message may cost. A value of L lets L pass; more
// is ResourceExhausted before any memory is taken for it.
//
// Up to the limits, what a message only declares costs address space and no
// pages; those come with the bytes.
struct MessageLimits {
  uint64_t max_pickle_bytes = uint64_t{1} << 36;
  // Pickle and buffers together.
  uint64_t max_bytes = uint64_t{1} << 40;
  uint32_t max_buffers = uint32_t{1} << 24;
  // The table of lengths, formats and shapes.
  uint32_t max_table_bytes = uint32_t{1} << 30;

  // For peers that one does not trust.
  static constexpr MessageLimits Untrusted() {
    MessageLimits limits;
    limits.max_pickle_bytes = uint64_t{1} << 28;
    limits.max_bytes = uint64_t{1} << 30;
    limits.max_buffers = 10'000;
    limits.max_table_bytes = uint32_t{1} << 20;
    return limits;
  }
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_STREAMS_MESSAGE_LIMITS_H_

#ifndef PICKLE5_BUFFERS_LIMITS_H_
#define PICKLE5_BUFFERS_LIMITS_H_

#include <cstdint>
#include <limits>

#include "absl/status/status.h"
#include "buffers/export.h"

namespace pickle5 {

// How much the out-of-band buffers of one pickle may be. A value of L lets L
// pass.
struct BufferLimits {
  static constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

  uint64_t max_buffer_bytes = kUnlimited;  // in one of them
  uint64_t max_bytes = kUnlimited;         // in all
  uint64_t max_buffers = kUnlimited;
};

// ResourceExhausted, and which limit, if one more buffer of `nbytes` behind
// `buffers` of together `bytes` is too much.
[[nodiscard]] PICKLE5_EXPORT absl::Status CheckLimits(
    const BufferLimits& limits, uint64_t buffers, uint64_t bytes,
    uint64_t nbytes);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_LIMITS_H_

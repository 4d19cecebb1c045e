#include "buffers/limits.h"

#include "absl/strings/str_cat.h"

namespace pickle5 {

absl::Status CheckLimits(const BufferLimits& limits, uint64_t buffers,
                         uint64_t bytes, uint64_t nbytes) {
  if (buffers >= limits.max_buffers) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "buffer ", buffers, ": ", limits.max_buffers, " buffers are allowed"));
  }
  if (nbytes > limits.max_buffer_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("buffer ", buffers, ": ", nbytes, " bytes, ",
                     limits.max_buffer_bytes, " are allowed in one"));
  }
  if (bytes > limits.max_bytes || nbytes > limits.max_bytes - bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("buffer ", buffers, ": ", nbytes, " bytes behind ", bytes,
                     ", ", limits.max_bytes, " are allowed in all"));
  }
  return absl::OkStatus();
}

}  // namespace pickle5

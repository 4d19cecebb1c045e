#ifndef PICKLE5_BUFFERS_NULL_SOURCE_H_
#define PICKLE5_BUFFERS_NULL_SOURCE_H_

#include "buffers/export.h"
#include "buffers/source.h"

namespace pickle5 {

// Has no buffers.
class PICKLE5_EXPORT NullSource final : public BufferSource {
 protected:
  absl::StatusOr<Buffer> NextBuffer() override;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_NULL_SOURCE_H_

#ifndef PICKLE5_BUFFERS_MEMORY_SOURCE_H_
#define PICKLE5_BUFFERS_MEMORY_SOURCE_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "buffers/buffer.h"
#include "buffers/export.h"
#include "buffers/source.h"

namespace pickle5 {

// Hands back buffers that are in memory; copies nothing.
class PICKLE5_EXPORT MemorySource final : public BufferSource {
 public:
  explicit MemorySource(std::vector<Buffer> buffers)
      : buffers_(std::move(buffers)) {}

 protected:
  absl::StatusOr<Buffer> NextBuffer() override;

 private:
  std::vector<Buffer> buffers_;
  size_t next_ = 0;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_MEMORY_SOURCE_H_

#ifndef PICKLE5_BUFFERS_MEMORY_SINK_H_
#define PICKLE5_BUFFERS_MEMORY_SINK_H_

#include <span>
#include <utility>
#include <vector>

#include "absl/base/attributes.h"
#include "buffers/buffer.h"
#include "buffers/export.h"
#include "buffers/sink.h"

namespace pickle5 {

// Keeps a reference to every buffer; copies nothing. Its counterpart is
// MemorySource.
class PICKLE5_EXPORT MemorySink final : public BufferSink {
 public:
  std::span<const Buffer> buffers() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return buffers_;
  }

  // Moves the buffers out, for a MemorySource.
  std::vector<Buffer> TakeBuffers() { return std::exchange(buffers_, {}); }

 protected:
  absl::StatusOr<Placement> AcceptBuffer(const Buffer& buffer) override;
  absl::Status Publish() override;

 private:
  std::vector<Buffer> buffers_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_MEMORY_SINK_H_

#ifndef PICKLE5_BUFFERS_NULL_SINK_H_
#define PICKLE5_BUFFERS_NULL_SINK_H_

#include "buffers/export.h"
#include "buffers/sink.h"

namespace pickle5 {

// Accepts, counts and drops every buffer: how large would the pickle be?
class PICKLE5_EXPORT NullSink final : public BufferSink {
 protected:
  absl::StatusOr<Placement> AcceptBuffer(const Buffer& buffer) override;
  absl::Status Publish() override;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_NULL_SINK_H_

#ifndef PICKLE5_BUFFERS_FILTERS_LIMITING_SINK_H_
#define PICKLE5_BUFFERS_FILTERS_LIMITING_SINK_H_

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/limits.h"
#include "buffers/sink.h"

namespace pickle5 {

// Passes buffers on to another sink as long as they keep to the limits.
//
// Ownership: `sink` is borrowed and must outlive this one. Close() closes it,
//            Abandon() abandons it.
// Errors:    ResourceExhausted, before `sink` sees the buffer.
class PICKLE5_EXPORT LimitingSink final : public BufferSink {
 public:
  LimitingSink(const BufferLimits& limits,
               BufferSink* sink ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : limits_(limits), sink_(sink) {}

 protected:
  absl::StatusOr<Placement> AcceptBuffer(const Buffer& buffer) override;
  absl::Status Publish() override;
  void Drop(const absl::Status& why) override;

 private:
  BufferLimits limits_;
  BufferSink* sink_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILTERS_LIMITING_SINK_H_

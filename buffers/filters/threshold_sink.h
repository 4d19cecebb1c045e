#ifndef PICKLE5_BUFFERS_FILTERS_THRESHOLD_SINK_H_
#define PICKLE5_BUFFERS_FILTERS_THRESHOLD_SINK_H_

#include <cstddef>

#include "absl/base/attributes.h"
#include "buffers/export.h"
#include "buffers/sink.h"

namespace pickle5 {

// Leaves buffers below a size in-band and passes the others on.
//
// Ownership: `sink` is borrowed and must outlive this one. Close() closes it,
//            Abandon() abandons it.
class PICKLE5_EXPORT ThresholdSink final : public BufferSink {
 public:
  ThresholdSink(size_t min_bytes,
                BufferSink* sink ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : min_bytes_(min_bytes), sink_(sink) {}

 protected:
  absl::StatusOr<Placement> AcceptBuffer(const Buffer& buffer) override;
  absl::Status Publish() override;
  void Drop(const absl::Status& why) override;

 private:
  size_t min_bytes_;
  BufferSink* sink_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILTERS_THRESHOLD_SINK_H_

#ifndef PICKLE5_BUFFERS_FILTERS_DIGESTING_SINK_H_
#define PICKLE5_BUFFERS_FILTERS_DIGESTING_SINK_H_

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/sink.h"

namespace pickle5 {

// Passes buffers on to another sink, each followed by its digest
// (buffer_digest.h) as a buffer of 16 bytes. Its counterpart is
// DigestingSource.
//
// Ownership: `sink` is borrowed and must outlive this one. Close() closes it,
//            Abandon() abandons it.
// Errors:    FailedPrecondition if `sink` leaves a digest in-band: a
//            ThresholdSink stands before this one, not behind it.
// Cost:      one pass over the bytes, at the speed of memory.
class PICKLE5_EXPORT DigestingSink final : public BufferSink {
 public:
  explicit DigestingSink(BufferSink* sink ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : sink_(sink) {}

 protected:
  absl::StatusOr<Placement> AcceptBuffer(const Buffer& buffer) override;
  absl::Status Publish() override;
  void Drop(const absl::Status& why) override;

 private:
  BufferSink* sink_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILTERS_DIGESTING_SINK_H_

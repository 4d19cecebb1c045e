#ifndef PICKLE5_BUFFERS_FILTERS_COMPRESSING_SINK_H_
#define PICKLE5_BUFFERS_FILTERS_COMPRESSING_SINK_H_

#include <cstddef>
#include <cstdint>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/filters/buffer_codec.h"
#include "buffers/sink.h"

namespace pickle5 {

// Passes buffers on to another sink compressed, each followed by a small one
// that says how (compressed_head.h). Its counterpart is DecompressingSource.
//
// Nothing compresses unless this sink is there, and between processes of one
// machine it should not be: see the figures in README.md. It is for slow
// networks and for disks.
//
// Ownership: `codec` and `sink` are borrowed and must outlive this one.
//            Close() closes `sink`, Abandon() abandons it.
// Errors:    InvalidArgument if the codec's name is none; FailedPrecondition as
//            DigestingSink.
// Cost:      what the codec costs, and memory for the compressed bytes. Buffers
//            below kMinBytes, and those that do not shrink by a sixteenth, are
//            passed on as they are.
class PICKLE5_EXPORT CompressingSink final : public BufferSink {
 public:
  static constexpr size_t kMinBytes = 512;

  CompressingSink(BufferCodec* codec ABSL_ATTRIBUTE_LIFETIME_BOUND,
                  BufferSink* sink ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : codec_(codec), sink_(sink) {}

  // Bytes that `sink` got for those in counters().bytes.
  uint64_t bytes_passed() const { return bytes_passed_; }

 protected:
  absl::StatusOr<Placement> AcceptBuffer(const Buffer& buffer) override;
  absl::Status Publish() override;
  void Drop(const absl::Status& why) override;

 private:
  // Returns what is passed on: the compressed bytes, or `buffer` itself.
  absl::StatusOr<Buffer> Compress(const Buffer& buffer);

  BufferCodec* codec_;
  BufferSink* sink_;
  uint64_t bytes_passed_ = 0;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILTERS_COMPRESSING_SINK_H_

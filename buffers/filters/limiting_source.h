#ifndef PICKLE5_BUFFERS_FILTERS_LIMITING_SOURCE_H_
#define PICKLE5_BUFFERS_FILTERS_LIMITING_SOURCE_H_

#include "absl/base/attributes.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/limits.h"
#include "buffers/source.h"

namespace pickle5 {

// Gives the buffers of another source as long as they keep to the limits.
//
// `source` has made the buffer before it is measured: a source that takes
// memory on somebody's word has limits of its own (MessageReader,
// DecompressingSource).
//
// Ownership: `source` is borrowed and must outlive this one.
// Errors:    ResourceExhausted.
class PICKLE5_EXPORT LimitingSource final : public BufferSource {
 public:
  LimitingSource(const BufferLimits& limits,
                 BufferSource* source ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : limits_(limits), source_(source) {}

 protected:
  absl::StatusOr<Buffer> NextBuffer() override;

 private:
  BufferLimits limits_;
  BufferSource* source_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILTERS_LIMITING_SOURCE_H_

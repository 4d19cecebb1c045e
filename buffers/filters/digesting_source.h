#ifndef PICKLE5_BUFFERS_FILTERS_DIGESTING_SOURCE_H_
#define PICKLE5_BUFFERS_FILTERS_DIGESTING_SOURCE_H_

#include "absl/base/attributes.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/source.h"

namespace pickle5 {

// Gives the buffers of another source, which a DigestingSink has filled, after
// comparing each with its digest.
//
// The bytes are compared once, when the buffer is handed out. Who maps a file
// that others may still write to is not protected.
//
// Ownership: `source` is borrowed and must outlive this one.
// Errors:    DataLoss names the buffer that does not match its digest, or has
//            none.
class PICKLE5_EXPORT DigestingSource final : public BufferSource {
 public:
  explicit DigestingSource(BufferSource* source ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : source_(source) {}

 protected:
  absl::StatusOr<Buffer> NextBuffer() override;

 private:
  BufferSource* source_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILTERS_DIGESTING_SOURCE_H_

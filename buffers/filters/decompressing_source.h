#ifndef PICKLE5_BUFFERS_FILTERS_DECOMPRESSING_SOURCE_H_
#define PICKLE5_BUFFERS_FILTERS_DECOMPRESSING_SOURCE_H_

#include <vector>

#include "absl/base/attributes.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/filters/buffer_codec.h"
#include "buffers/filters/compressed_head.h"
#include "buffers/limits.h"
#include "buffers/source.h"
#include "buffers/system/receive_memory.h"

namespace pickle5 {

// Gives the buffers that a CompressingSink passed to the sink behind it,
// decompressed.
//
// The lengths in the input are claims: they are compared with `limits`, and
// pages are taken only for bytes that the codec produces.
//
// Ownership: the codecs and `source` are borrowed and must outlive this one.
// Errors:    ResourceExhausted (a limit), Unimplemented (a codec that was not
//            given), DataLoss (damage). The buffer is named.
class PICKLE5_EXPORT DecompressingSource final : public BufferSource {
 public:
  DecompressingSource(std::vector<BufferCodec*> codecs,
                      BufferSource* source ABSL_ATTRIBUTE_LIFETIME_BOUND,
                      const BufferLimits& limits = {});
  ~DecompressingSource() override;

 protected:
  absl::StatusOr<Buffer> NextBuffer() override;

 private:
  absl::StatusOr<Buffer> Decompress(const Buffer& payload,
                                    const CompressedHead& head);

  std::vector<BufferCodec*> codecs_;
  BufferSource* source_;
  BufferLimits limits_;
  ReceiveMemory memory_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILTERS_DECOMPRESSING_SOURCE_H_

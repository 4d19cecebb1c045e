#ifndef PICKLE5_BUFFERS_FILTERS_LZ4_CODEC_H_
#define PICKLE5_BUFFERS_FILTERS_LZ4_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/filters/buffer_codec.h"

namespace pickle5 {

// LZ4 frames. Link with pickle5::lz4.
//
// Errors: ResourceExhausted if its library has no memory.
class PICKLE5_EXPORT Lz4Codec final : public BufferCodec {
 public:
  std::string_view name() const override { return "lz4"; }
  size_t MaxCompressedSize(size_t nbytes) const override;
  absl::StatusOr<size_t> Compress(std::span<const uint8_t> in,
                                  std::span<uint8_t> out) override;
  absl::Status Decompress(std::span<const uint8_t> in,
                          std::span<uint8_t> out) override;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILTERS_LZ4_CODEC_H_

#ifndef PICKLE5_BUFFERS_FILTERS_ZSTD_CODEC_H_
#define PICKLE5_BUFFERS_FILTERS_ZSTD_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/filters/buffer_codec.h"

namespace pickle5 {

// Zstandard frames. Link with pickle5::zstd.
//
// Errors: ResourceExhausted if its library has no memory.
class PICKLE5_EXPORT ZstdCodec final : public BufferCodec {
 public:
  // As the zstd command's: negative ones are faster, up to 22 smaller.
  static constexpr int kDefaultLevel = 1;

  explicit ZstdCodec(int level = kDefaultLevel);
  ~ZstdCodec() override;

  std::string_view name() const override { return "zstd"; }
  size_t MaxCompressedSize(size_t nbytes) const override;
  absl::StatusOr<size_t> Compress(std::span<const uint8_t> in,
                                  std::span<uint8_t> out) override;
  absl::Status Decompress(std::span<const uint8_t> in,
                          std::span<uint8_t> out) override;

 private:
  struct Contexts;

  int level_;
  std::unique_ptr<Contexts> contexts_;  // made when first used, then kept
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILTERS_ZSTD_CODEC_H_

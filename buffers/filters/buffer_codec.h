#ifndef PICKLE5_BUFFERS_FILTERS_BUFFER_CODEC_H_
#define PICKLE5_BUFFERS_FILTERS_BUFFER_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"

namespace pickle5 {

// A compression that CompressingSink and DecompressingSource use. zstd_codec.h
// and lz4_codec.h, which are link targets of their own (pickle5::zstd,
// pickle5::lz4), have two; a program may bring another.
//
// Threads: thread-compatible: one codec for one sink or source at a time.
class PICKLE5_EXPORT BufferCodec {
 public:
  BufferCodec(const BufferCodec&) = delete;
  BufferCodec& operator=(const BufferCodec&) = delete;
  virtual ~BufferCodec();

  // Stands with the bytes: how the reader finds the codec. 1 to 8 characters.
  virtual std::string_view name() const = 0;

  // The most that Compress() writes for so many bytes.
  virtual size_t MaxCompressedSize(size_t nbytes) const = 0;

  // Returns how many bytes of `out` it wrote. Precondition: `out` has
  // MaxCompressedSize(in.size()) bytes.
  [[nodiscard]] virtual absl::StatusOr<size_t> Compress(
      std::span<const uint8_t> in, std::span<uint8_t> out) = 0;

  // Fills `out` exactly. DataLoss if `in` is damaged, or is more or fewer bytes
  // than that. Writes `out` from its front on and nothing behind what `in`
  // holds, so that a false length takes no memory.
  [[nodiscard]] virtual absl::Status Decompress(std::span<const uint8_t> in,
                                                std::span<uint8_t> out) = 0;

 protected:
  BufferCodec() = default;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILTERS_BUFFER_CODEC_H_

#ifndef PICKLE5_BUFFERS_FILTERS_COMPRESSED_HEAD_H_
#define PICKLE5_BUFFERS_FILTERS_COMPRESSED_HEAD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "buffers/description.h"
#include "buffers/export.h"

namespace pickle5 {

// The head that follows each payload of a CompressingSink, as its own buffer:
//
//   8 bytes   name of the codec, then zeros; all zeros: stored as it is
//   8         length that the payload decompresses to
//   24 + ...  description (description.h) of the buffer it was
//
// Numbers are little-endian.
struct CompressedHead : BufferDescription {
  static constexpr size_t kMaxCodecName = 8;

  std::string codec;  // empty: stored
  uint64_t length = 0;
};

// Precondition: head.codec has at most kMaxCodecName characters.
PICKLE5_EXPORT std::string EncodeCompressedHead(const CompressedHead& head);

// DataLoss if `bytes` are none.
[[nodiscard]] PICKLE5_EXPORT absl::StatusOr<CompressedHead>
DecodeCompressedHead(std::string_view bytes);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILTERS_COMPRESSED_HEAD_H_

#ifndef PICKLE5_BUFFERS_DESCRIPTION_H_
#define PICKLE5_BUFFERS_DESCRIPTION_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/export.h"
#include "buffers/little_endian.h"

namespace pickle5 {

// The description of a contiguous Buffer, which travels beside its bytes in
// files and messages.
struct BufferDescription {
  bool readonly = false;
  // False for plain bytes; the rest is then not used.
  bool has_layout = false;
  bool fortran_order = false;
  std::string format;
  size_t itemsize = 1;
  std::vector<ptrdiff_t> shape;

  bool operator==(const BufferDescription&) const = default;
};

// Precondition: buffer.IsContiguous('A').
PICKLE5_EXPORT BufferDescription DescriptionOf(const Buffer& buffer);

// `plain` as `description` says. DataLoss if it does not fit: the two come from
// one place.
[[nodiscard]] PICKLE5_EXPORT absl::StatusOr<Buffer> Describe(
    const Buffer& plain, const BufferDescription& description);

// The encoded form is a head of fixed size and a tail, which may stand apart:
//
//   head  4 bytes flags: 1 readonly, 2 has a layout, 4 Fortran order; the
//   others
//         belong to the format around it
//         4 dimensions, 8 itemsize, 8 length of the format
//   tail  8 bytes for each dimension, the format, zeros to a multiple of 8
inline constexpr size_t kDescriptionHeadSize = 24;

struct DescriptionHead {
  uint32_t flags;
  uint32_t ndim;
  uint64_t itemsize;
  uint64_t format_length;
};

PICKLE5_EXPORT void PutDescriptionHead(const BufferDescription& description,
                                       LittleEndianEncoder& out,
                                       uint32_t more_flags = 0);
PICKLE5_EXPORT void PutDescriptionTail(const BufferDescription& description,
                                       LittleEndianEncoder& out);

// Precondition: kDescriptionHeadSize bytes are left.
PICKLE5_EXPORT DescriptionHead GetDescriptionHead(LittleEndianDecoder& in);

// Checks the head, of which no other flags may be left, takes the tail that
// belongs to it, and fills `description`. Returns what is wrong, or nothing.
// Whether the shape fits the payload is not looked at; Describe() does.
[[nodiscard]] PICKLE5_EXPORT std::string_view GetDescriptionTail(
    const DescriptionHead& head, LittleEndianDecoder& in,
    BufferDescription* description);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_DESCRIPTION_H_

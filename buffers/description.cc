#include "buffers/description.h"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "buffers/io_status.h"

namespace pickle5 {
namespace {

constexpr uint32_t kReadonly = 1;
constexpr uint32_t kHasLayout = 2;
constexpr uint32_t kFortranOrder = 4;

constexpr uint64_t PaddedFormat(uint64_t length) {
  return (length + 7) / 8 * 8;
}

// Precondition: the size of the array is no more than ptrdiff_t holds.
std::vector<ptrdiff_t> StridesOfFortranOrder(
    const BufferDescription& description) {
  std::vector<ptrdiff_t> strides;
  strides.reserve(description.shape.size());
  ptrdiff_t stride = static_cast<ptrdiff_t>(description.itemsize);
  for (const ptrdiff_t extent : description.shape) {
    strides.push_back(stride);
    stride *= std::max<ptrdiff_t>(extent, 1);
  }
  return strides;
}

absl::StatusOr<Buffer> WithLayout(const Buffer& plain,
                                  const BufferDescription& description) {
  absl::StatusOr<Buffer> array = plain.WithShape(
      description.format, description.itemsize, description.shape);
  if (!array.ok() || !description.fortran_order) return array;
  return plain.WithShape(description.format, description.itemsize,
                         description.shape, StridesOfFortranOrder(description));
}

}  // namespace

BufferDescription DescriptionOf(const Buffer& buffer) {
  BufferDescription description;
  description.readonly = buffer.readonly();
  description.has_layout = buffer.has_layout();
  if (description.has_layout) {
    description.fortran_order = !buffer.IsContiguous('C');
    description.format = buffer.format();
    description.itemsize = buffer.itemsize();
    description.shape.assign(buffer.shape().begin(), buffer.shape().end());
  }
  return description;
}

absl::StatusOr<Buffer> Describe(const Buffer& plain,
                                const BufferDescription& description) {
  try {
    absl::StatusOr<Buffer> buffer =
        description.has_layout ? WithLayout(plain, description) : plain;
    if (absl::IsInvalidArgument(buffer.status())) {
      return absl::DataLossError(buffer.status().message());
    }
    if (buffer.ok() && description.readonly) buffer = buffer->AsReadonly();
    return buffer;
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

void PutDescriptionHead(const BufferDescription& description,
                        LittleEndianEncoder& out, uint32_t more_flags) {
  const bool has_layout = description.has_layout;
  uint32_t flags = more_flags;
  if (description.readonly) flags |= kReadonly;
  if (has_layout) flags |= kHasLayout;
  if (has_layout && description.fortran_order) flags |= kFortranOrder;
  out.Put<uint32_t>(flags);
  out.Put<uint32_t>(has_layout ? static_cast<uint32_t>(description.shape.size())
                               : 0);
  out.Put<uint64_t>(has_layout ? description.itemsize : 1);
  out.Put<uint64_t>(has_layout ? description.format.size() : 0);
}

void PutDescriptionTail(const BufferDescription& description,
                        LittleEndianEncoder& out) {
  if (!description.has_layout) return;
  for (const ptrdiff_t extent : description.shape) {
    out.Put<uint64_t>(static_cast<uint64_t>(extent));
  }
  const size_t length = description.format.size();
  out.PutBytes(description.format);
  out.PutZeros(static_cast<size_t>(PaddedFormat(length)) - length);
}

DescriptionHead GetDescriptionHead(LittleEndianDecoder& in) {
  DescriptionHead head;
  head.flags = in.Get<uint32_t>();
  head.ndim = in.Get<uint32_t>();
  head.itemsize = in.Get<uint64_t>();
  head.format_length = in.Get<uint64_t>();
  return head;
}

std::string_view GetDescriptionTail(const DescriptionHead& head,
                                    LittleEndianDecoder& in,
                                    BufferDescription* description) {
  description->readonly = (head.flags & kReadonly) != 0;
  description->has_layout = (head.flags & kHasLayout) != 0;
  description->fortran_order = (head.flags & kFortranOrder) != 0;
  if ((head.flags & ~(kReadonly | kHasLayout | kFortranOrder)) != 0) {
    return "unknown flags";
  }
  if (!description->has_layout &&
      (description->fortran_order || head.ndim != 0 || head.itemsize != 1 ||
       head.format_length != 0)) {
    return "plain bytes with a layout";
  }
  if (head.ndim > Buffer::kMaxDimensions ||
      head.itemsize >
          static_cast<uint64_t>(std::numeric_limits<ptrdiff_t>::max()) ||
      head.format_length > in.left() ||
      head.ndim * sizeof(uint64_t) + PaddedFormat(head.format_length) >
          in.left()) {
    return "the index is too short for a layout";
  }
  const auto format_length = static_cast<size_t>(head.format_length);
  description->itemsize = static_cast<size_t>(head.itemsize);
  description->shape.clear();
  description->shape.reserve(head.ndim);
  for (uint32_t i = 0; i < head.ndim; ++i) {
    description->shape.push_back(static_cast<ptrdiff_t>(in.Get<uint64_t>()));
  }
  description->format = in.GetBytes(format_length);
  const std::string_view padding = in.GetBytes(
      static_cast<size_t>(PaddedFormat(format_length)) - format_length);
  if (padding.find_first_not_of('\0') != std::string_view::npos) {
    return "padding that is not zero";
  }
  return {};
}

}  // namespace pickle5

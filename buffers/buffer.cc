#include "buffers/buffer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"

namespace pickle5 {
namespace {

constexpr ptrdiff_t kByteStride = 1;

std::span<const uint8_t> AsBytes(std::string_view chars) {
  return {reinterpret_cast<const uint8_t*>(chars.data()), chars.size()};
}

// Returns whether `strides` are those of the given nesting: the loop of
// CPython's _IsCContiguous and _IsFortranContiguous, which differ in the order
// only.
bool StridesArePacked(const BufferLayout& layout, bool c_order) {
  const size_t ndim = layout.shape.size();
  ptrdiff_t packed = static_cast<ptrdiff_t>(layout.itemsize);
  for (size_t i = 0; i < ndim; ++i) {
    const size_t axis = c_order ? ndim - 1 - i : i;
    const ptrdiff_t extent = layout.shape[axis];
    if (extent > 1 && layout.strides[axis] != packed) return false;
    packed *= extent;
  }
  return true;
}

// Product of the extents and the itemsize; also refuses what cannot be
// described: negative extents, sizes past ptrdiff_t.
absl::StatusOr<ptrdiff_t> SizeOf(size_t itemsize,
                                 std::span<const ptrdiff_t> shape) {
  ptrdiff_t size = 0;
  if (__builtin_add_overflow(itemsize, 0, &size)) {
    return absl::InvalidArgumentError("itemsize is too large");
  }
  bool empty = false;
  for (const ptrdiff_t extent : shape) {
    if (extent < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("extent ", extent, " is negative"));
    }
    empty = empty || extent == 0;
    // An array without items has room for extents of any size: its strides
    // still have to be numbers.
    if (__builtin_mul_overflow(size, std::max<ptrdiff_t>(extent, 1), &size)) {
      return absl::InvalidArgumentError("the shape is too large");
    }
  }
  return empty ? 0 : size;
}

std::vector<ptrdiff_t> StridesOfCOrder(size_t itemsize,
                                       std::span<const ptrdiff_t> shape) {
  std::vector<ptrdiff_t> strides(shape.size());
  ptrdiff_t stride = static_cast<ptrdiff_t>(itemsize);
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= std::max<ptrdiff_t>(shape[i], 1);
  }
  return strides;
}

// Returns whether every item of a layout that has some lies in [0, size).
bool ItemsLieWithin(const BufferLayout& layout, ptrdiff_t offset,
                    ptrdiff_t size) {
  ptrdiff_t lowest = offset;
  ptrdiff_t end = offset;
  if (__builtin_add_overflow(end, layout.itemsize, &end)) return false;
  for (size_t i = 0; i < layout.shape.size(); ++i) {
    ptrdiff_t reach = 0;
    if (__builtin_mul_overflow(layout.shape[i] - 1, layout.strides[i],
                               &reach)) {
      return false;
    }
    ptrdiff_t& bound = reach < 0 ? lowest : end;
    if (__builtin_add_overflow(bound, reach, &bound)) return false;
  }
  return lowest >= 0 && end <= size;
}

// Moves `bytes` to the heap and makes it the owner of its own memory.
template <typename Container>
absl::StatusOr<Buffer> OwnContainer(Container bytes) {
  try {
    auto owner = std::make_shared<Container>(std::move(bytes));
    const void* const data = owner->data();
    const size_t size = owner->size();
    return Buffer::WithOwner(data, size, /*readonly=*/false, std::move(owner));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace

Buffer::Buffer(const void* data, size_t nbytes, bool readonly,
               std::shared_ptr<const void> owner) noexcept
    : data_(static_cast<const uint8_t*>(data)),
      nbytes_(static_cast<ptrdiff_t>(nbytes)),
      readonly_(readonly),
      owner_(std::move(owner)) {}

Buffer Buffer::Borrow(std::span<const uint8_t> bytes) noexcept {
  return Buffer(bytes.data(), bytes.size(), /*readonly=*/true, nullptr);
}

Buffer Buffer::Borrow(std::string_view bytes) noexcept {
  return Borrow(AsBytes(bytes));
}

Buffer Buffer::BorrowMutable(std::span<uint8_t> bytes) noexcept {
  return Buffer(bytes.data(), bytes.size(), /*readonly=*/false, nullptr);
}

absl::StatusOr<Buffer> Buffer::Allocate(size_t nbytes) noexcept {
  constexpr size_t kMax = std::numeric_limits<ptrdiff_t>::max() - kAlignment;
  if (nbytes > kMax) return OutOfMemoryStatus();
  // aligned_alloc() wants a multiple of the alignment.
  const size_t rounded =
      std::max(kAlignment, (nbytes + kAlignment - 1) & ~(kAlignment - 1));
  void* const block = std::aligned_alloc(kAlignment, rounded);
  if (block == nullptr) return OutOfMemoryStatus();
  return WithReleaser(block, nbytes, /*readonly=*/false,
                      [block] { std::free(block); });
}

absl::StatusOr<Buffer> Buffer::Copy(std::span<const uint8_t> bytes) noexcept {
  absl::StatusOr<Buffer> buffer = Allocate(bytes.size());
  if (buffer.ok() && !bytes.empty()) {
    std::memcpy(buffer->mutable_data(), bytes.data(), bytes.size());
  }
  return buffer;
}

absl::StatusOr<Buffer> Buffer::Copy(std::string_view bytes) noexcept {
  return Copy(AsBytes(bytes));
}

absl::StatusOr<Buffer> Buffer::Own(std::string bytes) noexcept {
  return OwnContainer(std::move(bytes));
}

absl::StatusOr<Buffer> Buffer::Own(std::vector<uint8_t> bytes) noexcept {
  return OwnContainer(std::move(bytes));
}

absl::StatusOr<Buffer> Buffer::WithReleaser(
    const void* data, size_t nbytes, bool readonly,
    std::function<void()> release) noexcept {
  try {
    // shared_ptr calls the deleter where it cannot allocate its count.
    std::shared_ptr<const void> owner(
        data, [release = std::move(release)](const void*) {
          if (release) release();
        });
    return Buffer(data, nbytes, readonly, std::move(owner));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

Buffer Buffer::WithOwner(const void* data, size_t nbytes, bool readonly,
                         std::shared_ptr<const void> owner) noexcept {
  return Buffer(data, nbytes, readonly, std::move(owner));
}

absl::StatusOr<Buffer> Buffer::WithShape(std::string_view format,
                                         size_t itemsize,
                                         std::span<const ptrdiff_t> shape,
                                         std::span<const ptrdiff_t> strides,
                                         size_t offset) const noexcept {
  try {
    if (!IsContiguous('A')) {
      return absl::InvalidArgumentError("the buffer is not contiguous");
    }
    if (shape.size() > kMaxDimensions) {
      return absl::InvalidArgumentError(
          absl::StrCat(shape.size(), " dimensions, 64 are allowed"));
    }
    if (!strides.empty() && strides.size() != shape.size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          strides.size(), " strides for ", shape.size(), " dimensions"));
    }
    const absl::StatusOr<ptrdiff_t> size = SizeOf(itemsize, shape);
    if (!size.ok()) return size.status();

    BufferLayout layout;
    layout.format = format;
    layout.itemsize = itemsize;
    layout.shape.assign(shape.begin(), shape.end());
    layout.strides = strides.empty() ? StridesOfCOrder(itemsize, shape)
                                     : std::vector<ptrdiff_t>(strides.begin(),
                                                              strides.end());
    if (offset > nbytes() ||
        (*size != 0 &&
         !ItemsLieWithin(layout, static_cast<ptrdiff_t>(offset), nbytes_))) {
      return absl::InvalidArgumentError(absl::StrCat(
          "an item lies outside the ", nbytes_, " bytes of the buffer"));
    }
    Buffer result(data_ + offset, static_cast<size_t>(*size), readonly_,
                  owner_);
    result.layout_ = std::make_shared<const BufferLayout>(std::move(layout));
    if (*size != nbytes_ && result.IsContiguous('A')) {
      return absl::InvalidArgumentError(absl::StrCat(
          "a contiguous array of ", *size, " bytes in a buffer of ", nbytes_));
    }
    return result;
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<Buffer> Buffer::BorrowElements(
    const void* data, size_t count, size_t itemsize, std::string_view format,
    std::span<const ptrdiff_t> shape) noexcept {
  const Buffer bytes = Borrow(std::span<const uint8_t>(
      static_cast<const uint8_t*>(data), count * itemsize));
  const ptrdiff_t all[] = {static_cast<ptrdiff_t>(count)};
  return bytes.WithShape(format, itemsize, shape.empty() ? all : shape);
}

absl::StatusOr<Buffer> Buffer::Slice(size_t offset,
                                     size_t length) const noexcept {
  try {
    if (!IsContiguous('A')) {
      return absl::InvalidArgumentError("the buffer is not contiguous");
    }
    if (offset > nbytes() || length > nbytes() - offset) {
      return absl::OutOfRangeError(absl::StrCat(
          "slice of ", length, " bytes at ", offset, " of ", nbytes_));
    }
    return Buffer(data_ + offset, length, readonly_, owner_);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

Buffer Buffer::AsReadonly() const noexcept {
  Buffer result = *this;
  result.readonly_ = true;
  return result;
}

std::span<const ptrdiff_t> Buffer::shape() const {
  if (layout_ == nullptr) return {&nbytes_, 1};
  return layout_->shape;
}

std::span<const ptrdiff_t> Buffer::strides() const {
  if (layout_ == nullptr) return {&kByteStride, 1};
  return layout_->strides;
}

bool Buffer::IsContiguous(char order) const {
  if (order != 'C' && order != 'F' && order != 'A') return false;
  if (layout_ == nullptr || nbytes_ == 0) return true;
  return (order != 'F' && StridesArePacked(*layout_, /*c_order=*/true)) ||
         (order != 'C' && StridesArePacked(*layout_, /*c_order=*/false));
}

std::span<const uint8_t> Buffer::bytes() const {
  if (!IsContiguous('A')) return {};
  return {data_, nbytes()};
}

std::string_view Buffer::chars() const {
  const std::span<const uint8_t> all = bytes();
  return {reinterpret_cast<const char*>(all.data()), all.size()};
}

}  // namespace pickle5

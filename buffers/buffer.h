#ifndef PICKLE5_BUFFERS_BUFFER_H_
#define PICKLE5_BUFFERS_BUFFER_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"

namespace pickle5 {

// How the items of a Buffer lie in its memory (PEP 3118).
struct BufferLayout {
  std::string format = "B";  // struct module syntax; carried, not interpreted
  size_t itemsize = 1;
  std::vector<ptrdiff_t> shape;    // ndim extents; none is one item
  std::vector<ptrdiff_t> strides;  // ndim, in bytes; any sign
};

// A shared handle on memory that Python would describe with a Py_buffer.
//
// Plain bytes unless WithShape() says otherwise: format "B", itemsize 1, one
// dimension, C-contiguous. Copies share the memory and are cheap. What a
// handle describes never changes; the bytes may, through mutable_data() of any
// handle on the same memory.
//
// Ownership: the memory lives until the last handle on it dies; then its
//            releaser is called, exactly once, on that handle's thread.
// Errors:    nothing throws; what allocates returns a status.
// Threads:   handles may be copied and destroyed on any thread. Writing to
//            the bytes needs the callers' own synchronisation.
// Cost:      a copy is two reference counts; no bytes move.
class PICKLE5_EXPORT Buffer {
 public:
  // PyBUF_MAX_NDIM.
  static constexpr size_t kMaxDimensions = 64;
  // Alignment of memory that Allocate() and Copy() get.
  static constexpr size_t kAlignment = 64;

  // An empty, readonly buffer.
  Buffer() = default;

  // Memory that somebody else keeps alive; it must outlive every handle.
  static Buffer Borrow(
      std::span<const uint8_t> bytes ABSL_ATTRIBUTE_LIFETIME_BOUND) noexcept;
  static Buffer Borrow(
      std::string_view bytes ABSL_ATTRIBUTE_LIFETIME_BOUND) noexcept;
  // Elements as an array of `shape` in C order, or of one dimension without
  // one: `Borrow(matrix, {1000, 1000})` of a std::vector, std::array or
  // std::span of numbers. InvalidArgument if the shape does not hold as many.
  template <std::ranges::contiguous_range Elements>
  requires(std::is_arithmetic_v<std::ranges::range_value_t<Elements>> &&
           !std::same_as<std::ranges::range_value_t<Elements>, char>)
      [[nodiscard]] static absl::StatusOr<Buffer> Borrow(
          const Elements& elements ABSL_ATTRIBUTE_LIFETIME_BOUND,
          std::initializer_list<ptrdiff_t> shape = {}) noexcept {
    using Element = std::ranges::range_value_t<Elements>;
    return BorrowElements(std::ranges::data(elements),
                          std::ranges::size(elements), sizeof(Element),
                          FormatOf<Element>(), {shape.begin(), shape.size()});
  }
  // The letter of the struct module for a type of numbers.
  template <typename Element>
  requires std::is_arithmetic_v<Element>
  static constexpr std::string_view FormatOf() {
    constexpr size_t kSize = sizeof(Element);
    if constexpr (std::same_as<Element, bool>) return "?";
    if constexpr (std::floating_point<Element>) {
      static_assert(kSize <= 8, "long double has no letter");
      return kSize == 4 ? "f" : "d";
    }
    if constexpr (std::is_signed_v<Element>) {
      return kSize == 1 ? "b" : kSize == 2 ? "h" : kSize == 4 ? "i" : "q";
    }
    return kSize == 1 ? "B" : kSize == 2 ? "H" : kSize == 4 ? "I" : "Q";
  }
  static Buffer BorrowMutable(
      std::span<uint8_t> bytes ABSL_ATTRIBUTE_LIFETIME_BOUND) noexcept;

  // Fresh writable memory, not cleared.
  [[nodiscard]] static absl::StatusOr<Buffer> Allocate(size_t nbytes) noexcept;

  // A writable copy of `bytes`.
  [[nodiscard]] static absl::StatusOr<Buffer> Copy(
      std::span<const uint8_t> bytes) noexcept;
  [[nodiscard]] static absl::StatusOr<Buffer> Copy(
      std::string_view bytes) noexcept;

  // Takes over memory of the standard library's; writable.
  [[nodiscard]] static absl::StatusOr<Buffer> Own(std::string bytes) noexcept;
  [[nodiscard]] static absl::StatusOr<Buffer> Own(
      std::vector<uint8_t> bytes) noexcept;

  // Memory that `release` frees, which must not throw. It is called even if
  // no Buffer comes of it.
  [[nodiscard]] static absl::StatusOr<Buffer> WithReleaser(
      const void* data, size_t nbytes, bool readonly,
      std::function<void()> release) noexcept;

  // Memory kept alive by `owner`.
  static Buffer WithOwner(const void* data, size_t nbytes, bool readonly,
                          std::shared_ptr<const void> owner) noexcept;

  // The same memory described as an array. Empty `strides` are those of
  // C order. `offset` is where the first item stands (that of index 0, so not
  // the lowest address under negative strides). InvalidArgument if *this is
  // not contiguous, dimensions exceed kMaxDimensions, an item is outside the
  // memory, a contiguous array does not cover it exactly, or a size overflows.
  [[nodiscard]] absl::StatusOr<Buffer> WithShape(
      std::string_view format, size_t itemsize,
      std::span<const ptrdiff_t> shape, std::span<const ptrdiff_t> strides = {},
      size_t offset = 0) const noexcept;

  // `length` of the bytes from `offset` on, as plain bytes that share the
  // memory. OutOfRange past the end; InvalidArgument if not contiguous.
  [[nodiscard]] absl::StatusOr<Buffer> Slice(size_t offset,
                                             size_t length) const noexcept;

  // The same memory, readonly through this handle and its copies.
  Buffer AsReadonly() const noexcept;

  // The first item; nullptr is possible if nbytes() == 0.
  const uint8_t* data() const { return data_; }
  // nullptr if readonly().
  uint8_t* mutable_data() const {
    return readonly_ ? nullptr : const_cast<uint8_t*>(data_);
  }
  // Product of shape() times itemsize(), as memoryview.nbytes.
  size_t nbytes() const { return static_cast<size_t>(nbytes_); }
  bool readonly() const { return readonly_; }

  std::string_view format() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return layout_ == nullptr ? std::string_view("B") : layout_->format;
  }
  size_t itemsize() const { return layout_ == nullptr ? 1 : layout_->itemsize; }
  size_t ndim() const { return layout_ == nullptr ? 1 : layout_->shape.size(); }
  std::span<const ptrdiff_t> shape() const ABSL_ATTRIBUTE_LIFETIME_BOUND;
  std::span<const ptrdiff_t> strides() const ABSL_ATTRIBUTE_LIFETIME_BOUND;
  // False for plain bytes, whose layout is the default one.
  bool has_layout() const { return layout_ != nullptr; }

  // As PyBuffer_IsContiguous: order 'C', 'F', or 'A' for either; any other
  // order is false.
  bool IsContiguous(char order) const;

  // The bytes in memory order, as PickleBuffer.raw() has them. Empty if not
  // IsContiguous('A').
  std::span<const uint8_t> bytes() const;
  // The same as characters.
  std::string_view chars() const;

 private:
  static absl::StatusOr<Buffer> BorrowElements(
      const void* data, size_t count, size_t itemsize, std::string_view format,
      std::span<const ptrdiff_t> shape) noexcept;

  Buffer(const void* data, size_t nbytes, bool readonly,
         std::shared_ptr<const void> owner) noexcept;

  const uint8_t* data_ = nullptr;
  ptrdiff_t nbytes_ = 0;  // signed as it is also the shape of plain bytes
  bool readonly_ = true;
  std::shared_ptr<const void> owner_;           // nullptr: borrowed
  std::shared_ptr<const BufferLayout> layout_;  // nullptr: plain bytes
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_BUFFER_H_

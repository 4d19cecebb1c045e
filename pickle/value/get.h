#ifndef PICKLE5_PICKLE_VALUE_GET_H_
#define PICKLE5_PICKLE_VALUE_GET_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "pickle/export.h"
#include "pickle/value/value.h"

namespace pickle5 {

// Value::Get<T>(path) for these T:
//
//   bool                     a bool
//   any integral type        an int or bool that fits it
//   float, double            a float, int or bool
//   std::string_view         the UTF-8 of a str, the bytes of a bytes,
//   std::string              bytearray or buffer; a view lives as the Value
//   does Buffer                   a buffer that is there std::span<const E> the
//   elements of a buffer, bytes or bytearray in
//                            place: E as the buffer's format says, any
//                            arithmetic E for plain bytes, and aligned for it
//   std::vector<E>           the elements() of a list, tuple, deque, set..,
//                            each as Get<E>
//   Value                    anything
//
// A path is one of path.h, of which "$" and a first "." may be left out:
// "step", "layers[3].bias", "['conv1.weight']", "$.step". An empty one is the
// value itself.
//
// Errors: InvalidArgument for a path that is none and for a value of another
//         type, NotFound if the path leads nowhere, OutOfRange for a number
//         that does not fit; each says where, and what is there.
// Cost:   that of the steps (see Value::operator[]) and of a copy.
namespace internal {

// The value at the end of the path.
PICKLE5_EXPORT absl::StatusOr<Value> FollowText(Value root,
                                                std::string_view path);
// InvalidArgument, or OutOfRange for a number where a number was wanted.
PICKLE5_EXPORT absl::Status NotOfType(Value found, std::string_view path,
                                      std::string_view wanted);
// An int from 2**63 up to 2**64 - 1.
PICKLE5_EXPORT std::optional<uint64_t> AsLargeUint64(Value value);
// The bytes of the elements, if they are of that format and aligned.
PICKLE5_EXPORT std::optional<std::string_view> ElementBytes(
    Value value, std::string_view format, size_t size);

template <typename T>
struct TypeOf {
  static constexpr bool kIsSpan = false;
  static constexpr bool kIsVector = false;
};
template <typename E>
struct TypeOf<std::span<const E>> {
  static constexpr bool kIsSpan = true;
  static constexpr bool kIsVector = false;
  using Element = E;
};
template <typename E>
struct TypeOf<std::vector<E>> {
  static constexpr bool kIsSpan = false;
  static constexpr bool kIsVector = true;
  using Element = E;
};

template <typename T>
constexpr std::string_view WantedName() {
  if constexpr (std::same_as<T, bool>) {
    return "a bool";
  } else if constexpr (std::integral<T>) {
    constexpr std::string_view kNames[2][4] = {
        {"an int of 8 bits without a sign", "an int of 16 bits without a sign",
         "an int of 32 bits without a sign",
         "an int of 64 bits without a sign"},
        {"an int of 8 bits", "an int of 16 bits", "an int of 32 bits",
         "an int of 64 bits"}};
    constexpr size_t kSize = sizeof(T) == 1   ? 0
                             : sizeof(T) == 2 ? 1
                             : sizeof(T) == 4 ? 2
                                              : 3;
    return kNames[std::is_signed_v<T> ? 1 : 0][kSize];
  } else if constexpr (std::floating_point<T>) {
    return "a float";
  } else if constexpr (std::same_as<T, Buffer>) {
    return "a buffer";
  } else if constexpr (TypeOf<T>::kIsSpan) {
    return "a buffer of such elements";
  } else if constexpr (TypeOf<T>::kIsVector) {
    return "a list";
  } else {
    return "a str or bytes";
  }
}

template <typename T>
std::optional<T> ConvertInt(Value value) {
  const std::optional<int64_t> number = value.AsInt64();
  if (number.has_value()) {
    if (!std::in_range<T>(*number)) return std::nullopt;
    return static_cast<T>(*number);
  }
  const std::optional<uint64_t> large = AsLargeUint64(value);
  if (!large.has_value() || !std::in_range<T>(*large)) return std::nullopt;
  return static_cast<T>(*large);
}

// For what is no vector.
template <typename T>
std::optional<T> Convert(Value value) {
  if constexpr (std::same_as<T, Value>) {
    return value;
  } else if constexpr (std::same_as<T, bool>) {
    return value.AsBool();
  } else if constexpr (std::integral<T>) {
    return ConvertInt<T>(value);
  } else if constexpr (std::floating_point<T>) {
    const std::optional<double> number = value.AsDouble();
    if (!number.has_value()) return std::nullopt;
    return static_cast<T>(*number);
  } else if constexpr (std::same_as<T, Buffer>) {
    if (value.buffer() == nullptr) return std::nullopt;
    return *value.buffer();
  } else if constexpr (TypeOf<T>::kIsSpan) {
    using E = typename TypeOf<T>::Element;
    const std::optional<std::string_view> bytes =
        ElementBytes(value, Buffer::FormatOf<E>(), sizeof(E));
    if (!bytes.has_value()) return std::nullopt;
    return T(reinterpret_cast<const E*>(bytes->data()),
             bytes->size() / sizeof(E));
  } else {
    static_assert(
        std::same_as<T, std::string_view> || std::same_as<T, std::string>,
        "get.h lists the types that Get() returns");
    const std::optional<std::string_view> text =
        value.is(Kind::kStr) ? value.AsStr() : value.AsBytes();
    if (!text.has_value()) return std::nullopt;
    return T(*text);
  }
}

template <typename T>
absl::StatusOr<T> ConvertAt(Value value, std::string_view path) {
  if constexpr (TypeOf<T>::kIsVector) {
    const ElementRange elements = value.elements();
    if (elements.empty() && !value.is(Kind::kObject) &&
        !value.is(Kind::kList) && !value.is(Kind::kTuple) &&
        !value.is(Kind::kSet) && !value.is(Kind::kFrozenSet)) {
      return NotOfType(value, path, WantedName<T>());
    }
    T made;
    made.reserve(elements.size());
    for (const Value element : elements) {
      absl::StatusOr<typename TypeOf<T>::Element> converted =
          ConvertAt<typename TypeOf<T>::Element>(element, {});
      if (!converted.ok()) {
        const std::string at = std::string(path.empty() ? "$" : path) + '[' +
                               std::to_string(made.size()) + ']';
        return NotOfType(element, at,
                         WantedName<typename TypeOf<T>::Element>());
      }
      made.push_back(*std::move(converted));
    }
    return made;
  } else {
    std::optional<T> converted = Convert<T>(value);
    if (!converted.has_value()) {
      return NotOfType(value, path, WantedName<T>());
    }
    return *std::move(converted);
  }
}

}  // namespace internal

template <typename T>
absl::StatusOr<T> Value::Get(std::string_view path) const {
  const absl::StatusOr<Value> found = internal::FollowText(*this, path);
  if (!found.ok()) return found.status();
  return internal::ConvertAt<T>(*found, path);
}

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_VALUE_GET_H_

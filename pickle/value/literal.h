#ifndef PICKLE5_PICKLE_VALUE_LITERAL_H_
#define PICKLE5_PICKLE_VALUE_LITERAL_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/attributes.h"
#include "buffers/buffer.h"
#include "pickle/export.h"
#include "pickle/value/document.h"
#include "pickle/value/value.h"

namespace pickle5 {

// What a C++ program writes where a Value is needed: nullptr for None, bool,
// any integer, floating point, text for str, a Buffer (a handle on it becomes
// the Document's next buffer), or a Value.
class Literal {
 public:
  Literal(std::nullptr_t) : value_(Value::None()) {}  // NOLINT
  Literal(std::same_as<bool> auto value) : value_(Value::Bool(value)) {}
  Literal(std::signed_integral auto value)  // NOLINT
      : value_(Value::Int(value)) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) Literal(T value)
      : form_(Form::kUnsigned), unsigned_(value) {}  // NOLINT
  Literal(std::floating_point auto value)            // NOLINT
      : value_(Value::Float(static_cast<double>(value))) {}
  Literal(const char* text) : form_(Form::kText), text_(text) {}  // NOLINT
  Literal(std::string_view text)                                  // NOLINT
      : form_(Form::kText), text_(text) {}
  Literal(const std::string& text)  // NOLINT
      : form_(Form::kText), text_(text) {}
  Literal(const Buffer& buffer)  // NOLINT
      : form_(Form::kBuffer), buffer_(&buffer) {}
  Literal(Value value) : value_(value) {}  // NOLINT

 private:
  friend class Maker;
  enum class Form : uint8_t { kValue, kUnsigned, kText, kBuffer };

  Form form_ = Form::kValue;
  uint64_t unsigned_ = 0;
  Value value_;
  std::string_view text_;
  const Buffer* buffer_ = nullptr;
};

// Builds the objects of a Document from what stands in the program:
//
//   Maker make(&document);
//   document.SetRoot(make.Dict({{"name", "x"},
//                               {"scores", make.List({1, 2.5, nullptr})}}));
//
// Errors: a null Value says that memory ran out, or that text is not UTF-8;
//         what is built from a null Value is null.
class PICKLE5_EXPORT Maker {
 public:
  explicit Maker(Document* document ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : document_(document) {}

  Value Of(const Literal& literal) const;
  Value List(std::initializer_list<Literal> items) const;
  Value Tuple(std::initializer_list<Literal> items) const;
  Value Set(std::initializer_list<Literal> items) const;
  Value FrozenSet(std::initializer_list<Literal> items) const;
  Value Dict(std::initializer_list<std::pair<Literal, Literal>> pairs) const;
  // The call of a class or function named "module.qualname", where the module
  // ends at the last dot.
  Value Call(std::string_view name, std::initializer_list<Literal> args) const;

 private:
  Document* document_;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_VALUE_LITERAL_H_

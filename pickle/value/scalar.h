#ifndef PICKLE5_PICKLE_VALUE_SCALAR_H_
#define PICKLE5_PICKLE_VALUE_SCALAR_H_

#include <string>

#include "pickle/value/value.h"

namespace pickle5::internal {

// Returns whether a value is of a kind that refers to no other: None to
// bytearray, and the null Value.
constexpr bool IsScalar(Value v) { return v.kind() <= Kind::kByteArray; }

// Python's `a is b or a == b` for scalars: numbers by their exact value
// whatever their type, bytes and bytearray by content.
bool ScalarEqual(Value a, Value b);

// IntLiteral() of an int or bool.
std::string IntLiteralOf(Value v);

// Appends text that is the same for two scalars if, and only if, they are
// ScalarEqual().
void AppendScalarKey(Value v, std::string* out);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_SCALAR_H_

#include "pickle/value/scalar.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "pickle/text/integer_text.h"
#include "pickle/value/node.h"

namespace pickle5::internal {
namespace {

// [-2^63, 2^63) in doubles.
constexpr double kInt64Limit = 9223372036854775808.0;

double FloatOf(Value v) { return std::bit_cast<double>(ValueAccess::bits(v)); }

int64_t SmallInt(Value v) { return static_cast<int64_t>(ValueAccess::bits(v)); }

bool IsNumber(Value v) {
  return v.kind() >= Kind::kBool && v.kind() <= Kind::kFloat;
}

bool IsSmallInt(Value v) {
  return v.is(Kind::kBool) ||
         (v.is(Kind::kInt) && !ValueAccess::has_big_int(v));
}

std::string_view Octets(Value v) {
  if (v.is(Kind::kBytes)) return ValueAccess::text(v);
  const auto* node = ValueAccess::node<const ByteArrayNode>(v);
  return {reinterpret_cast<const char*>(node->data),
          static_cast<size_t>(node->size)};
}

std::optional<int64_t> ExactInt64(double d) {
  if (!(d >= -kInt64Limit && d < kInt64Limit) || std::trunc(d) != d) {
    return std::nullopt;
  }
  return static_cast<int64_t>(d);
}

// Two's complement of an integral double outside int64.
std::string BigIntOf(double d) {
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(d), &exponent);
  const auto mantissa = static_cast<uint64_t>(std::ldexp(fraction, 53));
  const auto shift = static_cast<size_t>(exponent - 53);
  std::string bytes(shift / 8 + 10, '\0');
  const unsigned in_byte = shift % 8;
  const uint64_t low = mantissa << in_byte;
  std::memcpy(bytes.data() + shift / 8, &low, sizeof low);
  if (in_byte != 0) {
    bytes[shift / 8 + 8] = static_cast<char>(mantissa >> (64 - in_byte));
  }
  if (d < 0) {
    unsigned carry = 1;
    for (char& c : bytes) {
      const unsigned inverted =
          (~static_cast<unsigned>(static_cast<uint8_t>(c)) & 0xff) + carry;
      c = static_cast<char>(inverted & 0xff);
      carry = inverted >> 8;
    }
  }
  return std::string(ShortestTwosComplement(bytes));
}

bool IsBigIntegral(double d) {
  return std::isfinite(d) && std::fabs(d) >= kInt64Limit;
}

bool NumberEqual(Value a, Value b) {
  if (IsSmallInt(a) && IsSmallInt(b)) return SmallInt(a) == SmallInt(b);
  if (a.is(Kind::kFloat) && b.is(Kind::kFloat)) {
    return FloatOf(a) == FloatOf(b);
  }
  if (a.is(Kind::kFloat)) return NumberEqual(b, a);
  if (b.is(Kind::kFloat)) {
    const double d = FloatOf(b);
    if (IsSmallInt(a)) return ExactInt64(d) == SmallInt(a);
    return IsBigIntegral(d) && BigIntOf(d) == ValueAccess::text(a);
  }
  return ValueAccess::has_big_int(a) && ValueAccess::has_big_int(b) &&
         ValueAccess::text(a) == ValueAccess::text(b);
}

void AppendBits(char tag, uint64_t bits, std::string* out) {
  char bytes[8];
  std::memcpy(bytes, &bits, sizeof bits);
  out->push_back(tag);
  out->append(bytes, sizeof bytes);
}

void AppendNumberKey(Value v, std::string* out) {
  if (IsSmallInt(v)) return AppendBits('i', ValueAccess::bits(v), out);
  if (v.is(Kind::kInt)) {
    out->push_back('I');
    out->append(ValueAccess::text(v));
    return;
  }
  const double d = FloatOf(v);
  if (const std::optional<int64_t> exact = ExactInt64(d)) {
    return AppendBits('i', static_cast<uint64_t>(*exact), out);
  }
  if (IsBigIntegral(d)) {
    out->push_back('I');
    out->append(BigIntOf(d));
    return;
  }
  AppendBits('f', ValueAccess::bits(v), out);
}

}  // namespace

bool ScalarEqual(Value a, Value b) {
  if (a.Is(b)) return true;
  if (IsNumber(a)) return IsNumber(b) && NumberEqual(a, b);
  switch (a.kind()) {
    case Kind::kStr:
      return b.is(Kind::kStr) && ValueAccess::text(a) == ValueAccess::text(b);
    case Kind::kBytes:
    case Kind::kByteArray:
      return (b.is(Kind::kBytes) || b.is(Kind::kByteArray)) &&
             Octets(a) == Octets(b);
    default:
      return a.kind() == b.kind();
  }
}

std::string IntLiteralOf(Value v) {
  if (ValueAccess::has_big_int(v)) return IntLiteral(ValueAccess::text(v));
  return *v.AsIntText();
}

void AppendScalarKey(Value v, std::string* out) {
  if (IsNumber(v)) return AppendNumberKey(v, out);
  switch (v.kind()) {
    case Kind::kStr:
      out->push_back('s');
      out->append(ValueAccess::text(v));
      break;
    case Kind::kBytes:
    case Kind::kByteArray:
      out->push_back('b');
      out->append(Octets(v));
      break;
    default:
      out->push_back(v.is(Kind::kNone) ? 'N' : '0');
      break;
  }
}

}  // namespace pickle5::internal

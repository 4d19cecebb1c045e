#include "pickle/inspect/argument_value.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/protocol/limits.h"
#include "pickle/protocol/opcode.h"
#include "pickle/show/json_text.h"
#include "pickle/text/integer_text.h"
#include "pickle/text/text_argument.h"
#include "pickle/text/utf8.h"
#include "pickle/value/repr.h"

namespace pickle5 {
namespace {

uint64_t LittleEndian(std::string_view bytes) {
  uint64_t value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  return value;
}

double BigEndianDouble(std::string_view bytes) {
  uint64_t bits = 0;
  for (const char c : bytes) bits = bits << 8 | static_cast<uint8_t>(c);
  return std::bit_cast<double>(bits);
}

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view StripSpace(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// The normal form of what Python's int() takes in base 10: no leading zeros,
// plus signs, underscores or surrounding blanks.
std::optional<std::string> NormalDecimal(std::string_view text) {
  text = StripSpace(text);
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) {
    text.remove_prefix(1);
  }
  std::string digits;
  bool after_digit = false;
  for (const char c : text) {
    if (c == '_' && after_digit) {
      after_digit = false;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    after_digit = true;
    if (!digits.empty() || c != '0') digits.push_back(c);
  }
  if (!after_digit) return std::nullopt;
  if (digits.empty()) return "0";
  return negative ? "-" + digits : digits;
}

// 0x and the digits of two's complement of any length, with its sign in front.
}  // namespace

void ArgumentValue::SetInteger(int64_t value) {
  SetText(Type::kInt, absl::StrCat(value));
}

void ArgumentValue::SetUnsigned(uint64_t value) {
  SetText(Type::kInt, absl::StrCat(value));
}

void ArgumentValue::SetText(Type type, std::string text) {
  type_ = type;
  owned_ = std::move(text);
}

void ArgumentValue::SetView(Type type, std::string_view view) {
  type_ = type;
  view_ = view;
}

void ArgumentValue::SetLatin1(std::string_view bytes) {
  if (IsAscii(bytes)) return SetView(Type::kStr, bytes);
  std::string utf8;
  // Latin-1 has a character for every byte: this cannot fail.
  DecodePython2String(bytes, StringEncoding::kLatin1, &utf8);
  SetText(Type::kStr, std::move(utf8));
}

void ArgumentValue::SetTwosComplement(std::string_view little_endian) {
  SetText(Type::kInt, IntLiteral(ShortestTwosComplement(little_endian)));
}

void ArgumentValue::DecodeDecimal(std::string_view line, bool is_long) {
  if (!is_long && (line == "00" || line == "01")) {
    type_ = Type::kBool;
    boolean_ = line == "01";
    return;
  }
  std::string_view digits = line;
  if (is_long && !digits.empty() && digits.back() == 'L') {
    digits.remove_suffix(1);
  }
  std::optional<std::string> decimal = NormalDecimal(digits);
  if (decimal) return SetText(Type::kInt, *std::move(decimal));
  // Unpicklers take other bases, too.
  TextInt parsed;
  constexpr uint64_t kAnyDigits = std::numeric_limits<uint64_t>::max();
  const auto error = is_long
                         ? ParseLong(line, Mode::kCompat, kAnyDigits, &parsed)
                         : ParseInt(line, Mode::kCompat, kAnyDigits, &parsed);
  if (error) return SetLatin1(line);
  if (parsed.is_big) return SetTwosComplement(parsed.little_endian);
  SetInteger(parsed.value);
}

void ArgumentValue::DecodeFloatLine(std::string_view line) {
  const std::string_view text = StripSpace(line);
  const auto error = ParseFloat(text, Mode::kCompat, &floating_);
  if (error == ErrorCode::kFloatRange) {
    floating_ = std::copysign(std::numeric_limits<double>::infinity(),
                              text.front() == '-' ? -1.0 : 1.0);
  } else if (error) {
    return SetLatin1(line);
  }
  type_ = Type::kFloat;
}

void ArgumentValue::DecodeQuoted(std::string_view line) {
  std::string bytes;
  if (UnescapeString(line, Mode::kCompat, &bytes)) return SetLatin1(line);
  SetLatin1(bytes);
  if (!owned_) SetText(Type::kStr, std::move(bytes));
}

void ArgumentValue::DecodeName(std::string_view line) {
  std::string bytes(line);
  if (line.find('\\') != std::string_view::npos) {
    const std::string quoted = absl::StrCat("'", bytes, "'");
    if (UnescapeString(quoted, Mode::kCompat, &bytes)) bytes = line;
  }
  if (IsValidUtf8(bytes, /*allow_surrogates=*/false)) {
    return SetText(Type::kStr, std::move(bytes));
  }
  SetLatin1(bytes);
}

ArgumentValue ArgumentValue::Decode(const Token& token) {
  ArgumentValue value;
  const std::string_view argument = token.argument;
  switch (token.info->argument) {
    case ArgumentKind::kNone:
      break;
    case ArgumentKind::kUint1:
    case ArgumentKind::kUint2:
    case ArgumentKind::kUint4:
    case ArgumentKind::kUint8:
      value.SetUnsigned(LittleEndian(argument));
      break;
    case ArgumentKind::kInt4:
      value.SetInteger(
          static_cast<int32_t>(static_cast<uint32_t>(LittleEndian(argument))));
      break;
    case ArgumentKind::kFloat8:
      value.type_ = Type::kFloat;
      value.floating_ = BigEndianDouble(argument);
      break;
    case ArgumentKind::kLong1:
    case ArgumentKind::kLong4:
      value.SetTwosComplement(argument);
      break;
    case ArgumentKind::kString1:
    case ArgumentKind::kString4:
      value.SetLatin1(argument);
      break;
    case ArgumentKind::kBytes1:
    case ArgumentKind::kBytes4:
    case ArgumentKind::kBytes8:
      value.SetView(Type::kBytes, argument);
      break;
    case ArgumentKind::kByteArray8:
      value.SetView(Type::kByteArray, argument);
      break;
    case ArgumentKind::kUnicodeString1:
    case ArgumentKind::kUnicodeString4:
    case ArgumentKind::kUnicodeString8:
      value.SetView(IsValidUtf8(argument, /*allow_surrogates=*/true)
                        ? Type::kStr
                        : Type::kBytes,
                    argument);
      break;
    case ArgumentKind::kDecimalNlShort:
      value.DecodeDecimal(argument, /*is_long=*/false);
      break;
    case ArgumentKind::kDecimalNlLong:
      value.DecodeDecimal(argument, /*is_long=*/true);
      break;
    case ArgumentKind::kFloatNl:
      value.DecodeFloatLine(argument);
      break;
    case ArgumentKind::kStringNl:
      value.DecodeQuoted(argument);
      break;
    case ArgumentKind::kUnicodeStringNl: {
      std::string utf8;
      if (DecodeRawUnicodeEscape(argument, &utf8)) {
        value.SetLatin1(argument);
      } else {
        value.SetText(Type::kStr, std::move(utf8));
      }
      break;
    }
    case ArgumentKind::kStringNlNoEscape:
      value.DecodeName(argument);
      break;
    case ArgumentKind::kStringNlNoEscapePair: {
      const size_t newline = argument.find('\n');
      ArgumentValue first;
      first.DecodeName(argument.substr(0, newline));
      value.DecodeName(argument.substr(newline + 1));
      value.SetText(Type::kStr, absl::StrCat(std::string(first.text()), " ",
                                             std::string(value.text())));
      break;
    }
  }
  return value;
}

std::optional<uint64_t> ArgumentValue::AsUint64() const {
  if (type_ == Type::kBool) return boolean_ ? 1 : 0;
  uint64_t value = 0;
  if (type_ != Type::kInt || !absl::SimpleAtoi(std::string(text()), &value)) {
    return std::nullopt;
  }
  return value;
}

void ArgumentValue::AppendRepr(std::string* out) const {
  switch (type_) {
    case Type::kNone:
      break;
    case Type::kBool:
      out->append(boolean_ ? "True" : "False");
      break;
    case Type::kInt:
      out->append(text());
      break;
    case Type::kFloat:
      out->append(FloatRepr(floating_));
      break;
    case Type::kStr:
      AppendStrRepr(text(), out);
      break;
    case Type::kBytes:
      AppendBytesRepr(text(), out);
      break;
    case Type::kByteArray:
      out->append("bytearray(");
      AppendBytesRepr(text(), out);
      out->append(")");
      break;
  }
}

void ArgumentValue::AppendJson(std::string* out) const {
  switch (type_) {
    case Type::kNone:
      out->append("null");
      break;
    case Type::kBool:
      out->append(boolean_ ? "true" : "false");
      break;
    case Type::kInt:
      // Hexadecimal is no JSON number.
      if (text().find('x') == std::string_view::npos) {
        out->append(text());
      } else {
        internal::AppendJsonString(text(), /*ascii=*/true, out);
      }
      break;
    case Type::kFloat:
      if (std::isfinite(floating_)) {
        out->append(FloatRepr(floating_));
      } else {
        internal::AppendJsonString(FloatRepr(floating_), /*ascii=*/true, out);
      }
      break;
    case Type::kStr:
      internal::AppendJsonString(text(), /*ascii=*/true, out);
      break;
    case Type::kBytes:
    case Type::kByteArray:
      out->append(type_ == Type::kBytes ? "{\"bytes\": \""
                                        : "{\"bytearray\": \"");
      out->append(absl::BytesToHexString(
          absl::string_view(text().data(), text().size())));
      out->append("\"}");
      break;
  }
}

}  // namespace pickle5

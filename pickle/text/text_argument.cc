#include "pickle/text/text_argument.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/charconv.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/protocol/limits.h"
#include "pickle/text/integer_text.h"
#include "pickle/text/utf8.h"

namespace pickle5 {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
// Returns whether the text is that word, given in lower case.
bool EqualsIgnoreCase(std::string_view text, std::string_view word) {
  return std::equal(
      text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
        return absl::ascii_tolower(static_cast<unsigned char>(a)) == b;
      });
}

// The part of the line that C sees as a string.
std::string_view UntilNul(std::string_view line) {
  return line.substr(0, line.find('\0'));
}

// Drops the characters of isspace() in the C locale.
void SkipSpace(std::string_view* text) {
  text->remove_prefix(
      static_cast<size_t>(std::find_if_not(text->begin(), text->end(),
                                           [](char c) {
                                             return absl::ascii_isspace(
                                                 static_cast<unsigned char>(c));
                                           }) -
                          text->begin()));
}

// Drops a sign; whether it was '-'.
bool SkipSign(std::string_view* text) {
  if (text->empty()) return false;
  const bool negative = text->front() == '-';
  if (negative || text->front() == '+') text->remove_prefix(1);
  return negative;
}

std::optional<int64_t> ApplySign(uint64_t magnitude, bool negative) {
  constexpr uint64_t kLowest = uint64_t{1} << 63;
  if (magnitude > kLowest || (magnitude == kLowest && !negative)) {
    return std::nullopt;
  }
  return static_cast<int64_t>(negative ? uint64_t{0} - magnitude : magnitude);
}

// The value of nothing but digits of that base, if an int64_t holds it.
std::optional<int64_t> SmallInteger(std::string_view digits, int base,
                                    bool negative) {
  uint64_t magnitude = 0;
  const std::from_chars_result result = std::from_chars(
      digits.data(), digits.data() + digits.size(), magnitude, base);
  if (result.ec != std::errc()) return std::nullopt;
  return ApplySign(magnitude, negative);
}

void SetInteger(std::string_view digits, int base, bool negative,
                TextInt* out) {
  out->is_bool = false;
  const std::optional<int64_t> small = SmallInteger(digits, base, negative);
  out->is_big = !small.has_value();
  if (small) {
    out->value = *small;
  } else if (base == 10) {
    out->little_endian = TwosComplementFromDecimal(digits, negative);
  } else {
    out->little_endian = TwosComplementFromHexOctBin(digits, base, negative);
  }
}

// Numbers of up to 18 decimal digits without leading zeros, which mean the same
// under every opcode in every mode.
bool ParseShortDecimal(std::string_view line, uint64_t max_digits,
                       TextInt* out) {
  const bool negative = !line.empty() && line.front() == '-';
  if (negative) line.remove_prefix(1);
  if (line.empty() || line.size() > 18 || line.size() > max_digits ||
      line.front() == '0') {
    return false;
  }
  int64_t value = 0;
  for (const char c : line) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  out->is_bool = false;
  out->is_big = false;
  out->value = negative ? -value : value;
  return true;
}

bool IsCanonicalDecimal(std::string_view digits) {
  return !digits.empty() && (digits.front() != '0' || digits.size() == 1) &&
         std::all_of(digits.begin(), digits.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<ErrorCode> ParseStrictInteger(std::string_view line,
                                            uint64_t max_digits, TextInt* out) {
  const bool negative = !line.empty() && line.front() == '-';
  if (negative) line.remove_prefix(1);
  if (!IsCanonicalDecimal(line)) return ErrorCode::kBadInt;
  if (line.size() > max_digits) return ErrorCode::kDigitsLimit;
  SetInteger(line, 10, negative, out);
  return std::nullopt;
}

// Drops the digits of that base at the front, underscores included, and gives
// them without. False if two underscores meet or one is at the end.
bool TakeDigits(int base, std::string_view* text, std::string* storage,
                std::string_view* digits) {
  size_t size = 0;
  size_t underscores = 0;
  char previous = '\0';
  for (; size < text->size(); ++size) {
    const char c = (*text)[size];
    if (c == '_') {
      if (previous == '_') return false;
      ++underscores;
    } else if (DigitValue(c) >= base) {
      break;
    }
    previous = c;
  }
  if (previous == '_') return false;
  *digits = text->substr(0, size);
  text->remove_prefix(size);
  if (underscores != 0) {
    storage->assign(*digits);
    storage->erase(std::remove(storage->begin(), storage->end(), '_'),
                   storage->end());
    *digits = *storage;
  }
  return true;
}

// The base that a prefix such as "0x" names, 0 if there is none.
int BaseOfPrefix(std::string_view text) {
  if (text.size() < 2 || text[0] != '0') return 0;
  switch (text[1] | 0x20) {
    case 'x':
      return 16;
    case 'o':
      return 8;
    case 'b':
      return 2;
    default:
      return 0;
  }
}

// PyLong_FromString(), base 0 or 10.
std::optional<ErrorCode> ParsePyLong(std::string_view text, int base,
                                     uint64_t max_digits, TextInt* out) {
  SkipSpace(&text);
  const bool negative = SkipSign(&text);
  bool must_be_zero = false;
  if (base == 0) {
    base = BaseOfPrefix(text);
    if (base != 0) {
      text.remove_prefix(2);
      if (!text.empty() && text.front() == '_') text.remove_prefix(1);
    } else {
      base = 10;
      must_be_zero = !text.empty() && text.front() == '0';
    }
  }
  if (text.empty() || text.front() == '_') return ErrorCode::kBadInt;
  std::string storage;
  std::string_view digits;
  if (!TakeDigits(base, &text, &storage, &digits)) return ErrorCode::kBadInt;
  if (base == 10 && digits.size() > max_digits) {
    return ErrorCode::kDigitsLimit;
  }
  SkipSpace(&text);
  if (digits.empty() || !text.empty()) return ErrorCode::kBadInt;
  if (must_be_zero && digits.find_first_not_of('0') != std::string_view::npos) {
    return ErrorCode::kBadInt;
  }
  SetInteger(digits, base, negative, out);
  return std::nullopt;
}

// What strtol() in base 0 made of a whole text.
struct StrtolResult {
  int64_t value;
  size_t decimal_digits;  // 0 in other bases
};

int BaseOf(TextIntegers integers) {
  return integers == TextIntegers::kAnyBase ? 0 : 10;
}

// strtol() in base 0 or 10; nothing where it stops early or overflows. The text
// was cut at a NUL or else ends with a newline, which only counts where there
// is no digit: strtol() then stays at the start.
std::optional<StrtolResult> Strtol(std::string_view text, int base) {
  if (text.empty()) return StrtolResult{0, 0};
  SkipSpace(&text);
  const bool negative = SkipSign(&text);
  if (base == 0) {
    base = 10;
    if (!text.empty() && text.front() == '0') {
      base = 8;
      if (BaseOfPrefix(text) == 16) {
        base = 16;
        text.remove_prefix(2);
      }
    }
  }
  if (text.empty() || !std::all_of(text.begin(), text.end(), [base](char c) {
        return DigitValue(c) < base;
      })) {
    return std::nullopt;
  }
  const std::optional<int64_t> value = SmallInteger(text, base, negative);
  if (!value) return std::nullopt;
  return StrtolResult{*value, base == 10 ? text.size() : 0};
}

std::optional<ErrorCode> ParseMemoIndex(std::string_view line, Mode mode,
                                        bool allow_negative, uint64_t* index) {
  TextInt number;
  if (mode == Mode::kStrict) {
    if (!IsCanonicalDecimal(line) || line.size() > 19) {
      return ErrorCode::kBadInt;
    }
    std::from_chars(line.data(), line.data() + line.size(), *index);
    return std::nullopt;
  }
  // No option of the reader's raises what int() takes for an index.
  constexpr uint64_t kMaxDigits = Limits().max_digits;
  if (!ParseShortDecimal(line, kMaxDigits, &number)) {
    if (line.empty()) return ErrorCode::kTruncated;
    if (const std::optional<ErrorCode> error =
            ParsePyLong(UntilNul(line), 10, kMaxDigits, &number)) {
      return error;
    }
  }
  if (number.is_big) return ErrorCode::kIndex;
  if (number.value < 0 && !allow_negative) return ErrorCode::kBadInt;
  *index = static_cast<uint64_t>(number.value);
  return std::nullopt;
}

size_t CountDigits(std::string_view text, size_t from) {
  size_t end = from;
  while (end < text.size() &&
         absl::ascii_isdigit(static_cast<unsigned char>(text[end]))) {
    ++end;
  }
  return end - from;
}

// The size of the longest decimal number without sign at the front, 0 if there
// is none.
size_t DecimalFloatSize(std::string_view text) {
  const size_t whole = CountDigits(text, 0);
  size_t size = whole;
  if (size < text.size() && text[size] == '.') {
    const size_t fraction = CountDigits(text, size + 1);
    if (whole + fraction == 0) return 0;
    size += 1 + fraction;
  }
  if (size == 0 || size == text.size() || (text[size] | 0x20) != 'e') {
    return size;
  }
  size_t exponent = size + 1;
  if (exponent < text.size() &&
      (text[exponent] == '-' || text[exponent] == '+')) {
    ++exponent;
  }
  const size_t digits = CountDigits(text, exponent);
  return digits == 0 ? size : exponent + digits;
}

// The value of a hex digit string, nothing if one of `size` characters is not
// there or no hex digit.
std::optional<uint32_t> HexValue(std::string_view text, size_t size) {
  if (text.size() < size) return std::nullopt;
  uint32_t value = 0;
  for (const char c : text.substr(0, size)) {
    const int digit = DigitValue(c);
    if (digit >= 16) return std::nullopt;
    value = value << 4 | static_cast<uint32_t>(digit);
  }
  return value;
}

// What a backslash and this character stand for, '\0' where the pair stands
// for itself.
char SimpleEscape(char c) {
  switch (c) {
    case '\\':
    case '\'':
    case '"':
      return c;
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    default:
      return '\0';
  }
}

// Undoes the escape that follows a backslash and moves behind it.
bool UnescapeOne(std::string_view* rest, std::string* bytes) {
  if (rest->empty()) return false;
  const char c = rest->front();
  rest->remove_prefix(1);
  if (const char simple = SimpleEscape(c)) {
    bytes->push_back(simple);
  } else if (c >= '0' && c <= '7') {
    int value = c - '0';
    for (int i = 0; i < 2 && !rest->empty() && DigitValue(rest->front()) < 8;
         ++i) {
      value = value * 8 + DigitValue(rest->front());
      rest->remove_prefix(1);
    }
    bytes->push_back(static_cast<char>(value));
  } else if (c == 'x') {
    const std::optional<uint32_t> value = HexValue(*rest, 2);
    if (!value) return false;
    bytes->push_back(static_cast<char>(*value));
    rest->remove_prefix(2);
  } else if (c != '\n') {
    bytes->push_back('\\');
    bytes->push_back(c);
  }
  return true;
}

void AppendLatin1(std::string_view latin1, std::string* utf8) {
  if (IsAscii(latin1)) {
    utf8->append(latin1);
    return;
  }
  for (const char c : latin1) AppendUtf8(static_cast<uint8_t>(c), utf8);
}

void AppendHexEscape(char letter, int width, char32_t code_point,
                     std::string* out) {
  out->push_back('\\');
  out->push_back(letter);
  for (int shift = 4 * (width - 1); shift >= 0; shift -= 4) {
    out->push_back(kHexDigits[(code_point >> shift) & 0xf]);
  }
}

}  // namespace

std::optional<ErrorCode> ParseInt(std::string_view line, Mode mode,
                                  uint64_t max_digits, TextInt* out,
                                  TextIntegers integers) {
  if (ParseShortDecimal(line, max_digits, out)) return std::nullopt;
  if (mode == Mode::kStrict) {
    if (line == "00" || line == "01") {
      out->is_bool = true;
      out->is_big = false;
      out->value = line[1] - '0';
      return std::nullopt;
    }
    return ParseStrictInteger(line, max_digits, out);
  }
  if (line.empty()) return ErrorCode::kTruncated;
  const std::string_view text = UntilNul(line);
  const int base = BaseOf(integers);
  const std::optional<StrtolResult> simple = Strtol(text, base);
  if (!simple) return ParsePyLong(text, base, max_digits, out);
  if (simple->decimal_digits > max_digits) return ErrorCode::kDigitsLimit;
  if (integers == TextIntegers::kDecimalAndLiteralBools) {
    out->is_bool = line == "00" || line == "01";
  } else {
    out->is_bool =
        line.size() == 2 && (simple->value == 0 || simple->value == 1);
  }
  out->is_big = false;
  out->value = simple->value;
  return std::nullopt;
}

std::optional<ErrorCode> ParseLong(std::string_view line, Mode mode,
                                   uint64_t max_digits, TextInt* out,
                                   TextIntegers integers) {
  if (line.empty()) {
    return mode == Mode::kStrict ? ErrorCode::kBadInt : ErrorCode::kTruncated;
  }
  if (line.back() == 'L') line.remove_suffix(1);
  if (ParseShortDecimal(line, max_digits, out)) return std::nullopt;
  if (mode == Mode::kStrict) return ParseStrictInteger(line, max_digits, out);
  return ParsePyLong(UntilNul(line), BaseOf(integers), max_digits, out);
}

std::optional<ErrorCode> ParsePutIndex(std::string_view line, Mode mode,
                                       uint64_t* index) {
  return ParseMemoIndex(line, mode, false, index);
}

std::optional<ErrorCode> ParseGetIndex(std::string_view line, Mode mode,
                                       uint64_t* index) {
  return ParseMemoIndex(line, mode, true, index);
}

std::optional<ErrorCode> ParseFloat(std::string_view line, Mode mode,
                                    double* value) {
  if (mode == Mode::kCompat) {
    if (line.empty()) return ErrorCode::kTruncated;
    line = UntilNul(line);
  }
  const bool negative = SkipSign(&line);
  double magnitude = 0;
  if (EqualsIgnoreCase(line, "inf") || EqualsIgnoreCase(line, "infinity")) {
    magnitude = std::numeric_limits<double>::infinity();
  } else if (EqualsIgnoreCase(line, "nan")) {
    magnitude = std::numeric_limits<double>::quiet_NaN();
  } else {
    if (line.empty() || DecimalFloatSize(line) != line.size()) {
      return ErrorCode::kBadFloat;
    }
    const absl::from_chars_result result =
        absl::from_chars(line.data(), line.data() + line.size(), magnitude);
    if (result.ec == std::errc::result_out_of_range && magnitude > 1) {
      return ErrorCode::kFloatRange;
    }
  }
  *value = std::copysign(magnitude, negative ? -1.0 : 1.0);
  return std::nullopt;
}

std::optional<ErrorCode> UnescapeString(std::string_view line, Mode /*mode*/,
                                        std::string* bytes) {
  if (line.size() < 2 || line.front() != line.back() ||
      (line.front() != '\'' && line.front() != '"')) {
    return ErrorCode::kBadString;
  }
  std::string_view rest = line.substr(1, line.size() - 2);
  bytes->clear();
  for (;;) {
    const size_t plain = std::min(rest.find('\\'), rest.size());
    bytes->append(rest, 0, plain);
    if (plain == rest.size()) return std::nullopt;
    rest.remove_prefix(plain + 1);
    if (!UnescapeOne(&rest, bytes)) return ErrorCode::kBadString;
  }
}

std::optional<ErrorCode> DecodeRawUnicodeEscape(std::string_view line,
                                                std::string* utf8) {
  utf8->clear();
  for (;;) {
    const size_t plain = std::min(line.find('\\'), line.size());
    AppendLatin1(line.substr(0, plain), utf8);
    line.remove_prefix(plain);
    if (line.empty()) return std::nullopt;
    const char letter = line.size() > 1 ? line[1] : '\0';
    if (letter != 'u' && letter != 'U') {
      const size_t taken = std::min<size_t>(2, line.size());
      AppendLatin1(line.substr(0, taken), utf8);
      line.remove_prefix(taken);
      continue;
    }
    const size_t width = letter == 'u' ? 4 : 8;
    const std::optional<uint32_t> code_point = HexValue(line.substr(2), width);
    if (!code_point || *code_point > 0x10ffff) return ErrorCode::kBadUnicode;
    AppendUtf8(*code_point, utf8);
    line.remove_prefix(2 + width);
  }
}

std::optional<ErrorCode> DecodePython2String(std::string_view bytes,
                                             StringEncoding encoding,
                                             std::string* out) {
  out->clear();
  switch (encoding) {
    case StringEncoding::kAscii:
      if (!IsAscii(bytes)) return ErrorCode::kEncoding;
      break;
    case StringEncoding::kLatin1:
      AppendLatin1(bytes, out);
      return std::nullopt;
    case StringEncoding::kUtf8:
      if (!IsValidUtf8(bytes, false)) return ErrorCode::kEncoding;
      break;
    case StringEncoding::kBytes:
      break;
  }
  out->append(bytes);
  return std::nullopt;
}

std::string FloatRepr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, 32> buffer;
  const std::to_chars_result result =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                    std::fabs(value), std::chars_format::scientific);
  const std::string_view text(buffer.data(),
                              static_cast<size_t>(result.ptr - buffer.data()));
  const size_t e = text.find('e');
  int exponent = 0;
  // from_chars() takes no '+'.
  const size_t exponent_at = e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(text.data() + exponent_at, result.ptr, exponent);

  std::string repr(std::signbit(value) ? "-" : "");
  if (exponent < -4 || exponent >= 16) {
    repr.append(text);
    return repr;
  }
  std::string digits(1, text[0]);
  if (e > 2) digits.append(text.substr(2, e - 2));
  if (exponent < 0) {
    repr.append("0.").append(static_cast<size_t>(-exponent - 1), '0');
    return repr.append(digits);
  }
  const size_t whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    repr.append(digits).append(whole - digits.size(), '0');
    return repr.append(".0");
  }
  repr.append(digits, 0, whole).push_back('.');
  return repr.append(digits, whole);
}

void AppendRawUnicodeEscape(std::string_view utf8, std::string* out) {
  const char* p = utf8.data();
  const char* const end = p + utf8.size();
  while (p < end) {
    const char32_t code_point = DecodeUtf8(p);
    if (code_point >= 0x10000) {
      AppendHexEscape('U', 8, code_point, out);
    } else if (code_point >= 0x100 || code_point == '\\' || code_point == 0 ||
               code_point == '\n' || code_point == '\r' || code_point == 0x1a) {
      AppendHexEscape('u', 4, code_point, out);
    } else {
      out->push_back(static_cast<char>(code_point));
    }
  }
}

}  // namespace pickle5

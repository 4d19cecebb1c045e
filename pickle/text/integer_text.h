// Integers of any size between their text and their two's complement, the form
// of LONG1 and LONG4.
//
// Two's complement here is little-endian and as CPython's encode_long() writes
// it: no more bytes than hold the sign bit right, none at all for zero. Readers
// below take longer forms too.
//
// Errors: none but std::bad_alloc.
// Cost:   sub-quadratic; a million decimal digits take about a second
//         either way.

#ifndef PICKLE5_PICKLE_TEXT_INTEGER_TEXT_H_
#define PICKLE5_PICKLE_TEXT_INTEGER_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pickle/export.h"

namespace pickle5 {

// The result of DigitValue() for characters that are no digits.
inline constexpr int kNotADigit = 36;

// The value of a digit of any base up to 36, letters of either case.
constexpr int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : kNotADigit;
}

// Python's str(int.from_bytes(little_endian, 'little', signed=True)).
PICKLE5_EXPORT std::string DecimalFromTwosComplement(
    std::string_view little_endian);

// An integer literal of Python's, from shortest two's complement: decimal, or
// hexadecimal behind 0x from 2**1048576 up, where decimal takes seconds.
PICKLE5_EXPORT std::string IntLiteral(std::string_view little_endian);

// The inverse of DecimalFromTwosComplement. `digits` is the magnitude: one or
// more of '0' to '9', leading zeros allowed.
PICKLE5_EXPORT std::string TwosComplementFromDecimal(std::string_view digits,
                                                     bool negative);

// The same for a magnitude in base 16, 8 or 2; `digits` has no prefix, letters
// of either case.
PICKLE5_EXPORT std::string TwosComplementFromHexOctBin(std::string_view digits,
                                                       int base, bool negative);

// The shortest two's complement of a machine integer.
PICKLE5_EXPORT std::string TwosComplementFromInt64(int64_t value);

// The value, if an int64_t holds it.
PICKLE5_EXPORT std::optional<int64_t> Int64FromTwosComplement(
    std::string_view little_endian);

// The same bytes without those that repeat the sign: equal integers have equal
// shortest forms.
PICKLE5_EXPORT std::string_view ShortestTwosComplement(
    std::string_view little_endian);

// Python's int.bit_length(): bits of the magnitude, 0 for zero.
PICKLE5_EXPORT uint64_t BitLength(std::string_view little_endian);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_TEXT_INTEGER_TEXT_H_

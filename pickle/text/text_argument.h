// The text arguments of protocol 0 (INT, LONG, FLOAT, STRING, UNICODE, PUT,
// GET), in both directions, and the 8-bit strings of Python 2.
//
// Readers take the line without its newline. In Mode::kStrict they take what
// picklers write; in Mode::kCompat exactly what the load_*() functions of
// CPython 3.13's _pickle.c take, quirks included. They return the rule broken,
// or nothing and then have replaced `*out`; `*out` is unspecified after an
// error. A line CPython calls truncated for being too short is kTruncated.
//
// Errors: returned as codes; only std::bad_alloc is thrown.

#ifndef PICKLE5_PICKLE_TEXT_TEXT_ARGUMENT_H_
#define PICKLE5_PICKLE_TEXT_TEXT_ARGUMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pickle/export.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/protocol/limits.h"

namespace pickle5 {

// How compat mode reads the text integers of INT and LONG: as the C unpickler
// of which CPython. Strict mode has decimal digits and the bools "00" and "01".
enum class TextIntegers : uint8_t {
  kAnyBase,                 // to 3.13: base 0; 0 and 1 in two bytes are bools
  kDecimal,                 // 3.14: base 10; bools likewise
  kDecimalAndLiteralBools,  // from 3.15 on: base 10; "00" and "01" are bools
};

// What a text integer says.
struct TextInt {
  bool is_bool = false;       // INT only: `value` is 0 or 1 and means a bool
  bool is_big = false;        // more than an int64_t holds
  int64_t value = 0;          // unless is_big
  std::string little_endian;  // if is_big: the shortest two's complement
};

// The line of INT.
//
// Strict: "00" and "01" are bools; else an optional '-' and decimal digits
// without leading zeros (kBadInt), no more than max_digits (kDigitsLimit).
// Compat, load_int(): strtol() in base 0 (so "010" is 8), a bool if that is 0
// or 1 and the line has two bytes; where strtol() fails, PyLong_FromString() in
// base 0. A NUL ends the text. Digits count as in int(): every digit, not
// underscores nor powers of two's bases. `integers` names other versions.
PICKLE5_EXPORT std::optional<ErrorCode> ParseInt(
    std::string_view line, Mode mode, uint64_t max_digits, TextInt* out,
    TextIntegers integers = TextIntegers::kAnyBase);

// The line of LONG: one 'L' at its end is dropped, then strict as INT without
// bools; compat, load_long(): PyLong_FromString() in base 0, or 10.
PICKLE5_EXPORT std::optional<ErrorCode> ParseLong(
    std::string_view line, Mode mode, uint64_t max_digits, TextInt* out,
    TextIntegers integers = TextIntegers::kAnyBase);

// The line of PUT: the memo index.
//
// Strict: decimal digits without leading zeros, 19 at the most.
// Compat, load_put(): PyLong_FromString() in base 10, not negative (kBadInt)
// and within 64 bits (kIndex), as PyLong_AsSsize_t() wants it.
PICKLE5_EXPORT std::optional<ErrorCode> ParsePutIndex(std::string_view line,
                                                      Mode mode,
                                                      uint64_t* index);

// The line of GET. As for PUT, but that compat takes negative numbers, as
// load_get() does: they come back as indexes from 2**63 up, which no PUT sets.
PICKLE5_EXPORT std::optional<ErrorCode> ParseGetIndex(std::string_view line,
                                                      Mode mode,
                                                      uint64_t* index);

// The line of FLOAT, correctly rounded.
//
// Both modes: an optional sign, then digits with at most one '.' and an
// optional exponent, or "inf", "infinity" or "nan" in any case (kBadFloat);
// too large is kFloatRange, too small is 0. "-nan" has its sign bit set.
// Compat, load_float(): a NUL ends the text.
PICKLE5_EXPORT std::optional<ErrorCode> ParseFloat(std::string_view line,
                                                   Mode mode, double* value);

// The line of STRING: the bytes of a Python 2 str literal.
//
// Both modes: equal quotes at both ends, within them the escapes of
// PyBytes_DecodeEscape(): unknown ones stay as they are, octal ones are taken
// modulo 256, a lone backslash at the end and \x without two hex digits are
// kBadString. Quotes and NULs inside need no escape.
PICKLE5_EXPORT std::optional<ErrorCode> UnescapeString(std::string_view line,
                                                       Mode mode,
                                                       std::string* bytes);

// The line of UNICODE, as UTF-8 with surrogates.
//
// As PyUnicode_DecodeRawUnicodeEscape(): Latin-1 but for \uXXXX and \UXXXXXXXX
// behind an odd number of backslashes; too few hex digits or more than 0x10FFFF
// is kBadUnicode. Surrogate pairs are not joined.
PICKLE5_EXPORT std::optional<ErrorCode> DecodeRawUnicodeEscape(
    std::string_view line, std::string* utf8);

// Makes the UTF-8 of a str from the bytes of a Python 2 str, as CPython's
// decoder of that name with errors='strict'; kEncoding if it cannot.
// StringEncoding::kBytes asks for no str: the bytes are copied.
PICKLE5_EXPORT std::optional<ErrorCode> DecodePython2String(
    std::string_view bytes, StringEncoding encoding, std::string* out);

// Python's repr(float): "1.0", "1e+16", "1e-05", "inf", "-inf", "nan". What
// picklers write behind FLOAT.
PICKLE5_EXPORT std::string FloatRepr(double value);

// Appends the line of UNICODE, without its newline, as raw_unicode_escape() of
// _pickle.c does: from U+0100 up, and for backslash, NUL, newline, carriage
// return and 0x1a, \uxxxx or \Uxxxxxxxx; the rest as Latin-1.
// Precondition: valid UTF-8, surrogates included.
PICKLE5_EXPORT void AppendRawUnicodeEscape(std::string_view utf8,
                                           std::string* out);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_TEXT_TEXT_ARGUMENT_H_

// Text from arrays of code points, as Python holds a str: Latin-1, UCS-2 or
// UCS-4, without surrogate pairs. Lone surrogates are code points like others.

#ifndef PICKLE5_PICKLE_TEXT_TEXT_ENCODER_H_
#define PICKLE5_PICKLE_TEXT_TEXT_ENCODER_H_

#include <cstddef>
#include <cstdint>

#include "pickle/export.h"

namespace pickle5 {

// How many bytes PutUtf8() writes. Precondition: units are at most U+10FFFF.
PICKLE5_EXPORT size_t Utf8Size(const uint8_t* units, size_t count);
PICKLE5_EXPORT size_t Utf8Size(const uint16_t* units, size_t count);
PICKLE5_EXPORT size_t Utf8Size(const uint32_t* units, size_t count);

// Returns whether a surrogate is among the units.
PICKLE5_EXPORT bool HasSurrogates(const uint16_t* units, size_t count);
PICKLE5_EXPORT bool HasSurrogates(const uint32_t* units, size_t count);

// Writes UTF-8, surrogates as three bytes each ('surrogatepass'), and returns
// the place behind it. Nothing is written behind that.
//
// Cost: with SSE2, runs of one length of encoding at the speed of memory; with
//       SSSE3, others at 1 to 2 cycles a code point.
PICKLE5_EXPORT uint8_t* PutUtf8(uint8_t* to, const uint8_t* units,
                                size_t count);
PICKLE5_EXPORT uint8_t* PutUtf8(uint8_t* to, const uint16_t* units,
                                size_t count);
PICKLE5_EXPORT uint8_t* PutUtf8(uint8_t* to, const uint32_t* units,
                                size_t count);

// The same for the line of UNICODE, without its newline, as
// raw_unicode_escape() of _pickle.c writes it: from U+0100 up, and for
// backslash, NUL, newline, carriage return and 0x1a, \uxxxx or \Uxxxxxxxx; the
// rest as Latin-1.
PICKLE5_EXPORT size_t RawUnicodeEscapeSize(const uint8_t* units, size_t count);
PICKLE5_EXPORT size_t RawUnicodeEscapeSize(const uint16_t* units, size_t count);
PICKLE5_EXPORT size_t RawUnicodeEscapeSize(const uint32_t* units, size_t count);
PICKLE5_EXPORT uint8_t* PutRawUnicodeEscape(uint8_t* to, const uint8_t* units,
                                            size_t count);
PICKLE5_EXPORT uint8_t* PutRawUnicodeEscape(uint8_t* to, const uint16_t* units,
                                            size_t count);
PICKLE5_EXPORT uint8_t* PutRawUnicodeEscape(uint8_t* to, const uint32_t* units,
                                            size_t count);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_TEXT_TEXT_ENCODER_H_

// UTF-8, in which every Python str is held.
//
// A Python str may hold lone surrogates. Where the text below says
// "surrogates", U+D800 to U+DFFF are encoded as three bytes each, as Python's
// 'surrogatepass' error handler does; a pair of them stays two code points.

#ifndef PICKLE5_PICKLE_TEXT_UTF8_H_
#define PICKLE5_PICKLE_TEXT_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "pickle/export.h"

namespace pickle5 {

// Returns whether all `size` bytes at `data` are below 0x80.
//
// Cost: no loop and no read outside the bytes below 8; 8 bytes a step above.
inline bool IsAscii(const uint8_t* data, size_t size) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  if (size >= 8) {
    uint64_t all = 0;
    uint64_t word;
    for (size_t i = 0; i + 8 <= size; i += 8) {
      std::memcpy(&word, data + i, 8);
      all |= word;
    }
    std::memcpy(&word, data + size - 8, 8);
    return ((all | word) & kHighBits) == 0;
  }
  if (size >= 4) {
    uint32_t head;
    uint32_t tail;
    std::memcpy(&head, data, 4);
    std::memcpy(&tail, data + size - 4, 4);
    return ((head | tail) & static_cast<uint32_t>(kHighBits)) == 0;
  }
  if (size == 0) return true;
  return ((data[0] | data[size >> 1] | data[size - 1]) & 0x80) == 0;
}

// The same for text.
inline bool IsAscii(std::string_view text) {
  return IsAscii(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

// Returns whether the bytes are UTF-8 as Python's utf-8 codec takes it:
// shortest forms only, up to U+10FFFF, surrogates only if allowed
// ('surrogatepass', the rule of BINUNICODE and its kin) and refused otherwise
// ('strict').
//
// Cost: with SSE2, 16 bytes a step; else a table look-up and a shift a byte.
PICKLE5_EXPORT bool IsValidUtf8(const uint8_t* data, size_t size,
                                bool allow_surrogates);

// The same for text.
inline bool IsValidUtf8(std::string_view text, bool allow_surrogates) {
  return IsValidUtf8(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
                     allow_surrogates);
}

// The number of code points in valid UTF-8, Python's len(); surrogates count
// one each.
PICKLE5_EXPORT size_t CountCodePoints(std::string_view utf8);

// Returns whether valid UTF-8 holds a surrogate, that is, whether Python could
// not encode it strictly.
PICKLE5_EXPORT bool HasSurrogates(std::string_view utf8);

// Appends the encoding of a code point. Precondition: at most U+10FFFF;
// surrogates are taken.
PICKLE5_EXPORT void AppendUtf8(char32_t code_point, std::string* out);

// The code point at `p`, which moves behind it. Precondition: `p` is at the
// start of a code point of valid UTF-8, surrogates included.
inline char32_t DecodeUtf8(const char*& p) {
  const auto byte = [&p](size_t i) {
    return static_cast<char32_t>(static_cast<uint8_t>(p[i]));
  };
  const char32_t lead = byte(0);
  if (lead < 0x80) {
    p += 1;
    return lead;
  }
  if (lead < 0xe0) {
    const char32_t value = (lead & 0x1f) << 6 | (byte(1) & 0x3f);
    p += 2;
    return value;
  }
  if (lead < 0xf0) {
    const char32_t value =
        (lead & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
    p += 3;
    return value;
  }
  const char32_t value = (lead & 0x07) << 18 | (byte(1) & 0x3f) << 12 |
                         (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f);
  p += 4;
  return value;
}

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_TEXT_UTF8_H_

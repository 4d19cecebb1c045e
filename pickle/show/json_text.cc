#include "pickle/show/json_text.h"

#include <cstddef>
#include <cstdint>

#include "pickle/text/shown_text.h"
#include "pickle/text/utf8.h"

namespace pickle5::internal {
namespace {

void AppendUnit(char32_t unit, std::string* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out->append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) {
    out->push_back(kDigits[unit >> shift & 0xf]);
  }
}

// The letter of a short escape, 0 if there is none.
char ShortEscape(char c) {
  switch (c) {
    case '"':
    case '\\':
      return c;
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

void AppendEscaped(char32_t code_point, std::string* out) {
  const char letter =
      code_point < 0x80 ? ShortEscape(static_cast<char>(code_point)) : '\0';
  if (letter != 0) {
    out->push_back('\\');
    out->push_back(letter);
  } else if (code_point >= 0x10000) {
    AppendUnit(0xd800 + ((code_point - 0x10000) >> 10), out);
    AppendUnit(0xdc00 + ((code_point - 0x10000) & 0x3ff), out);
  } else {
    AppendUnit(code_point, out);
  }
}

}  // namespace

void AppendJsonString(std::string_view utf8, bool ascii, std::string* out) {
  out->push_back('"');
  const char* p = utf8.data();
  const char* const end = p + utf8.size();
  while (p != end) {
    const char* const plain = p;
    while (p != end) {
      const auto byte = static_cast<uint8_t>(*p);
      if (byte < 0x20 || byte == '"' || byte == '\\' ||
          (ascii && byte >= 0x7f)) {
        break;
      }
      ++p;
    }
    out->append(plain, static_cast<size_t>(p - plain));
    if (p == end) break;
    if (CodePointSize({p, static_cast<size_t>(end - p)}) != 0) {
      AppendEscaped(DecodeUtf8(p), out);
    } else {
      AppendUnit(0xdc00 + static_cast<uint8_t>(*p++), out);
    }
  }
  out->push_back('"');
}

}  // namespace pickle5::internal

#include "pickle/text/text_repr.h"

#include <cstddef>
#include <cstdint>

#include "pickle/text/printable.h"
#include "pickle/text/utf8.h"

namespace pickle5 {
namespace {

// Python prefers ' and takes " where that saves escapes.
char Quote(std::string_view text) {
  return text.find('\'') != text.npos && text.find('"') == text.npos ? '"'
                                                                     : '\'';
}

void AppendHexEscape(char letter, int digits, char32_t value,
                     std::string* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out->push_back('\\');
  out->push_back(letter);
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out->push_back(kDigits[value >> shift & 0xf]);
  }
}

// The escapes that str and bytes have in common; false for other bytes.
bool AppendCommonEscape(char c, char quote, std::string* out) {
  switch (c) {
    case '\t':
      out->append("\\t");
      return true;
    case '\n':
      out->append("\\n");
      return true;
    case '\r':
      out->append("\\r");
      return true;
    default:
      if (c != quote && c != '\\') return false;
      out->push_back('\\');
      out->push_back(c);
      return true;
  }
}

}  // namespace

void AppendStrRepr(std::string_view utf8, std::string* out) {
  const char quote = Quote(utf8);
  out->push_back(quote);
  const char* p = utf8.data();
  const char* const end = p + utf8.size();
  while (p != end) {
    if (AppendCommonEscape(*p, quote, out)) {
      ++p;
      continue;
    }
    const char* const begin = p;
    const char32_t c = DecodeUtf8(p);
    if (internal::IsPrintable(c)) {
      out->append(begin, static_cast<size_t>(p - begin));
    } else if (c < 0x100) {
      AppendHexEscape('x', 2, c, out);
    } else if (c < 0x10000) {
      AppendHexEscape('u', 4, c, out);
    } else {
      AppendHexEscape('U', 8, c, out);
    }
  }
  out->push_back(quote);
}

void AppendBytesRepr(std::string_view bytes, std::string* out) {
  const char quote = Quote(bytes);
  out->push_back('b');
  out->push_back(quote);
  for (const char c : bytes) {
    if (AppendCommonEscape(c, quote, out)) continue;
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      out->push_back(c);
    } else {
      AppendHexEscape('x', 2, byte, out);
    }
  }
  out->push_back(quote);
}

}  // namespace pickle5

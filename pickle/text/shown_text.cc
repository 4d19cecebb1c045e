#include "pickle/text/shown_text.h"

#include <cstdint>

#include "pickle/text/printable.h"
#include "pickle/text/text_repr.h"
#include "pickle/text/utf8.h"

namespace pickle5::internal {

size_t CodePointSize(std::string_view bytes) {
  const auto lead = static_cast<uint8_t>(bytes.front());
  const size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const bool is_whole =
      size <= bytes.size() &&
      IsValidUtf8(bytes.substr(0, size), /*allow_surrogates=*/true);
  return is_whole ? size : 0;
}

std::string ShownText(std::string_view bytes) {
  std::string shown;
  while (!bytes.empty()) {
    const size_t size = CodePointSize(bytes);
    const std::string_view part = bytes.substr(0, size == 0 ? 1 : size);
    const char* p = part.data();
    if (size != 0 && IsPrintable(DecodeUtf8(p))) {
      shown.append(part);
    } else {
      std::string literal;
      size != 0 ? AppendStrRepr(part, &literal)
                : AppendBytesRepr(part, &literal);
      // Between the quotes; b in front of those of bytes.
      const size_t begin = size != 0 ? 1 : 2;
      shown.append(literal, begin, literal.size() - begin - 1);
    }
    bytes.remove_prefix(part.size());
  }
  return shown;
}

}  // namespace pickle5::internal

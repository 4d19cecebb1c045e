#ifndef PICKLE5_PICKLE_CLI_HEX_BYTES_H_
#define PICKLE5_PICKLE_CLI_HEX_BYTES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pickle5::cli {

// Returns the value of a hexadecimal digit, -1 if `digit` is none.
constexpr int HexDigitValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

// Returns the bytes that `hex` spells, two digits each; nullopt if it holds
// anything else. Abseil's function of this kind ignores what is invalid up to
// its version of 2024, and takes other arguments after it.
inline std::optional<std::string> BytesFromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexDigitValue(hex[i]);
    const int low = HexDigitValue(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_HEX_BYTES_H_

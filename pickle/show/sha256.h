#ifndef PICKLE5_PICKLE_SHOW_SHA256_H_
#define PICKLE5_PICKLE_SHOW_SHA256_H_

#include <string>
#include <string_view>

namespace pickle5::internal {

// The SHA-256 (FIPS 180-4) of `bytes` as 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_SHOW_SHA256_H_

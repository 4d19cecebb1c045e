#ifndef PICKLE5_BUFFERS_DIGESTS_BUFFER_DIGEST_H_
#define PICKLE5_BUFFERS_DIGESTS_BUFFER_DIGEST_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "buffers/export.h"

namespace pickle5 {

// XXH3-128, seed 0, in its canonical (big-endian) form, as `xxhsum -H2` prints
// it. It finds damage; it is no signature.
using BufferDigest = std::array<uint8_t, 16>;

PICKLE5_EXPORT BufferDigest DigestOf(std::string_view bytes);

// A digest as it stands in a file, and back. Precondition: `chars` has 16.
inline std::string_view CharsOf(const BufferDigest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}
inline BufferDigest DigestFrom(std::string_view chars) {
  BufferDigest digest;
  std::memcpy(digest.data(), chars.data(), digest.size());
  return digest;
}

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_DIGESTS_BUFFER_DIGEST_H_

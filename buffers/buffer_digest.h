#ifndef PICKLE5_BUFFERS_BUFFER_DIGEST_H_
#define PICKLE5_BUFFERS_BUFFER_DIGEST_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "buffers/export.h"

namespace pickle5 {

// XXH3-128, seed 0, in its canonical (big-endian) form, as `xxhsum -H2` prints
// it. It finds damage; it is no signature.
using BufferDigest = std::array<uint8_t, 16>;

PICKLE5_EXPORT BufferDigest DigestOf(std::string_view bytes);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_BUFFER_DIGEST_H_

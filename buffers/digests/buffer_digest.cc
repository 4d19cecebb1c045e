#include "buffers/digests/buffer_digest.h"

#include "buffers/digests/xxh3.h"

namespace pickle5 {

BufferDigest DigestOf(std::string_view bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical,
                           XXH3_128bits(bytes.data(), bytes.size()));
  return std::to_array(canonical.digest);
}

}  // namespace pickle5

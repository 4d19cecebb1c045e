#ifndef PICKLE5_BUFFERS_DIGEST_CHECK_H_
#define PICKLE5_BUFFERS_DIGEST_CHECK_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "buffers/buffer_digest.h"
#include "buffers/export.h"

namespace pickle5 {

// Bytes, and the digest that they must have.
struct DigestedBytes {
  std::string_view bytes;
  BufferDigest digest;
};

// The first of `all` that do not have their digest, if any.
//
// Cost: on as many threads as there are processors where there are bytes enough
//       for them; each element is one thread's.
PICKLE5_EXPORT std::optional<size_t> FirstMismatch(
    std::span<const DigestedBytes> all);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_DIGEST_CHECK_H_

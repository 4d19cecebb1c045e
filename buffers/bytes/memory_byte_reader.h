#ifndef PICKLE5_BUFFERS_BYTES_MEMORY_BYTE_READER_H_
#define PICKLE5_BUFFERS_BYTES_MEMORY_BYTE_READER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/base/attributes.h"
#include "buffers/bytes/byte_reader.h"
#include "buffers/export.h"

namespace pickle5 {

// Reads bytes that are in memory (or mapped) as a whole. Stable.
//
// Ownership: `bytes` are borrowed and must outlive the reader and every view
//            taken through it.
class PICKLE5_EXPORT MemoryByteReader final : public ByteReader {
 public:
  explicit MemoryByteReader(
      std::string_view bytes ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : ByteReader(bytes.data(), bytes.size()) {}

 protected:
  size_t ReadSource(uint8_t* destination, size_t min_bytes,
                    size_t max_bytes) override;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_BYTES_MEMORY_BYTE_READER_H_

#include "buffers/bytes/memory_byte_reader.h"

namespace pickle5 {

size_t MemoryByteReader::ReadSource(uint8_t* /*destination*/,
                                    size_t /*min_bytes*/,
                                    size_t /*max_bytes*/) {
  return 0;
}

}  // namespace pickle5

#ifndef PICKLE5_BUFFERS_BYTES_ISTREAM_BYTE_READER_H_
#define PICKLE5_BUFFERS_BYTES_ISTREAM_BYTE_READER_H_

#include <cstddef>
#include <cstdint>
#include <istream>

#include "absl/base/attributes.h"
#include "buffers/bytes/byte_reader.h"
#include "buffers/export.h"

namespace pickle5 {

// Reads from a std::istream, through its stream buffer.
//
// Ownership: `stream` is borrowed and must outlive the reader.
// Errors:    the stream's state is left alone but for eofbit; an exception of
//            the stream buffer becomes the reader's status.
class PICKLE5_EXPORT IstreamByteReader final : public ByteReader {
 public:
  explicit IstreamByteReader(std::istream* stream ABSL_ATTRIBUTE_LIFETIME_BOUND,
                             size_t buffer_size = kDefaultBufferSize)
      : ByteReader(buffer_size), stream_(stream) {}

 protected:
  size_t ReadSource(uint8_t* destination, size_t min_bytes,
                    size_t max_bytes) override;

 private:
  std::istream* stream_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_BYTES_ISTREAM_BYTE_READER_H_

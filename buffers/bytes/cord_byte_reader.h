#ifndef PICKLE5_BUFFERS_BYTES_CORD_BYTE_READER_H_
#define PICKLE5_BUFFERS_BYTES_CORD_BYTE_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/cord.h"
#include "buffers/bytes/byte_reader.h"
#include "buffers/export.h"

namespace pickle5 {

// Reads an absl::Cord. Stable if the cord is flat; its pieces are copied into
// the reader's buffer if it is not.
//
// Ownership: the reader keeps a copy of the cord (which shares its bytes), so
//            views taken from a stable reader live as long as the reader.
class PICKLE5_EXPORT CordByteReader final : public ByteReader {
 public:
  explicit CordByteReader(absl::Cord cord,
                          size_t buffer_size = kDefaultBufferSize);

 protected:
  size_t ReadSource(uint8_t* destination, size_t min_bytes,
                    size_t max_bytes) override;
  std::optional<uint64_t> SourceRemaining() const override;

 private:
  const absl::Cord cord_;
  absl::Cord::CharIterator next_;
  size_t left_;  // bytes from next_ on
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_BYTES_CORD_BYTE_READER_H_

#ifndef PICKLE5_BUFFERS_BYTES_CORD_BYTE_WRITER_H_
#define PICKLE5_BUFFERS_BYTES_CORD_BYTE_WRITER_H_

#include <cstddef>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/strings/cord.h"
#include "buffers/bytes/staging_byte_writer.h"
#include "buffers/export.h"

namespace pickle5 {

// Appends to an absl::Cord.
//
// Ownership: `destination` is borrowed and must outlive the writer. It holds
//            everything written after Flush() without an anchor, or Close().
class PICKLE5_EXPORT CordByteWriter final : public StagingByteWriter {
 public:
  explicit CordByteWriter(absl::Cord* destination ABSL_ATTRIBUTE_LIFETIME_BOUND,
                          size_t buffer_size = kDefaultBufferSize)
      : StagingByteWriter(buffer_size), destination_(destination) {}

 protected:
  bool Put(std::string_view head, std::string_view payload) override;

 private:
  absl::Cord* destination_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_BYTES_CORD_BYTE_WRITER_H_

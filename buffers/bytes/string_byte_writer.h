#ifndef PICKLE5_BUFFERS_BYTES_STRING_BYTE_WRITER_H_
#define PICKLE5_BUFFERS_BYTES_STRING_BYTE_WRITER_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/base/attributes.h"
#include "buffers/bytes/staging_byte_writer.h"
#include "buffers/export.h"

namespace pickle5 {

// Appends to a std::string.
//
// Ownership: `destination` is borrowed and must outlive the writer. It holds
//            everything written after Flush() without an anchor, or Close().
class PICKLE5_EXPORT StringByteWriter final : public StagingByteWriter {
 public:
  explicit StringByteWriter(std::string* destination
                                ABSL_ATTRIBUTE_LIFETIME_BOUND,
                            size_t buffer_size = kDefaultBufferSize)
      : StagingByteWriter(buffer_size), destination_(destination) {}

 protected:
  bool Put(std::string_view head, std::string_view payload) override;

 private:
  std::string* destination_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_BYTES_STRING_BYTE_WRITER_H_

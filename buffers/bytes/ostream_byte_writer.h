#ifndef PICKLE5_BUFFERS_BYTES_OSTREAM_BYTE_WRITER_H_
#define PICKLE5_BUFFERS_BYTES_OSTREAM_BYTE_WRITER_H_

#include <cstddef>
#include <ostream>
#include <string_view>

#include "absl/base/attributes.h"
#include "buffers/bytes/staging_byte_writer.h"
#include "buffers/export.h"

namespace pickle5 {

// Writes to a std::ostream, through its stream buffer. Close() flushes the
// stream and does not close it.
//
// Ownership: `stream` is borrowed and must outlive the writer.
// Errors:    the stream's state is left alone; an exception of the stream
//            buffer becomes the writer's status.
class PICKLE5_EXPORT OstreamByteWriter final : public StagingByteWriter {
 public:
  explicit OstreamByteWriter(std::ostream* stream ABSL_ATTRIBUTE_LIFETIME_BOUND,
                             size_t buffer_size = kDefaultBufferSize)
      : StagingByteWriter(buffer_size), stream_(stream) {}

 protected:
  bool Put(std::string_view head, std::string_view payload) override;
  bool Finish() override;

 private:
  std::ostream* stream_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_BYTES_OSTREAM_BYTE_WRITER_H_

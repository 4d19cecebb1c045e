#ifndef PICKLE5_BUFFERS_FILES_BUFFER_FILE_WRITER_H_
#define PICKLE5_BUFFERS_FILES_BUFFER_FILE_WRITER_H_

#include <cstdint>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "buffers/buffer.h"
#include "buffers/bytes/byte_writer.h"
#include "buffers/export.h"
#include "buffers/files/buffer_file_index.h"

namespace pickle5 {

// The entry of a payload at `offset` that holds `buffer`, without its digest.
// Precondition: buffer.IsContiguous('A').
PICKLE5_EXPORT BufferFileEntry DescribeInBufferFile(const Buffer& buffer,
                                                    uint64_t offset);

// Writes a buffer file (BUFFER_FILE_FORMAT.md) from its first byte to its
// last. BufferFile reads it.
//
// Ownership: `writer` is borrowed, at position 0, and not closed.
// Errors:    those of the writer, which stick there.
class PICKLE5_EXPORT BufferFileWriter {
 public:
  enum class Digests { kWritten, kLeftOut };

  explicit BufferFileWriter(ByteWriter* writer ABSL_ATTRIBUTE_LIFETIME_BOUND,
                            Digests digests = Digests::kWritten)
      : writer_(writer), digests_(digests) {}

  // Precondition: buffer.IsContiguous('A').
  [[nodiscard]] absl::Status Append(const Buffer& buffer);

  // Writes the index and the footer. Nothing may follow.
  [[nodiscard]] absl::Status Finish();

 private:
  // Writes the header if nothing was written yet.
  bool Begin();
  bool Align();

  ByteWriter* writer_;
  Digests digests_;
  std::vector<BufferFileEntry> entries_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_BUFFER_FILE_WRITER_H_

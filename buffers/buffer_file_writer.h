#ifndef PICKLE5_BUFFERS_BUFFER_FILE_WRITER_H_
#define PICKLE5_BUFFERS_BUFFER_FILE_WRITER_H_

#include <vector>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "buffers/buffer.h"
#include "buffers/buffer_file_index.h"
#include "buffers/byte_writer.h"
#include "buffers/export.h"

namespace pickle5 {

// Writes a buffer file (BUFFER_FILE_FORMAT.md) from its first byte to its
// last. BufferFile reads it.
//
// Ownership: `writer` is borrowed, at position 0, and not closed.
// Errors:    those of the writer, which stick there.
class PICKLE5_EXPORT BufferFileWriter {
 public:
  explicit BufferFileWriter(ByteWriter* writer ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : writer_(writer) {}

  // Precondition: buffer.IsContiguous('A').
  [[nodiscard]] absl::Status Append(const Buffer& buffer);

  // Writes the index and the footer. Nothing may follow.
  [[nodiscard]] absl::Status Finish();

 private:
  // Writes the header if nothing was written yet.
  bool Begin();
  bool Align();

  ByteWriter* writer_;
  std::vector<BufferFileEntry> entries_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_BUFFER_FILE_WRITER_H_

#ifndef PICKLE5_BUFFERS_FILES_BUFFER_FILE_H_
#define PICKLE5_BUFFERS_FILES_BUFFER_FILE_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/export.h"
#include "buffers/files/buffer_file_index.h"

namespace pickle5 {

// The buffers in the bytes of a buffer file (BUFFER_FILE_FORMAT.md).
//
// Ownership: shares the bytes; every Buffer it gives does too.
// Errors:    Parse() checks the index's digest and every offset and length;
//            the payloads' digests only Verify() does.
// Threads:   safe to read from many threads.
class PICKLE5_EXPORT BufferFile {
 public:
  // InvalidArgument if `bytes` are not a buffer file, Unimplemented if they
  // are of a later version, DataLoss if they are damaged or incomplete.
  [[nodiscard]] static absl::StatusOr<BufferFile> Parse(Buffer bytes);

  size_t size() const { return entries_.size(); }

  // The i-th payload: readonly if it was, or if the bytes are.
  // OutOfRange if there is none.
  [[nodiscard]] absl::StatusOr<Buffer> Get(size_t i) const;

  // Compares the digests of all payloads, and looks at the padding between
  // them. DataLoss names the first that does not match: it was damaged, or
  // written to since it was mapped. Payloads written without a digest
  // (by MemfdSink and ArenaSink) pass.
  [[nodiscard]] absl::Status Verify() const;

 private:
  BufferFile(Buffer bytes, std::vector<BufferFileEntry> entries,
             std::vector<Buffer> payloads);

  Buffer bytes_;
  std::vector<BufferFileEntry> entries_;
  std::vector<Buffer> payloads_;  // one for each entry
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_BUFFER_FILE_H_

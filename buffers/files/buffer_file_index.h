#ifndef PICKLE5_BUFFERS_FILES_BUFFER_FILE_INDEX_H_
#define PICKLE5_BUFFERS_FILES_BUFFER_FILE_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/description.h"
#include "buffers/digests/buffer_digest.h"
#include "buffers/export.h"

namespace pickle5 {

// The index of a buffer file, encoded and decoded. The layout is that of
// BUFFER_FILE_FORMAT.md, whose names these are.

// Every payload, and the index, begins on a multiple of this.
inline constexpr size_t kBufferFileAlignment = 64;
// The next multiple of it. Precondition: `pos` is one in a file.
constexpr uint64_t AlignInBufferFile(uint64_t pos) {
  return (pos + kBufferFileAlignment - 1) / kBufferFileAlignment *
         kBufferFileAlignment;
}

inline constexpr size_t kBufferFileHeaderSize = 64;
inline constexpr size_t kBufferFileFooterSize = 64;

// One payload.
struct BufferFileEntry : BufferDescription {
  uint64_t offset = 0;
  uint64_t length = 0;
  BufferDigest digest{};  // zero without has_digest
  bool has_digest = true;
};

// The header, kBufferFileHeaderSize bytes.
PICKLE5_EXPORT std::string EncodeBufferFileHeader();

// Index and footer, which end the file. The index stands at `index_offset`.
PICKLE5_EXPORT std::string EncodeBufferFileIndex(
    const std::vector<BufferFileEntry>& entries, uint64_t index_offset);

// The entries of the whole file `bytes`. Each payload lies behind the one
// before it, and all of them between header and index; whether a shape fits its
// payload is not looked at. Errors as BufferFile::Parse().
PICKLE5_EXPORT absl::StatusOr<std::vector<BufferFileEntry>>
DecodeBufferFileIndex(std::string_view bytes);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_BUFFER_FILE_INDEX_H_

#ifndef PICKLE5_BUFFERS_FILES_MAPPED_SOURCE_H_
#define PICKLE5_BUFFERS_FILES_MAPPED_SOURCE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/files/buffer_file.h"
#include "buffers/source.h"
#include "buffers/system/mapping.h"

namespace pickle5 {

// Gives the buffers of a file that FileSink wrote, as views of its mapping.
//
// With kCopyOnWrite a buffer that was writable is writable again, and what is
// written stays in this process; with kReadOnly all are readonly. See
// mapping.h on files that change while they are mapped.
//
// Errors: InvalidArgument if it is not a buffer file, DataLoss if it is a
//         damaged one. Payloads are checked only by file().Verify().
// Cost:   constant in the size of the payloads; no bytes are copied.
class PICKLE5_EXPORT MappedSource final : public BufferSource {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<MappedSource>> Open(
      const std::string& path, MapAccess access = MapAccess::kCopyOnWrite);

  const BufferFile& file() const ABSL_ATTRIBUTE_LIFETIME_BOUND { return file_; }

 protected:
  absl::StatusOr<Buffer> NextBuffer() override;

 private:
  explicit MappedSource(BufferFile file);

  BufferFile file_;
  size_t next_ = 0;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_MAPPED_SOURCE_H_

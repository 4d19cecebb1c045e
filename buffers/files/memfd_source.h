#ifndef PICKLE5_BUFFERS_FILES_MEMFD_SOURCE_H_
#define PICKLE5_BUFFERS_FILES_MEMFD_SOURCE_H_

#include <cstddef>
#include <memory>

#include "absl/base/attributes.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/files/buffer_file.h"
#include "buffers/source.h"
#include "buffers/system/mapping.h"

namespace pickle5 {

// Gives the buffers of the shared memory that a MemfdSink wrote, as views of
// one mapping; access and cost as MappedSource.
//
// Errors: PermissionDenied if the memory is not sealed against every change,
//         InvalidArgument or DataLoss if it does not hold a buffer file.
class PICKLE5_EXPORT MemfdSource final : public BufferSource {
 public:
  // `fd` is borrowed, and not needed when Open() has returned.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<MemfdSource>> Open(
      int fd, MapAccess access = MapAccess::kCopyOnWrite);

  const BufferFile& file() const ABSL_ATTRIBUTE_LIFETIME_BOUND { return file_; }

 protected:
  absl::StatusOr<Buffer> NextBuffer() override;

 private:
  explicit MemfdSource(BufferFile file);

  BufferFile file_;
  size_t next_ = 0;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_MEMFD_SOURCE_H_

#ifndef PICKLE5_BUFFERS_FILES_SHM_SOURCE_H_
#define PICKLE5_BUFFERS_FILES_SHM_SOURCE_H_

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

// Gives the buffers of a shared-memory object that ShmSink wrote, as views of
// its mapping; access, errors and cost as MappedSource.
class PICKLE5_EXPORT ShmSource final : public BufferSource {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<ShmSource>> Open(
      const std::string& name, MapAccess access = MapAccess::kCopyOnWrite);

  // Removes the name. The memory is freed when nobody has it mapped any more.
  // NotFound if there is none.
  [[nodiscard]] static absl::Status Unlink(const std::string& name);

  const BufferFile& file() const ABSL_ATTRIBUTE_LIFETIME_BOUND { return file_; }

 protected:
  absl::StatusOr<Buffer> NextBuffer() override;

 private:
  explicit ShmSource(BufferFile file);

  BufferFile file_;
  size_t next_ = 0;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_SHM_SOURCE_H_

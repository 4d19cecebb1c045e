#ifndef PICKLE5_BUFFERS_ARENA_ARENA_SOURCE_H_
#define PICKLE5_BUFFERS_ARENA_ARENA_SOURCE_H_

#include <cstddef>
#include <utility>

#include "absl/base/attributes.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/files/buffer_file.h"
#include "buffers/source.h"

namespace pickle5 {

// Gives the buffers of a message in an arena. ShmViews makes it; access and
// cost as MappedSource.
class PICKLE5_EXPORT ArenaSource final : public BufferSource {
 public:
  explicit ArenaSource(BufferFile file) : file_(std::move(file)) {}

  const BufferFile& file() const ABSL_ATTRIBUTE_LIFETIME_BOUND { return file_; }

 protected:
  absl::StatusOr<Buffer> NextBuffer() override;

 private:
  BufferFile file_;
  size_t next_ = 0;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_ARENA_ARENA_SOURCE_H_

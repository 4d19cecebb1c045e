#ifndef PICKLE5_BUFFERS_FILES_FILE_SINK_H_
#define PICKLE5_BUFFERS_FILES_FILE_SINK_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/files/atomic_file.h"
#include "buffers/files/buffer_file_writer.h"
#include "buffers/sink.h"

namespace pickle5 {

// Writes the buffers to one file (BUFFER_FILE_FORMAT.md), which appears under
// its name when Close() succeeds. Its counterpart is MappedSource.
//
// Cost: each payload goes to the file straight from its memory.
class PICKLE5_EXPORT FileSink final : public BufferSink {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<FileSink>> Create(
      const std::string& path);

 protected:
  absl::StatusOr<Placement> AcceptBuffer(const Buffer& buffer) override;
  absl::Status Publish() override;

 private:
  explicit FileSink(std::unique_ptr<AtomicFile> file);

  std::unique_ptr<AtomicFile> file_;
  BufferFileWriter buffer_file_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_FILE_SINK_H_

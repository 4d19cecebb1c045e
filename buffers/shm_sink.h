#ifndef PICKLE5_BUFFERS_SHM_SINK_H_
#define PICKLE5_BUFFERS_SHM_SINK_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer_file_writer.h"
#include "buffers/buffer_sink.h"
#include "buffers/export.h"
#include "buffers/fd_byte_writer.h"
#include "buffers/owned_fd.h"

namespace pickle5 {

// Writes the buffers to one named POSIX shared-memory object, laid out as
// BUFFER_FILE_FORMAT.md says. Its counterpart is ShmSource.
//
// The bytes are written, not mapped: memory that is not there is the status
// ResourceExhausted and never a SIGBUS.
//
// Lifetime: the object exists from Create() on and is complete after Close();
//           ShmSource refuses it before. It stays until ShmSource::Unlink() or
//           a reboot; the destructor unlinks one that was not closed.
class PICKLE5_EXPORT ShmSink final : public BufferSink {
 public:
  enum class IfExists { kFail, kReplace };

  // `name` as shm_open(3) takes it, "/name"; the slash may be left out. A name
  // in use is AlreadyExists; kReplace unlinks it first, and who has it mapped
  // keeps it.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<ShmSink>> Create(
      const std::string& name, IfExists if_exists = IfExists::kFail);

  ~ShmSink() override;

 protected:
  absl::StatusOr<Placement> AcceptBuffer(const Buffer& buffer) override;
  absl::Status Publish() override;

 private:
  ShmSink(std::string name, OwnedFd fd);

  const std::string name_;
  FdByteWriter writer_;
  BufferFileWriter buffer_file_;
  bool published_ = false;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SHM_SINK_H_

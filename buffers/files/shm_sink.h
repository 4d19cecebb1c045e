#ifndef PICKLE5_BUFFERS_FILES_SHM_SINK_H_
#define PICKLE5_BUFFERS_FILES_SHM_SINK_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/bytes/fd_byte_writer.h"
#include "buffers/export.h"
#include "buffers/files/buffer_file_writer.h"
#include "buffers/sink.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// Writes the buffers to one named POSIX shared-memory object, laid out as
// BUFFER_FILE_FORMAT.md says. Its counterpart is ShmSource.
//
// The bytes are written, not mapped: memory that is not there is the status
// ResourceExhausted and never a SIGBUS.
//
// Lifetime: the object appears under its name, whole, when Close() succeeds: a
//           sink that is not closed, or whose process is killed, leaves none.
//           What Create() makes stays until ShmSource::Unlink() or a reboot;
//           what CreateOwned() makes goes with the sink, or if its process is
//           killed with the next ShmJanitor::Clean().
class PICKLE5_EXPORT ShmSink final : public BufferSink {
 public:
  enum class IfExists { kFail, kReplace };

  // For an object that is meant to outlive its process. `name` as shm_open(3)
  // takes it, "/name"; the slash may be left out. A name in use is
  // AlreadyExists, from here or from Close(); kReplace replaces it at Close(),
  // and who has it mapped keeps it.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<ShmSink>> Create(
      const std::string& name, IfExists if_exists = IfExists::kFail);

  // For one that is not: for where there is no unnamed shared memory
  // (MemfdSink, ArenaSink). Its name says which process it belongs to, and the
  // sink keeps it locked (flock(2)).
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<ShmSink>> CreateOwned();

  // The name, with its slash.
  const std::string& name() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return name_;
  }

  ~ShmSink() override;

 protected:
  absl::StatusOr<Placement> AcceptBuffer(const Buffer& buffer) override;
  absl::Status Publish() override;

 private:
  struct File;

  ShmSink(std::string name, File file, IfExists if_exists, bool is_owned);

  static absl::StatusOr<std::unique_ptr<ShmSink>> CreateNamed(
      std::string name, IfExists if_exists, bool is_owned);
  absl::Status Link() const;

  const std::string name_;
  // The name of an owned object, for systems without unnamed files.
  const std::string temporary_;
  const OwnedFd fd_;
  const IfExists if_exists_;
  const bool is_owned_;  // false: it is meant to outlive its process
  const pid_t creator_;  // a child inherits the sink, not what it owns
  FdByteWriter writer_;
  BufferFileWriter buffer_file_;
  bool published_ = false;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_SHM_SINK_H_

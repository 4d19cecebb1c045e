#ifndef PICKLE5_BUFFERS_FILES_MEMFD_SINK_H_
#define PICKLE5_BUFFERS_FILES_MEMFD_SINK_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/bytes/fd_byte_writer.h"
#include "buffers/export.h"
#include "buffers/files/buffer_file_writer.h"
#include "buffers/sink.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// Writes the buffers to unnamed shared memory of their own, laid out as
// BUFFER_FILE_FORMAT.md says, without digests. Its counterpart is MemfdSource,
// in any process that is given the descriptor (fd_passing.h).
//
// The bytes are written, not mapped: memory that is not there is the status
// ResourceExhausted and never a SIGBUS.
//
// Lifetime: Close() seals size and contents for good. The memory is freed when
//           the last descriptor and the last mapping of it are.
class PICKLE5_EXPORT MemfdSink final : public BufferSink {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<MemfdSink>> Create();

  // The sealed memory, to be handed over once or more often. -1 before Close()
  // has succeeded.
  int fd() const { return closed() && status().ok() ? fd_.get() : -1; }
  // The same, given away.
  OwnedFd TakeFd() { return fd() < 0 ? OwnedFd() : std::move(fd_); }

 protected:
  absl::StatusOr<Placement> AcceptBuffer(const Buffer& buffer) override;
  absl::Status Publish() override;

 private:
  explicit MemfdSink(OwnedFd fd);

  OwnedFd fd_;
  FdByteWriter writer_;
  BufferFileWriter buffer_file_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_MEMFD_SINK_H_

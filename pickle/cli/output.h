#ifndef PICKLE5_PICKLE_CLI_OUTPUT_H_
#define PICKLE5_PICKLE_CLI_OUTPUT_H_

#include <memory>
#include <string>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/bytes/byte_writer.h"
#include "buffers/bytes/fd_byte_writer.h"
#include "buffers/files/atomic_file.h"
#include "buffers/system/owned_fd.h"

namespace pickle5::cli {

// An output that is written as it comes.
class StreamOutput {
 public:
  // The standard output.
  StreamOutput();
  explicit StreamOutput(OwnedFd fd);

  ByteWriter& writer() ABSL_ATTRIBUTE_LIFETIME_BOUND { return writer_; }
  // Writes what is held back.
  absl::Status Finish();

 private:
  FdByteWriter writer_;
};

// The destination of a verb's one result: a file, which appears as a whole when
// Finish() succeeds; for "-" the standard output; or a pipe or device.
class Output {
 public:
  static absl::StatusOr<Output> Open(const std::string& path);

  ByteWriter& writer() ABSL_ATTRIBUTE_LIFETIME_BOUND;
  absl::Status Finish();

 private:
  std::unique_ptr<AtomicFile> file_;
  std::unique_ptr<StreamOutput> stream_;
};

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_OUTPUT_H_

#include "pickle/cli/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "buffers/io_status.h"

namespace pickle5::cli {

StreamOutput::StreamOutput() : writer_(STDOUT_FILENO) {}

StreamOutput::StreamOutput(OwnedFd fd) : writer_(std::move(fd)) {}

absl::Status StreamOutput::Finish() {
  return writer_.Close() ? absl::OkStatus() : writer_.status();
}

absl::StatusOr<Output> Output::Open(const std::string& path) {
  Output output;
  if (path == "-") {
    output.stream_ = std::make_unique<StreamOutput>();
    return output;
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    OwnedFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd.valid()) return IoStatus(errno, "cannot write");
    output.stream_ = std::make_unique<StreamOutput>(std::move(fd));
    return output;
  }
  auto file = AtomicFile::Create(path);
  if (!file.ok()) return file.status();
  output.file_ = *std::move(file);
  return output;
}

ByteWriter& Output::writer() {
  return file_ != nullptr ? file_->writer() : stream_->writer();
}

absl::Status Output::Finish() {
  return file_ != nullptr ? file_->Commit() : stream_->Finish();
}

}  // namespace pickle5::cli

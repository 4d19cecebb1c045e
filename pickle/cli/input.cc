#include "pickle/cli/input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "buffers/bytes/fd_byte_reader.h"
#include "buffers/io_status.h"
#include "buffers/system/mapping.h"
#include "buffers/system/owned_fd.h"
#include "pickle/archive/archive_pickle.h"
#include "pickle/cli/file_content.h"
#include "pickle/protocol/scanner.h"

namespace pickle5::cli {
namespace {

// So many bytes tell what a stream is.
constexpr size_t kSniffedBytes = 16;
static_assert(kSniffedBytes >= kArchiveStartSize);

}  // namespace

absl::StatusOr<Input> Input::Open(const std::string& path) {
  Input input;
  input.path_ = path;
  const bool is_stdin = path == "-";
  OwnedFd fd(is_stdin ? ::dup(STDIN_FILENO)
                      : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) {
    return IoStatus(errno, "cannot open");
  }
  if (S_ISDIR(info.st_mode)) return IoStatus(EISDIR, "cannot read");
  if (!S_ISREG(info.st_mode)) {
    input.fd_ = fd.get();
    input.stream_ = std::make_unique<FdByteReader>(std::move(fd));
    return input;
  }
  absl::StatusOr<Buffer> mapped =
      MapFd(fd.get(), path, MapAccess::kCopyOnWrite);
  if (!mapped.ok()) return mapped.status();
  input.buffer_ = *std::move(mapped);
  const off_t offset = is_stdin ? ::lseek(fd.get(), 0, SEEK_CUR) : 0;
  if (offset > 0) {
    const size_t skip =
        std::min(static_cast<size_t>(offset), input.buffer_.nbytes());
    absl::StatusOr<Buffer> rest =
        input.buffer_.Slice(skip, input.buffer_.nbytes() - skip);
    if (!rest.ok()) return rest.status();
    input.buffer_ = *std::move(rest);
  }
  return input;
}

bool Input::Ready() const {
  if (stream_->available() != 0) return true;
  struct pollfd wanted = {fd_, POLLIN, 0};
  // What cannot be polled does not wait.
  return ::poll(&wanted, 1, 0) != 0;
}

std::string_view Input::ReadStart() {
  std::string_view start;
  for (size_t size = 1; size <= kSniffedBytes && stream_->Pull(size); ++size) {
    start = {reinterpret_cast<const char*>(stream_->cursor()), size};
    if (!IsArchiveStart(start) && !MayBeginOtherFormat(start)) break;
  }
  return start;
}

absl::StatusOr<bool> Input::ReadIfNoPickle() {
  if (stream_ == nullptr) return true;
  const std::string_view start = ReadStart();
  if (!IsArchive(start) && !IsPackedOrArray(start) && !IsTorchLegacy(start)) {
    return false;
  }
  absl::Status status = ReadAll();
  if (!status.ok()) return status;
  return true;
}

absl::Status Input::ReadPickle() {
  const absl::StatusOr<bool> whole = ReadIfNoPickle();
  if (!whole.ok() || *whole) return whole.status();
  Scanner scanner({});
  Token token;
  Scanner::Result result = scanner.Next(token);
  size_t scanned = 0;
  while (stream_->Pull(scanned + 1)) {
    const auto* begin = reinterpret_cast<const char*>(stream_->cursor());
    const std::string_view there(begin, stream_->available());
    scanner.Resume(there.substr(static_cast<size_t>(scanner.offset())));
    do {
      result = scanner.Next(token);
    } while (result == Scanner::Result::kToken);
    scanned = there.size();
    if (result == Scanner::Result::kNeedMore) continue;
    // Bytes that were written with the pickle are there.
    return Take(std::string(there));
  }
  if (!stream_->ok()) return stream_->status();
  return Take(std::string(reinterpret_cast<const char*>(stream_->cursor()),
                          stream_->available()));
}

absl::Status Input::Take(std::string bytes) {
  absl::StatusOr<Buffer> buffer = Buffer::Own(std::move(bytes));
  if (!buffer.ok()) return buffer.status();
  buffer_ = *std::move(buffer);
  stream_.reset();
  return absl::OkStatus();
}

absl::Status Input::ReadAll() {
  if (stream_ == nullptr) return absl::OkStatus();
  std::string bytes;
  while (stream_->Pull(1)) {
    bytes.append(reinterpret_cast<const char*>(stream_->cursor()),
                 stream_->available());
    stream_->set_cursor(stream_->limit());
  }
  if (!stream_->ok()) return stream_->status();
  return Take(std::move(bytes));
}

absl::StatusOr<Input> OpenPickle(const std::string& path) {
  absl::StatusOr<Input> input = Input::Open(path);
  if (!input.ok()) return input;
  absl::Status status = input->ReadPickle();
  if (!status.ok()) return status;
  return input;
}

absl::StatusOr<Input> OpenWhole(const std::string& path) {
  absl::StatusOr<Input> input = Input::Open(path);
  if (!input.ok()) return input;
  absl::Status status = input->ReadAll();
  if (!status.ok()) return status;
  return input;
}

}  // namespace pickle5::cli

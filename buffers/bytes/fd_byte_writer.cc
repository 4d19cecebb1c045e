#include "buffers/bytes/fd_byte_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "buffers/io_status.h"
#include "buffers/system/fd_wait.h"

namespace pickle5 {
namespace {

// Enough for a device to work at its full speed.
constexpr size_t kWritebackSize = size_t{8} << 20;

}  // namespace

bool FdByteWriter::Put(std::string_view head, std::string_view payload) {
  while (!head.empty() || !payload.empty()) {
    // iovec has no const; writev() only reads.
    std::array<struct iovec, 2> pieces = {{
        {const_cast<char*>(head.data()), head.size()},
        {const_cast<char*>(payload.data()), payload.size()},
    }};
    const ssize_t result =
        ::writev(fd_, pieces.data(), static_cast<int>(pieces.size()));
    if (result < 0) {
      const int error_number = errno;
      if (RetryAfterWait(error_number, fd_, POLLOUT)) continue;
      return Fail(IoStatus(error_number, "write"));
    }
    const size_t count = static_cast<size_t>(result);
    const size_t of_head = count < head.size() ? count : head.size();
    head.remove_prefix(of_head);
    payload.remove_prefix(count - of_head);
    if (starts_writeback_) StartWriteback(count);
  }
  return true;
}

void FdByteWriter::StartWriteback(size_t count) {
  not_started_ += count;
  if (not_started_ < kWritebackSize) return;
  // A hint: what cannot be written is an error of fsync().
  const off_t end = ::lseek(fd_, 0, SEEK_CUR);
  const off_t length = static_cast<off_t>(not_started_);
  if (end >= length) {
    (void)::sync_file_range(fd_, end - length, length, SYNC_FILE_RANGE_WRITE);
  }
  not_started_ = 0;
}

bool FdByteWriter::Finish() {
  absl::Status status = owned_fd_.Close();
  return status.ok() || Fail(std::move(status));
}

}  // namespace pickle5

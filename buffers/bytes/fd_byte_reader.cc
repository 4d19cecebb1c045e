#include "buffers/bytes/fd_byte_reader.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "buffers/io_status.h"
#include "buffers/system/fd_wait.h"

namespace pickle5 {

size_t FdByteReader::ReadSource(uint8_t* destination, size_t min_bytes,
                                size_t max_bytes) {
  size_t count = 0;
  while (count < min_bytes) {
    const ssize_t result = ::read(fd_, destination + count, max_bytes - count);
    if (result == 0) break;
    if (result > 0) {
      count += static_cast<size_t>(result);
      continue;
    }
    const int error_number = errno;
    if (RetryAfterWait(error_number, fd_, POLLIN)) continue;
    Fail(IoStatus(error_number, "read"));
    break;
  }
  return count;
}

std::optional<uint64_t> FdByteReader::SourceRemaining() const {
  struct stat info;
  // Files of /proc are regular and have no size.
  if (::fstat(fd_, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) {
    return std::nullopt;
  }
  const off_t offset = ::lseek(fd_, 0, SEEK_CUR);
  if (offset < 0) return std::nullopt;
  if (offset >= info.st_size) return 0;
  return static_cast<uint64_t>(info.st_size - offset);
}

}  // namespace pickle5

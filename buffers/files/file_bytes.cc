#include "buffers/files/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "buffers/system/receive_memory.h"

namespace pickle5 {
namespace {

constexpr uint64_t kPage = 4096;

}  // namespace

absl::StatusOr<FileBytes> FileBytes::Open(const std::string& path) {
  try {
    // A FIFO without a writer must not keep the caller waiting.
    OwnedFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid()) return IoStatus(errno, absl::StrCat("open ", path));
    return Of(std::move(fd), path);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<FileBytes> FileBytes::Of(OwnedFd fd, std::string name) {
  try {
    struct stat info;
    if (::fstat(fd.get(), &info) != 0) {
      return IoStatus(errno, absl::StrCat("stat ", name));
    }
    if (!S_ISREG(info.st_mode)) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " is not a regular file"));
    }
    FileBytes bytes;
    bytes.name_ = std::move(name);
    bytes.fd_ = std::move(fd);
    bytes.size_ = static_cast<uint64_t>(info.st_size);
    return bytes;
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

FileBytes FileBytes::Of(Buffer memory) {
  FileBytes bytes;
  bytes.size_ = memory.bytes().size();
  bytes.memory_ = std::move(memory);
  return bytes;
}

absl::Status FileBytes::Read(uint64_t offset, size_t length, void* to) const {
  if (!fd_.valid()) {
    if (length != 0) std::memcpy(to, memory_.data() + offset, length);
    return absl::OkStatus();
  }
  try {
    auto* at = static_cast<uint8_t*>(to);
    while (length != 0) {
      const ssize_t result =
          ::pread(fd_.get(), at, length, static_cast<off_t>(offset));
      if (result < 0 && errno == EINTR) continue;
      if (result < 0) return IoStatus(errno, absl::StrCat("read ", name_));
      if (result == 0) {
        return absl::DataLossError(absl::StrCat(
            name_, " became shorter: it ends before byte ", offset));
      }
      at += result;
      offset += static_cast<uint64_t>(result);
      length -= static_cast<size_t>(result);
    }
    return absl::OkStatus();
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<Buffer> FileBytes::Copy(uint64_t offset, size_t length) const {
  const size_t lead = static_cast<size_t>(offset % kPage);
  absl::StatusOr<Buffer> block = ReceiveMemory().Allocate(lead + length);
  if (!block.ok()) return block;
  absl::Status status = Read(offset, length, block->mutable_data() + lead);
  if (!status.ok()) return status;
  return block->Slice(lead, length);
}

absl::StatusOr<Buffer> FileBytes::Map(MapAccess access) const {
  if (fd_.valid()) return MapFd(fd_.get(), name_, access);
  return access == MapAccess::kReadOnly ? memory_.AsReadonly() : memory_;
}

}  // namespace pickle5

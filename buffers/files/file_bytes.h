#ifndef PICKLE5_BUFFERS_FILES_FILE_BYTES_H_
#define PICKLE5_BUFFERS_FILES_FILE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/export.h"
#include "buffers/system/mapping.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// The bytes of a file, or of memory, to be read at any place: copied out, so
// that nobody can change them afterwards, or mapped.
//
// Errors:  those of the system; DataLoss if the file became shorter.
// Threads: const functions may be called from many threads.
class PICKLE5_EXPORT FileBytes {
 public:
  // Empty.
  FileBytes() = default;

  // InvalidArgument if it is not a regular file.
  [[nodiscard]] static absl::StatusOr<FileBytes> Open(const std::string& path);
  // The same of an open descriptor; `name` stands in errors.
  [[nodiscard]] static absl::StatusOr<FileBytes> Of(OwnedFd fd,
                                                    std::string name);
  static FileBytes Of(Buffer memory);

  // As long as the file was when it was opened.
  uint64_t size() const { return size_; }

  // nullptr if they are a file's.
  const Buffer* memory() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return fd_.valid() ? nullptr : &memory_;
  }

  // Precondition: the range lies within size().
  [[nodiscard]] absl::Status Read(uint64_t offset, size_t length,
                                  void* to) const;

  // The range in memory of its own, at the offset from a page's start that it
  // has in the file, on huge pages where it is large: one read, not cleared.
  // Precondition: the range lies within size().
  [[nodiscard]] absl::StatusOr<Buffer> Copy(uint64_t offset,
                                            size_t length) const;

  // All of it, mapped: see mapping.h. Memory is what it is.
  [[nodiscard]] absl::StatusOr<Buffer> Map(MapAccess access) const;

 private:
  std::string name_;
  OwnedFd fd_;     // of a file
  Buffer memory_;  // if there is no file
  uint64_t size_ = 0;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_FILE_BYTES_H_

#ifndef PICKLE5_PICKLE_ARCHIVE_ARCHIVE_READER_H_
#define PICKLE5_PICKLE_ARCHIVE_ARCHIVE_READER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/files/archive_index.h"
#include "buffers/files/file_bytes.h"
#include "pickle/archive/archive_extents.h"
#include "pickle/export.h"
#include "pickle/protocol/detached_payload.h"
#include "pickle/protocol/limits.h"
#include "pickle/value/document.h"

namespace pickle5 {

// The memory in which the payloads of a loaded object live.
enum class ArchiveAccess {
  kCopyOnWrite,  // in the file, mapped; what is written stays in this process
  kReadOnly,     // in the file, mapped; all are readonly
  // In memory of their own, read once: for files whose writers one does not
  // trust to leave them alone (see mapping.h).
  kCopy,
};

// The part of an object that is compared with its digests before it is handed
// out. The in-band part always is.
enum class ArchiveCheck {
  kInBand,
  kPayloads,  // all payloads too
};

// Reads the objects of a .pkl5 archive (ARCHIVE_FORMAT.md).
//
// Buffers come as they were, on the mapping or the copy; large bytes, bytearray
// and str objects are views of it. The in-band part is copied before it is
// looked at, so that a file that changes meanwhile cannot confuse its reader.
//
// Lifetime: Documents and Buffers live on when the reader has died.
// Errors:   InvalidArgument if it is no archive, Unimplemented if it is of a
//           later version, DataLoss naming what is damaged, OutOfRange for an
//           object that is not there, the system's own, and those of loading.
// Threads:  thread-compatible; const functions may be called by many threads.
// Cost:     Open() reads 78 bytes of each object. Load() is linear in the
//           in-band part and the number of payloads, whatever their size, but
//           for str payloads, whose UTF-8 is checked.
class PICKLE5_EXPORT ArchiveReader {
 public:
  [[nodiscard]] static absl::StatusOr<ArchiveReader> Open(
      const std::string& path,
      ArchiveAccess access = ArchiveAccess::kCopyOnWrite);
  [[nodiscard]] static absl::StatusOr<ArchiveReader> Open(FileBytes file,
                                                          ArchiveAccess access);

  // How many objects there are.
  size_t size() const { return extents_.objects.size(); }
  // The extents of the objects, and of bytes that belong to none.
  const ArchiveExtents& extents() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return extents_;
  }

  // The index of the i-th object, checked against its digest.
  [[nodiscard]] absl::StatusOr<ArchiveIndex> Index(size_t i) const;

  [[nodiscard]] absl::Status Load(
      size_t i, Document* document, const ReadOptions& options = {},
      ArchiveCheck check = ArchiveCheck::kInBand) const;

  // The pickle of the i-th object, for a machine of any model: what Load()
  // makes a Document of.
  [[nodiscard]] absl::StatusOr<DetachedPickle> Detach(
      size_t i, ArchiveCheck check = ArchiveCheck::kInBand) const;

  // Compares all bytes of the i-th object with its index; DataLoss names the
  // first payload that does not match.
  [[nodiscard]] absl::Status Verify(size_t i) const;
  // The same for one of its payloads: for programs that check what they use
  // when they use it.
  [[nodiscard]] absl::Status VerifyPayload(size_t i, size_t payload) const;
  // All objects, and that every byte belongs to one.
  [[nodiscard]] absl::Status VerifyAll() const;

 private:
  ArchiveReader(FileBytes file, ArchiveAccess access, ArchiveExtents extents)
      : file_(std::move(file)), access_(access), extents_(std::move(extents)) {}

  absl::Status CheckObject(size_t i) const;
  // The source of bytes that are only compared.
  const FileBytes& Source() const;
  // The pickle of an object: mapped or copied.
  absl::StatusOr<Buffer> Pickle(const ArchiveExtent& extent) const;
  // The bytes of the pickle that are in no payload, checked. From `copy` if the
  // pickle was copied.
  absl::StatusOr<Buffer> InBand(size_t i, const ArchiveIndex& index,
                                const Buffer* copy) const;

  FileBytes file_;
  ArchiveAccess access_;
  ArchiveExtents extents_;
  FileBytes mapped_;  // all of the file, unless kCopy
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_ARCHIVE_ARCHIVE_READER_H_

#ifndef PICKLE5_PICKLE_ARCHIVE_ARCHIVE_WRITER_H_
#define PICKLE5_PICKLE_ARCHIVE_ARCHIVE_WRITER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/bytes/byte_writer.h"
#include "buffers/files/appended_file.h"
#include "buffers/files/atomic_file.h"
#include "pickle/archive/archive_payloads.h"
#include "pickle/export.h"
#include "pickle/value/document.h"
#include "pickle/value/value.h"
#include "pickle/value/value_writer.h"

namespace pickle5 {

// Writes objects to a .pkl5 archive (ARCHIVE_FORMAT.md): a file that every
// Python from 3.8 on loads with pickle.load, and that ArchiveReader maps.
//
// Buffers, bytes, bytearray and str objects of 2 KiB and more begin on
// boundaries of 64 bytes, of 1 MiB and more on boundaries of 4096. Equal
// readonly ones of one object are stored once.
//
// Lifetime: what Create() began and Close() did not end leaves no file, and an
//           old one as it was. Objects that were appended stay.
// Errors:   the first failure sticks.
// Threads:  thread-compatible.
// Cost:     one digest over all bytes; payloads are written from where they
//           are.
class PICKLE5_EXPORT ArchiveWriter {
 public:
  // A new archive, in place of a file of that name, which appears at Close().
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<ArchiveWriter>> Create(
      const std::string& path);
  // Goes on with an archive. Each object is in it, and on the disk, when its
  // Write() returns. What a writer that was killed left behind the last object
  // is dropped. Where there is no file it is as Create().
  //
  // Errors: InvalidArgument if it is no archive, DataLoss if its last object
  //         is damaged, Unavailable if another program appends to it.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<ArchiveWriter>> Append(
      const std::string& path);
  // A new archive on any ByteWriter, which is borrowed and not closed. A
  // failure abandons it.
  explicit ArchiveWriter(ByteWriter* writer ABSL_ATTRIBUTE_LIFETIME_BOUND);

  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;
  ~ArchiveWriter();

  // One object. Errors also as ValueWriter::Write().
  [[nodiscard]] absl::Status Write(const Document& document);
  [[nodiscard]] absl::Status Write(Value root);
  // One object of any model: `pickle` writes it with a pickler of that model
  // as ArchivePayloads says.
  [[nodiscard]] absl::Status WriteWith(
      const std::function<absl::Status(ArchivePayloads&)>& pickle);

  // Idempotent.
  [[nodiscard]] absl::Status Close();

 private:
  ArchiveWriter();

  absl::Status WriteObject(
      const std::function<absl::Status(ArchivePayloads&)>& pickle);

  std::unique_ptr<AtomicFile> new_file_;
  std::unique_ptr<AppendedFile> old_file_;
  ByteWriter* writer_;   // of either, or the caller's
  uint64_t origin_ = 0;  // of its position 0, in the file
  ValueWriter value_writer_;
  bool closed_ = false;
  absl::Status status_;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_ARCHIVE_ARCHIVE_WRITER_H_

#include "pickle/archive/archive_writer.h"

#include <unistd.h>

#include <cerrno>
#include <new>
#include <string_view>
#include <utility>

#include "buffers/files/file_bytes.h"
#include "buffers/io_status.h"
#include "buffers/system/owned_fd.h"
#include "pickle/archive/archive_extents.h"

namespace pickle5 {
namespace {

// Where the next object of an archive goes.
absl::StatusOr<uint64_t> EndOfArchive(const AppendedFile& file,
                                      const std::string& path) {
  OwnedFd fd(::dup(file.fd()));
  if (!fd.valid()) return IoStatus(errno, "open " + path);
  const absl::StatusOr<FileBytes> bytes = FileBytes::Of(std::move(fd), path);
  if (!bytes.ok()) return bytes.status();
  if (bytes->size() == 0) return uint64_t{0};
  const absl::StatusOr<ArchiveExtents> extents = FindArchiveExtents(*bytes);
  if (!extents.ok()) return extents.status();
  absl::Status torn = CheckTornTail(*bytes, *extents);
  if (!torn.ok()) return torn;
  return extents->end();
}

}  // namespace

ArchiveWriter::ArchiveWriter() : writer_(nullptr) {}

ArchiveWriter::ArchiveWriter(ByteWriter* writer) : writer_(writer) {}

ArchiveWriter::~ArchiveWriter() = default;

absl::StatusOr<std::unique_ptr<ArchiveWriter>> ArchiveWriter::Create(
    const std::string& path) {
  try {
    auto file = AtomicFile::Create(path);
    if (!file.ok()) return file.status();
    std::unique_ptr<ArchiveWriter> archive(new ArchiveWriter);
    archive->new_file_ = *std::move(file);
    archive->writer_ = &archive->new_file_->writer();
    return archive;
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<std::unique_ptr<ArchiveWriter>> ArchiveWriter::Append(
    const std::string& path) {
  try {
    auto file = AppendedFile::Open(path);
    if (absl::IsNotFound(file.status())) return Create(path);
    if (!file.ok()) return file.status();
    const absl::StatusOr<uint64_t> end = EndOfArchive(**file, path);
    if (!end.ok()) return end.status();
    absl::Status status = (*file)->StartAt(*end);
    if (!status.ok()) return status;
    std::unique_ptr<ArchiveWriter> archive(new ArchiveWriter);
    archive->old_file_ = *std::move(file);
    archive->writer_ = &archive->old_file_->writer();
    archive->origin_ = *end;
    return archive;
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::Status ArchiveWriter::Write(const Document& document) {
  return WriteWith([this, &document](ArchivePayloads& payloads) {
    WriteOptions options;
    options.payload_store = &payloads;
    return value_writer_.Write(document, payloads.writer(), options,
                               &payloads.sink());
  });
}

absl::Status ArchiveWriter::Write(Value root) {
  return WriteWith([this, root](ArchivePayloads& payloads) {
    WriteOptions options;
    options.payload_store = &payloads;
    return value_writer_.Write(root, payloads.writer(), options,
                               &payloads.sink());
  });
}

absl::Status ArchiveWriter::WriteWith(
    const std::function<absl::Status(ArchivePayloads&)>& pickle) {
  if (!status_.ok()) return status_;
  try {
    if (closed_) {
      return absl::FailedPreconditionError("archive written to after Close()");
    }
    status_ = WriteObject(pickle);
  } catch (const std::bad_alloc&) {
    status_ = OutOfMemoryStatus();
  }
  if (status_.ok()) return status_;
  // Cuts off what it wrote.
  if (old_file_ != nullptr) {
    old_file_.reset();
    return status_;
  }
  return writer_->Abandon(status_);
}

absl::Status ArchiveWriter::WriteObject(
    const std::function<absl::Status(ArchivePayloads&)>& pickle) {
  ArchivePayloads payloads(writer_, origin_ + writer_->pos());
  absl::Status status = pickle(payloads);
  if (!status.ok()) return status;
  const absl::StatusOr<std::string> index = payloads.Finish();
  if (!index.ok()) return index.status();
  const std::string_view all = *index;
  const size_t tail = all.size() - kArchiveTailSize;
  if (!writer_->Write(all.substr(0, tail))) return writer_->status();
  if (old_file_ != nullptr) {
    status = old_file_->Barrier();
    if (!status.ok()) return status;
  }
  if (!writer_->Write(all.substr(tail))) return writer_->status();
  return old_file_ != nullptr ? old_file_->Commit() : absl::OkStatus();
}

absl::Status ArchiveWriter::Close() {
  if (closed_ || !status_.ok()) return status_;
  closed_ = true;
  if (new_file_ != nullptr) status_ = new_file_->Commit();
  old_file_.reset();
  return status_;
}

}  // namespace pickle5

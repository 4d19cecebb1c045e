#include "pickle/cli/pickle_stream.h"

#include <utility>

#include "buffers/file_bytes.h"
#include "pickle/archive_pickle.h"

namespace pickle5::cli {

PickleStream::PickleStream(Input input, const ReadOptions& options, bool all,
                           std::vector<Buffer> buffers, size_t object)
    : input_(std::move(input)),
      options_(options),
      all_(all),
      object_(object),
      buffers_(std::move(buffers)) {
  if (all || object != 0) options_.allow_trailing = true;
}

bool PickleStream::AtEnd() {
  if (!begun_) return false;
  if (!all_) return true;
  if (archive_.has_value()) return object_ == archive_->size();
  ByteReader* stream = input_.stream();
  if (stream != nullptr) return !stream->Pull(1) && stream->ok();
  return next_offset_ == input_.bytes().size();
}

absl::Status PickleStream::Begin(Document& document) {
  ByteReader* const stream = input_.stream();
  if (stream != nullptr && stream->Pull(kArchiveStartSize) &&
      IsArchive({reinterpret_cast<const char*>(stream->cursor()),
                 kArchiveStartSize})) {
    absl::Status status = input_.ReadAll();
    if (!status.ok()) return status;
  }
  if (input_.stream() == nullptr && IsArchive(input_.bytes())) {
    absl::StatusOr<ArchiveReader> archive = ArchiveReader::Open(
        FileBytes::Of(input_.buffer()), ArchiveAccess::kCopyOnWrite);
    if (!archive.ok()) return archive.status();
    archive_.emplace(*std::move(archive));
    return absl::OkStatus();
  }
  for (; object_ != 0; --object_) {
    absl::Status status = LoadNext(document);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status PickleStream::LoadNext(Document& document) {
  offset_ = next_offset_;
  absl::Status status;
  if (archive_.has_value()) {
    const Progress progress(input_.path(), input_.bytes());
    status = archive_->Load(object_, &document, options_);
    if (!status.ok()) return status;
    offset_ = archive_->extents().objects[object_++].begin;
    pickle_ = input_.bytes().substr(offset_, document.consumed());
  } else if (input_.stream() != nullptr) {
    status = document.Load(*input_.stream(), options_, &buffers_);
  } else {
    const std::string_view rest = input_.bytes().substr(offset_);
    Progress progress(input_.path(), rest);
    status = document.LoadBorrowed(rest, options_, &buffers_);
    if (status.ok()) pickle_ = rest.substr(0, document.consumed());
  }
  if (!status.ok()) return status;
  next_offset_ = offset_ + document.consumed();
  return absl::OkStatus();
}

absl::StatusOr<bool> PickleStream::Next(Document& document) {
  if (AtEnd()) return false;
  if (!begun_) {
    absl::Status status = Begin(document);
    if (!status.ok()) return status;
    begun_ = true;
  }
  absl::Status status = LoadNext(document);
  if (!status.ok()) return status;
  return true;
}

}  // namespace pickle5::cli

#include "pickle/cli/pickle_stream.h"

#include <utility>

namespace pickle5::cli {

PickleStream::PickleStream(Input input, const ReadOptions& options, bool all,
                           std::vector<Buffer> buffers)
    : input_(std::move(input)),
      options_(options),
      all_(all),
      buffers_(std::move(buffers)) {
  if (all) options_.allow_trailing = true;
}

bool PickleStream::AtEnd() {
  if (!begun_) return false;
  if (!all_) return true;
  ByteReader* stream = input_.stream();
  if (stream != nullptr) return !stream->Pull(1) && stream->ok();
  return next_offset_ == input_.bytes().size();
}

absl::StatusOr<bool> PickleStream::Next(Document& document) {
  if (AtEnd()) return false;
  begun_ = true;
  offset_ = next_offset_;
  absl::Status status;
  if (input_.stream() != nullptr) {
    status = document.Load(*input_.stream(), options_, &buffers_);
  } else {
    const std::string_view rest = input_.bytes().substr(offset_);
    Progress progress(input_.path(), rest);
    status = document.LoadBorrowed(rest, options_, &buffers_);
    if (status.ok()) pickle_ = rest.substr(0, document.consumed());
  }
  if (!status.ok()) return status;
  next_offset_ = offset_ + document.consumed();
  return true;
}

}  // namespace pickle5::cli

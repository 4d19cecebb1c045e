#include "pickle/value/document_feeder.h"

#include <new>
#include <utility>

#include "pickle/value/document_state.h"
#include "pickle/value/loader.h"

namespace pickle5 {

struct DocumentFeeder::State {
  explicit State(Document* to, internal::DocumentState* state)
      : document(to), loader(state) {}

  Document* document;
  internal::Loader loader;
  absl::Status status;  // of the pickle; OK while it arrives
  bool done = false;
  bool refuses_trailing = false;
};

DocumentFeeder::DocumentFeeder() = default;
DocumentFeeder::~DocumentFeeder() = default;
DocumentFeeder::DocumentFeeder(DocumentFeeder&&) noexcept = default;
DocumentFeeder& DocumentFeeder::operator=(DocumentFeeder&&) noexcept = default;

absl::Status DocumentFeeder::Start(Document* document,
                                   const ReadOptions& options,
                                   BufferSource* buffers) {
  try {
    document->Clear();
    if (!document->Ready()) return absl::ResourceExhaustedError("");
    state_ = std::make_unique<State>(document, document->state_.get());
    state_->loader.Start(options, /*views=*/false, buffers);
    state_->refuses_trailing =
        options.mode == Mode::kStrict && !options.allow_trailing;
    return absl::OkStatus();
  } catch (const std::bad_alloc&) {
    state_ = nullptr;
    return absl::ResourceExhaustedError("");
  }
}

absl::StatusOr<DocumentFeeder::Progress> DocumentFeeder::Feed(
    std::string_view bytes, size_t* used) {
  if (used != nullptr) *used = 0;
  if (state_ == nullptr) {
    return absl::FailedPreconditionError("Feed without Start");
  }
  if (!state_->status.ok()) return state_->status;
  try {
    if (state_->done) {
      if (bytes.empty() || !state_->refuses_trailing) return Progress::kDone;
      state_->status = state_->loader.TrailingError();
      return Fail();
    }
    if (used != nullptr) *used = bytes.size();
    Value root;
    absl::StatusOr<bool> done = state_->loader.Feed(bytes, used, &root);
    if (!done.ok()) {
      state_->status = done.status();
      return Fail();
    }
    if (!*done) return Progress::kNeedMore;
    state_->done = true;
    state_->document->root_ = root;
    return Progress::kDone;
  } catch (const std::bad_alloc&) {
    state_->status = absl::ResourceExhaustedError("");
    return Fail();
  }
}

absl::Status DocumentFeeder::Fail() {
  state_->document->Clear();
  return state_->status;
}

absl::Status DocumentFeeder::Finish() {
  if (state_ == nullptr) {
    return absl::FailedPreconditionError("Finish without Start");
  }
  if (!state_->status.ok() || state_->done) return state_->status;
  try {
    state_->status = state_->loader.Finish();
  } catch (const std::bad_alloc&) {
    state_->status = absl::ResourceExhaustedError("");
  }
  return Fail();
}

}  // namespace pickle5

#include "pickle/value/document.h"

#include <new>
#include <utility>

#include "absl/status/statusor.h"
#include "buffers/system/mapping.h"
#include "pickle/value/document_state.h"
#include "pickle/value/loader.h"

namespace pickle5 {

using internal::DocumentState;
using internal::Loader;

namespace {

// Null without memory.
std::unique_ptr<DocumentState> NewState() {
  try {
    return std::make_unique<DocumentState>();
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

Document::Document() : state_(NewState()) {}
Document::~Document() = default;
Document::Document(Document&& other) noexcept
    : state_(std::move(other.state_)), root_(std::exchange(other.root_, {})) {}
Document& Document::operator=(Document&& other) noexcept {
  state_ = std::move(other.state_);
  root_ = std::exchange(other.root_, {});
  return *this;
}

bool Document::Ready() {
  if (state_ == nullptr) state_ = NewState();
  return state_ != nullptr;
}

template <typename Loading>
absl::Status Document::Run(const ReadOptions& options, bool views,
                           BufferSource* buffers, Loading loading) {
  root_ = Value();
  if (!Ready()) return absl::ResourceExhaustedError("");
  try {
    Loader loader(state_.get());
    loader.Start(options, views, buffers);
    absl::StatusOr<Value> root = loading(loader);
    if (!root.ok()) {
      Clear();
      return root.status();
    }
    root_ = *root;
    return absl::OkStatus();
  } catch (const std::bad_alloc&) {
    Clear();
    return absl::ResourceExhaustedError("");
  }
}

absl::Status Document::LoadBorrowed(std::string_view pickle,
                                    const ReadOptions& options,
                                    BufferSource* buffers) {
  return Run(options, /*views=*/true, buffers,
             [pickle](Loader& loader) { return loader.LoadAll(pickle); });
}

absl::Status Document::LoadOwned(std::string pickle, const ReadOptions& options,
                                 BufferSource* buffers) {
  return Run(options, /*views=*/true, buffers, [this, &pickle](Loader& loader) {
    state_->owned_input = std::move(pickle);
    return loader.LoadAll(state_->owned_input);
  });
}

absl::Status Document::LoadMapped(const std::string& path,
                                  const ReadOptions& options,
                                  BufferSource* buffers) {
  return Run(options, /*views=*/true, buffers,
             [this, &path](Loader& loader) -> absl::StatusOr<Value> {
               absl::StatusOr<Buffer> mapped = MapFile(path);
               if (!mapped.ok()) return mapped.status();
               state_->mapped_input = *std::move(mapped);
               return loader.LoadAll(state_->mapped_input.chars());
             });
}

absl::Status Document::Load(ByteReader& reader, const ReadOptions& options,
                            BufferSource* buffers) {
  return Run(options, /*views=*/false, buffers,
             [&reader](Loader& loader) { return loader.LoadFrom(reader); });
}

absl::Status Document::LoadDetached(Buffer others,
                                    std::span<const DetachedPayload> payloads,
                                    const ReadOptions& options) {
  return Run(options, /*views=*/true, nullptr, [&](Loader& loader) {
    state_->mapped_input = std::move(others);
    return loader.LoadDetached(state_->mapped_input.chars(), payloads);
  });
}

std::span<const Value> Document::effects() const {
  if (state_ == nullptr) return {};
  return state_->effects;
}

uint64_t Document::consumed() const {
  return state_ == nullptr ? 0 : state_->consumed;
}

int Document::protocol() const {
  return state_ == nullptr ? 0 : state_->machine.protocol();
}

size_t Document::buffer_count() const {
  return state_ == nullptr ? 0 : state_->buffers.size();
}

const Buffer& Document::buffer(size_t index) const {
  static const Buffer* const none = new Buffer;
  return index < buffer_count() ? state_->buffers[index] : *none;
}

size_t Document::memory_used() const {
  return state_ == nullptr ? 0 : state_->arena.held();
}

void Document::Clear() {
  root_ = Value();
  if (state_ == nullptr) return;
  Loader(state_.get()).Start({}, /*views=*/false, nullptr);
  state_->owned_input = {};
  state_->mapped_input = {};
  state_->payloads.clear();
}

absl::StatusOr<Document> LoadFile(const std::string& path,
                                  const ReadOptions& options,
                                  BufferSource* buffers) {
  Document document;
  absl::Status status = document.LoadMapped(path, options, buffers);
  if (!status.ok()) return status;
  return document;
}

absl::StatusOr<Document> LoadString(std::string pickle,
                                    const ReadOptions& options,
                                    BufferSource* buffers) {
  Document document;
  absl::Status status = document.LoadOwned(std::move(pickle), options, buffers);
  if (!status.ok()) return status;
  return document;
}

}  // namespace pickle5

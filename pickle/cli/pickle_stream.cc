#include "pickle/cli/pickle_stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/files/file_bytes.h"
#include "buffers/io_status.h"
#include "pickle/archive/archive_pickle.h"
#include "pickle/numpy/npy.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/protocol/opcode.h"

namespace pickle5::cli {
namespace {

absl::Status InMember(const std::string& name, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(name, ": ", status.message()));
}

Value KeyOf(const FilePart& part, Document& document) {
  const std::string_view name = MappingKey(part.name);
  const Value key = document.MakeStr(name);
  return key.is_null() ? document.MakeBytes(name) : key;
}

}  // namespace

PickleStream::PickleStream(Input input, const ReadOptions& options,
                           Selection selection, std::vector<Buffer> buffers)
    : input_(std::move(input)),
      options_(options),
      selection_(std::move(selection)),
      buffers_(std::move(buffers)) {
  if (selection_.all || selection_.object != 0) options_.allow_trailing = true;
  // Document::Load() would wait for what may stand behind the STOP.
  if (input_.stream() != nullptr && !options_.allow_trailing &&
      options_.mode == Mode::kStrict) {
    options_.allow_trailing = true;
    refuses_trailing_ = true;
  }
}

bool PickleStream::AtEnd() {
  if (!begun_) return false;
  if (!selection_.all || content_.has_value()) return true;
  if (archive_.has_value()) return selection_.object == archive_->size();
  ByteReader* stream = input_.stream();
  if (stream != nullptr) return !stream->Pull(1) && stream->ok();
  if (loaded_ == kTorchLegacyPickles && IsTorchLegacy(file_.chars())) {
    return true;
  }
  return next_offset_ == file_.nbytes();
}

absl::Status PickleStream::OpenFile() {
  file_ = input_.buffer();
  const bool is_archive = IsArchive(file_.chars());
  if (!is_archive &&
      (!selection_.member.empty() || IsPackedOrArray(file_.chars()))) {
    absl::StatusOr<FileContent> content = OpenContent(file_, selection_.member);
    if (!content.ok()) {
      // Those who know codes want to know why it is no pickle either.
      Document scratch;
      return WithDecodeError(
          content.status(),
          scratch.LoadBorrowed(file_.chars(), options_, &buffers_));
    }
    if (content->is_mapping) {
      content_ = *std::move(content);
      return absl::OkStatus();
    }
    file_ = std::move(content->parts[0].bytes);
  }
  if (IsArchive(file_.chars())) {
    absl::StatusOr<ArchiveReader> archive =
        ArchiveReader::Open(FileBytes::Of(file_), ArchiveAccess::kCopyOnWrite);
    if (!archive.ok()) return archive.status();
    archive_.emplace(*std::move(archive));
  } else if (IsTorchLegacy(file_.chars())) {
    options_.allow_trailing = true;
    if (!selection_.all && selection_.object == 0) {
      selection_.object = kTorchLegacyObject;
    }
  }
  return absl::OkStatus();
}

absl::Status PickleStream::Begin(Document& document) {
  if (input_.stream() != nullptr && !selection_.member.empty()) {
    absl::Status status = input_.ReadAll();
    if (!status.ok()) return status;
  }
  const absl::StatusOr<bool> whole = input_.ReadIfNoPickle();
  if (!whole.ok()) return whole.status();
  if (*whole) {
    absl::Status status = OpenFile();
    if (!status.ok()) return status;
  }
  if (archive_.has_value() || content_.has_value()) return absl::OkStatus();
  for (; selection_.object != 0; --selection_.object) {
    absl::Status status = LoadNext(document);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status PickleStream::LoadFromArchive(Document& document) {
  const Progress progress(input_.path(), file_.chars());
  absl::Status status = archive_->Load(selection_.object, &document, options_);
  if (!status.ok()) return status;
  offset_ = archive_->extents().objects[selection_.object++].begin;
  pickle_ = file_.chars().substr(offset_, document.consumed());
  return status;
}

absl::Status PickleStream::LoadNpy(const Buffer& bytes, Document& document,
                                   uint64_t* consumed) {
  const absl::StatusOr<std::string_view> pickle = NpyPickle(bytes.chars());
  if (!pickle.ok()) return pickle.status();
  if (!pickle->empty()) {
    // Another array may stand behind the pickle.
    ReadOptions options = options_;
    options.allow_trailing = true;
    absl::Status status = document.LoadBorrowed(*pickle, options, &buffers_);
    pickle_ = pickle->substr(0, document.consumed());
    *consumed = bytes.nbytes() - pickle->size() + document.consumed();
    return status;
  }
  document.Clear();
  const absl::StatusOr<Value> array = NpyToValue(bytes, document);
  if (!array.ok()) return array.status();
  document.SetRoot(*array);
  const Buffer& data = document.buffer(0);
  *consumed = static_cast<uint64_t>(data.data() - bytes.data()) + data.nbytes();
  return absl::OkStatus();
}

absl::Status PickleStream::LoadBytes(const Buffer& bytes, Document& document,
                                     uint64_t* consumed) {
  pickle_ = {};
  if (IsNpy(bytes.chars())) return LoadNpy(bytes, document, consumed);
  absl::Status status =
      document.LoadBorrowed(bytes.chars(), options_, &buffers_);
  *consumed = document.consumed();
  // A joblib dump seems broken or, by chance, shorter than it is.
  if ((!status.ok() || *consumed < bytes.nbytes()) &&
      !absl::IsResourceExhausted(status) &&
      internal::NamesJoblibWrapper(bytes.chars())) {
    Document with_arrays;
    auto dump = std::make_unique<internal::JoblibDump>();
    absl::Status loaded =
        internal::LoadJoblib(bytes, options_, &with_arrays, dump.get());
    // A pickle may name the wrapper and be none of joblib's.
    if (loaded.ok() || !status.ok()) {
      document = std::move(with_arrays);
      joblib_ = std::move(dump);
      pickle_ = joblib_->pickle;
      *consumed = joblib_->length;
      return loaded;
    }
  }
  if (status.ok()) pickle_ = bytes.chars().substr(0, *consumed);
  return ExplainError(bytes.chars(), std::move(status));
}

absl::StatusOr<Value> PickleStream::LoadMember(const FilePart& part,
                                               Document& document) {
  if (IsNpy(part.bytes.chars())) {
    const absl::StatusOr<std::string_view> pickle =
        NpyPickle(part.bytes.chars());
    if (!pickle.ok()) return pickle.status();
    if (pickle->empty()) return NpyToValue(part.bytes, document);
  }
  Document own;
  uint64_t consumed = 0;
  absl::Status status = LoadBytes(part.bytes, own, &consumed);
  if (!status.ok()) return status;
  const Value copy = document.Copy(own.root());
  if (copy.is_null()) return OutOfMemoryStatus();
  return copy;
}

absl::Status PickleStream::LoadMapping(Document& document) {
  document.Clear();
  const Value dict = document.MakeDict();
  for (const FilePart& part : content_->parts) {
    const absl::StatusOr<Value> value = LoadMember(part, document);
    if (!value.ok()) return InMember(part.name, value.status());
    if (!document.SetItem(dict, KeyOf(part, document), *value)) {
      return OutOfMemoryStatus();
    }
  }
  document.SetRoot(dict);
  pickle_ = {};
  return absl::OkStatus();
}

absl::Status PickleStream::LoadNext(Document& document) {
  ++loaded_;
  if (content_.has_value()) return LoadMapping(document);
  if (archive_.has_value()) return LoadFromArchive(document);
  offset_ = next_offset_;
  absl::Status status;
  uint64_t consumed = 0;
  if (input_.stream() != nullptr) {
    status = document.Load(*input_.stream(), options_, &buffers_);
    if (status.ok() && refuses_trailing_ && input_.HasMoreNow()) {
      return MakeDecodeStatus(ErrorCode::kTrailing, document.consumed() - 1,
                              static_cast<uint8_t>(Opcode::STOP),
                              "bytes stand behind STOP");
    }
    consumed = document.consumed();
  } else {
    const absl::StatusOr<Buffer> rest =
        file_.Slice(offset_, file_.nbytes() - offset_);
    if (!rest.ok()) return rest.status();
    const Progress progress(input_.path(), rest->chars());
    status = LoadBytes(*rest, document, &consumed);
  }
  next_offset_ = offset_ + consumed;
  return status;
}

bool PickleStream::WouldWait() const {
  return selection_.all && input_.stream() != nullptr && !input_.Ready();
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

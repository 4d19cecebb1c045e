// What of json_format.h writes.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "buffers/io_status.h"
#include "pickle/show/json_format.h"
#include "pickle/show/json_tags.h"
#include "pickle/show/json_text.h"
#include "pickle/text/text_argument.h"
#include "pickle/text/utf8.h"
#include "pickle/value/child_cursor.h"
#include "pickle/value/contents.h"
#include "pickle/value/key_interner.h"
#include "pickle/value/node.h"
#include "pickle/value/references.h"
#include "pickle/value/scalar.h"

namespace pickle5 {
namespace {

using internal::PostNode;
using internal::ValueAccess;

class JsonPrinter {
 public:
  // `writer` may be nullptr: everything then stays in Take().
  JsonPrinter(Value root, const JsonOptions& options, ByteWriter* writer)
      : root_(root), options_(options), writer_(writer), references_(root) {}

  bool Print() {
    Visit(root_);
    while (!tasks_.empty()) {
      Continue();
      if (writer_ != nullptr && out_.size() >= kChunk && !Flush()) return false;
    }
    return writer_ == nullptr || Flush();
  }

  std::string Take() { return std::move(out_); }

 private:
  static constexpr size_t kChunk = size_t{64} << 10;

  enum class Step : uint8_t {
    kText,     // prints `text`
    kValue,    // prints `value`
    kItems,    // prints at .. end, then `text`
    kPairs,    // the same, [key, value] each
    kEntries,  // prints the entries of dict or set `value`, then `text`
    kMembers,  // the same of a dict as "key": value
    kPosts,    // prints the posts of `value` from `post` on
  };
  struct Task {
    Step step;
    bool begun = false;
    bool at_value = false;  // kPairs: a key has been printed
    Value value = {};
    const Value* at = nullptr;
    const Value* end = nullptr;
    const PostNode* post = nullptr;
    const char* text = "";
    size_t place = 0;  // of the next entry
    // Keys and values in turn, or items, that stand in no container.
    std::unique_ptr<const std::vector<Value>> flat = nullptr;
    uint8_t contents = 0;  // kPosts: bits of the PostKinds already printed
    std::unique_ptr<const std::vector<internal::DistinctEntry>> entries =
        nullptr;
  };

  bool Flush() {
    const bool written = writer_->Write(out_);
    out_.clear();
    return written;
  }

  void Put(std::string_view text) { out_.append(text); }
  void Later(const char* text) {
    tasks_.push_back({.step = Step::kText, .text = text});
  }
  void LaterValue(Value value) {
    tasks_.push_back({.step = Step::kValue, .value = value});
  }
  void LaterItems(Step step, std::span<const Value> items, const char* close) {
    tasks_.push_back({.step = step,
                      .at = items.data(),
                      .end = items.data() + items.size(),
                      .text = close});
  }

  void PutBase64(std::string_view bytes) {
    Put("\"");
    // A multiple of three bytes makes no padding.
    constexpr size_t kPiece = 48 << 10;
    for (; !bytes.empty();
         bytes.remove_prefix(std::min(kPiece, bytes.size()))) {
      const std::string_view piece = bytes.substr(0, kPiece);
      Put(absl::Base64Escape(absl::string_view(piece.data(), piece.size())));
    }
    Put("\"");
  }

  void PutString(std::string_view utf8) {
    internal::AppendJsonString(utf8, options_.ascii, &out_);
  }

  // Opens the object of a tag: {"$id": 1, "$list": .
  void Open(std::string_view tag, uint64_t id) {
    Put("{");
    if (id != 0) {
      Put(R"("$id": )");
      Put(std::to_string(id));
      Put(", ");
    }
    Put("\"$");
    Put(tag);
    Put("\": ");
  }

  void Visit(Value v) {
    const internal::References::Mark mark = references_.Meet(v);
    if (mark.again) {
      Put(R"({"$ref": )");
      Put(std::to_string(mark.number));
      return Put("}");
    }
    const uint64_t id = mark.number;
    switch (v.kind()) {
      case Kind::kNull:
      case Kind::kNone:
        return Put("null");
      case Kind::kBool:
        return Put(*v.AsBool() ? "true" : "false");
      case Kind::kInt:
        return PutInt(v, id);
      case Kind::kFloat:
        return PutFloat(*v.AsDouble());
      case Kind::kStr:
        return PutStr(*v.AsStr(), id);
      case Kind::kBytes:
      case Kind::kByteArray:
        Open(v.is(Kind::kBytes) ? "bytes" : "bytearray", id);
        PutBase64(*v.AsBytes());
        return Put("}");
      case Kind::kList:
      case Kind::kTuple:
        return VisitSequence(v, id);
      case Kind::kSet:
      case Kind::kFrozenSet:
        return VisitSet(v, id);
      case Kind::kDict:
        return VisitDict(v, id);
      default:
        return VisitExtensible(v, id);
    }
  }

  void PutInt(Value v, uint64_t id) {
    const std::string text = internal::IntLiteralOf(v);
    const bool hexadecimal = text.find('x') != text.npos;
    if (id == 0 && !hexadecimal &&
        (!options_.lossless || text.size() <= internal::kMaxJsonDigits)) {
      return Put(text);
    }
    Open("int", id);
    PutString(text);
    Put("}");
  }

  void PutFloat(double value) {
    if (std::isfinite(value)) return Put(FloatRepr(value));
    constexpr uint64_t kNan = 0x7ff8000000000000;
    const auto bits = std::bit_cast<uint64_t>(value);
    Open("float", 0);
    if (std::isinf(value) || bits == kNan) {
      PutString(FloatRepr(value));
    } else {
      std::string big_endian;
      for (int shift = 56; shift >= 0; shift -= 8) {
        big_endian.push_back(static_cast<char>(bits >> shift & 0xff));
      }
      PutString(absl::BytesToHexString(big_endian));
    }
    Put("}");
  }

  void PutStr(std::string_view text, uint64_t id) {
    const bool plain = !HasSurrogates(text);
    if (id == 0 && plain) return PutString(text);
    Open(plain ? "str" : "surrogatepass", id);
    plain ? PutString(text) : PutBase64(text);
    Put("}");
  }

  void VisitSequence(Value v, uint64_t id) {
    const std::span<const Value> items = ValueAccess::items(v);
    const bool is_list = v.is(Kind::kList);
    if (id == 0 && (is_list || !options_.lossless)) {
      Put("[");
      return LaterItems(Step::kItems, items, "]");
    }
    Open(is_list ? "list" : "tuple", id);
    Put("[");
    LaterItems(Step::kItems, items, "]}");
  }

  void VisitSet(Value v, uint64_t id) {
    Open(v.is(Kind::kSet) ? "set" : "frozenset", id);
    Put("[");
    if (options_.lossless) {
      return LaterItems(Step::kItems, ValueAccess::items(v), "]}");
    }
    LaterEntries(Step::kEntries, v, internal::DistinctEntries(v, &keys_), "]}");
  }

  // Returns whether the key can be a member's name.
  bool IsName(Value key) const {
    const std::optional<std::string_view> text = key.AsStr();
    return text.has_value() && !text->starts_with('$') &&
           !HasSurrogates(*text) && !references_.Has(key);
  }

  void VisitDict(Value v, uint64_t id) {
    const std::span<const Value> flat = ValueAccess::items(v);
    std::vector<internal::DistinctEntry> entries =
        internal::DistinctEntries(v, &keys_);
    const bool all = options_.lossless && entries.size() != flat.size() / 2;
    bool names = id == 0 && !all;
    for (size_t i = 0; names && i < entries.size(); ++i) {
      names = IsName(flat[entries[i].first]);
    }
    if (names) {
      Put("{");
      return LaterEntries(Step::kMembers, v, std::move(entries), "}");
    }
    Open("dict", id);
    Put("[");
    if (all) return LaterItems(Step::kPairs, flat, "]}");
    LaterEntries(Step::kEntries, v, std::move(entries), "]}");
  }

  void LaterEntries(Step step, Value v,
                    std::vector<internal::DistinctEntry> entries,
                    const char* close) {
    tasks_.push_back(
        {.step = step,
         .value = v,
         .text = close,
         .entries = std::make_unique<std::vector<internal::DistinctEntry>>(
             std::move(entries))});
  }

  void VisitExtensible(Value v, uint64_t id) {
    tasks_.push_back(
        {.step = Step::kPosts, .value = v, .post = ValueAccess::first_post(v)});
    switch (v.kind()) {
      case Kind::kGlobal:
        Open("global", id);
        Put("[");
        PutGlobalName(v.module());
        Put(", ");
        PutGlobalName(v.qualname());
        Put("]");
        if (options_.lossless &&
            ValueAccess::has(v, ValueAccess::kPython2Name)) {
          Put(R"(, "$python2": true)");
        }
        return;
      case Kind::kExtension:
        Open("extension", id);
        return Put(std::to_string(*v.extension_code()));
      case Kind::kPersistentId:
        Open("persistent_id", id);
        return LaterValue(v.persistent_id());
      case Kind::kBuffer:
        return PutBuffer(v, id);
      default:
        return VisitObject(v, id);
    }
  }

  void PutGlobalName(std::string_view name) { PutStr(name, 0); }

  void PutBuffer(Value v, uint64_t id) {
    Open("buffer", id);
    Put(std::to_string(*v.buffer_index()));
    Put(v.readonly() ? R"(, "$readonly": true)" : R"(, "$readonly": false)");
    if (!options_.lossless || v.buffer() == nullptr) return;
    Put(R"(, "$data": )");
    PutBase64(v.buffer()->chars());
  }

  void VisitObject(Value v, uint64_t id) {
    Open("object", id);
    PutString(internal::FormName(*v.form()));
    if (v.kwargs()) {
      LaterValue(v.kwargs());
      Later(R"(, "$kwargs": )");
    }
    LaterValue(v.args());
    Later(R"(, "$args": )");
    Put(R"(, "$callable": )");
    LaterValue(v.callable());
  }

  void Continue() {
    Task& task = tasks_.back();
    switch (task.step) {
      case Step::kText:
        Put(task.text);
        tasks_.pop_back();
        return;
      case Step::kValue: {
        const Value v = task.value;
        tasks_.pop_back();
        return Visit(v);
      }
      case Step::kItems:
        return NextItem(task);
      case Step::kPairs:
        return NextPair(task);
      case Step::kEntries:
      case Step::kMembers:
        return NextEntry(task);
      case Step::kPosts:
        return NextPost(task);
    }
  }

  void End(const Task& task) {
    Put(task.text);
    tasks_.pop_back();
  }

  void Separate(Task& task) {
    if (task.begun) Put(", ");
    task.begun = true;
  }

  void NextItem(Task& task) {
    if (task.at == task.end) return End(task);
    Separate(task);
    Visit(*task.at++);
  }

  void NextPair(Task& task) {
    if (task.at_value) {
      Put(", ");
    } else {
      if (task.begun) Put("]");
      if (task.at == task.end) return End(task);
      Separate(task);
      Put("[");
    }
    task.at_value = !task.at_value;
    Visit(*task.at++);
  }

  void NextEntry(Task& task) {
    if (task.place == task.entries->size()) return End(task);
    Separate(task);
    const internal::DistinctEntry entry = (*task.entries)[task.place++];
    const std::span<const Value> items =
        task.flat != nullptr ? std::span<const Value>(*task.flat)
                             : ValueAccess::items(task.value);
    const Value key = items[entry.first];
    if (task.flat == nullptr && !task.value.is(Kind::kDict)) return Visit(key);
    const Value value = items[entry.last + 1];
    if (task.step == Step::kMembers) {
      PutString(*key.AsStr());
      Put(": ");
      return Visit(value);
    }
    Later("]");
    LaterValue(value);
    Later(", ");
    Put("[");
    Visit(key);
  }

  // Prints the steps of one kind that come next in one piece, if nothing but
  // such pieces came before.
  bool PutContents(Task& task) {
    const auto kind = static_cast<PostKind>(task.post->kind);
    const bool is_entries = kind == PostKind::kSetItem;
    // A reader adds elements before entries, as picklers do.
    if ((!is_entries && kind != PostKind::kAppend) ||
        task.contents >= internal::BitOf(kind)) {
      return false;
    }
    task.contents |= internal::BitOf(kind);
    std::vector<Value> flat;
    for (;
         task.post != nullptr && static_cast<PostKind>(task.post->kind) == kind;
         task.post = task.post->next) {
      flat.insert(flat.end(), task.post->items(),
                  task.post->items() + task.post->count);
    }
    if (is_entries) {
      PutEntries(std::move(flat));
    } else {
      Put(R"(, "$elements": [)");
      Task items{.step = Step::kItems, .text = "]"};
      items.flat = std::make_unique<const std::vector<Value>>(std::move(flat));
      items.at = items.flat->data();
      items.end = items.at + items.flat->size();
      tasks_.push_back(std::move(items));
    }
    return true;
  }

  void PutEntries(std::vector<Value> flat) {
    std::vector<internal::DistinctEntry> entries =
        internal::DistinctEntries(flat, 2, &keys_);
    const bool names = std::all_of(
        entries.begin(), entries.end(),
        [&](const auto& entry) { return IsName(flat[entry.first]); });
    Put(names ? R"(, "$entries": {)" : R"(, "$entries": [)");
    LaterEntries(names ? Step::kMembers : Step::kEntries, {},
                 std::move(entries), names ? "}" : "]");
    tasks_.back().flat =
        std::make_unique<const std::vector<Value>>(std::move(flat));
  }

  void NextPost(Task& task) {
    const PostNode* const post = task.post;
    if (post == nullptr) {
      Put(task.begun ? "]}" : "}");
      tasks_.pop_back();
      return;
    }
    if (!options_.lossless && !task.begun && PutContents(task)) return;
    task.post = post->next;
    Put(task.begun ? ", [" : R"(, "$posts": [[)");
    task.begun = true;
    const auto kind = static_cast<PostKind>(post->kind);
    PutString(internal::PostName(kind));
    Put(", ");
    if (kind == PostKind::kState || kind == PostKind::kEffect) {
      Later("]");
      return Visit(post->items()[0]);
    }
    Put("[");
    LaterItems(kind == PostKind::kSetItem ? Step::kPairs : Step::kItems,
               {post->items(), static_cast<size_t>(post->count)}, "]]");
  }

  const Value root_;
  const JsonOptions options_;
  ByteWriter* const writer_;
  internal::References references_;
  internal::KeyInterner keys_{internal::KeyInterner::Objects::kByIdentity};
  std::string out_;
  std::vector<Task> tasks_;
};

absl::Status CheckValue(Value value) {
  if (value.is_null()) {
    return absl::InvalidArgumentError("there is no value to write as JSON");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteJson(Value value, const JsonOptions& options,
                       ByteWriter& writer) {
  if (absl::Status status = CheckValue(value); !status.ok()) {
    return writer.Abandon(std::move(status));
  }
  try {
    JsonPrinter printer(value, options, &writer);
    return printer.Print() ? absl::OkStatus() : writer.status();
  } catch (const std::bad_alloc&) {
    return writer.Abandon(OutOfMemoryStatus());
  }
}

absl::StatusOr<std::string> ToJson(Value value, const JsonOptions& options) {
  if (absl::Status status = CheckValue(value); !status.ok()) return status;
  try {
    JsonPrinter printer(value, options, nullptr);
    printer.Print();
    return printer.Take();
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5

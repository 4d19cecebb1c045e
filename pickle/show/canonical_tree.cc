#include "pickle/show/canonical_tree.h"

#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "buffers/io_status.h"
#include "pickle/protocol/hash_table.h"
#include "pickle/show/json_tags.h"
#include "pickle/show/json_text.h"
#include "pickle/show/sha256.h"
#include "pickle/text/integer_text.h"
#include "pickle/text/utf8.h"
#include "pickle/value/child_cursor.h"
#include "pickle/value/node.h"

namespace pickle5 {
namespace {

using internal::Address;
using internal::PostNode;
using internal::ValueAccess;

constexpr size_t kMaxText = 256;
constexpr uint64_t kMaxBits = 512;

std::string_view TypeName(Value v) {
  switch (v.kind()) {
    case Kind::kByteArray:
      return "bytearray";
    case Kind::kList:
      return "list";
    case Kind::kTuple:
      return "tuple";
    case Kind::kDict:
      return "dict";
    case Kind::kSet:
      return "set";
    case Kind::kFrozenSet:
      return "frozenset";
    case Kind::kGlobal:
      return "global";
    case Kind::kExtension:
      return "ext";
    case Kind::kPersistentId:
      return "persid";
    case Kind::kBuffer:
      return "buffer";
    default:
      return internal::FormName(v.form().value_or(ObjectForm::kReduce));
  }
}

void AppendHex(std::string_view bytes, std::string* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out->push_back('"');
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    out->push_back(kDigits[byte >> 4]);
    out->push_back(kDigits[byte & 0xf]);
  }
  out->push_back('"');
}

// The next post that is printed; nullptr if there is none.
const PostNode* Printed(const PostNode* post) {
  while (post != nullptr &&
         static_cast<PostKind>(post->kind) == PostKind::kEffect) {
    post = post->next;
  }
  return post;
}

const PostNode* FirstPrinted(Value v) {
  return Printed(ValueAccess::first_post(v));
}

// Ids are given in the order of visits, callable before args, but JSON's keys
// are sorted, "args" before "func". Where the callable is more than a name,
// both are written in the order of visits and swapped at the end.
class TreePrinter {
 public:
  std::string Print(Value root) {
    root_ = root;
    next_ = root;
    while (next_ || !frames_.empty()) {
      if (next_) {
        Visit(std::exchange(next_, Value()));
      } else {
        Continue();
      }
    }
    return swaps_.empty() ? std::move(out_) : Swapped();
  }

 private:
  enum class Step : uint8_t {
    kItems,        // at .. end; of container v, of a post if that is null
    kPairs,        // the same, [key, value] each
    kCallable,     // the callable of v, more than a name, has been printed
    kSwappedArgs,  // and so have the args
    kArgs,         // the args of v, whose callable is a name, have been printed
    kPosts,        // from `post` on, which has been printed if begun
    kEnd,          // what stands behind the posts of v
  };
  struct Frame {
    Step step;
    bool begun = false;
    bool at_value = false;  // kPairs: a key has been printed
    Value v = {};
    const Value* at = nullptr;
    const Value* end = nullptr;
    const PostNode* post = nullptr;
    uint64_t number = 0;  // the object's id or, if to be swapped, swap
  };
  // out_[begin, middle) is to change places with out_[middle, end). The swaps
  // inside follow in order; *_swaps is their number when the part was ended.
  struct Swap {
    size_t begin = 0;
    size_t middle = 0;
    size_t end = 0;
    size_t middle_swaps = 0;
    size_t end_swaps = 0;
    uint64_t id = 0;
  };

  void Put(std::string_view text) { out_.append(text); }
  void PutNumber(uint64_t number) { out_.append(std::to_string(number)); }
  void PutType(Value v) {
    Put(", \"t\": \"");
    Put(TypeName(v));
    Put("\"}");
  }

  void Visit(Value v) {
    switch (v.kind()) {
      case Kind::kNone:
        return Put(R"({"t": "none"})");
      case Kind::kBool:
        return Put(*v.AsBool() ? R"({"t": "bool", "v": true})"
                               : R"({"t": "bool", "v": false})");
      case Kind::kFloat:
        return VisitFloat(v);
      case Kind::kInt:
      case Kind::kStr:
      case Kind::kBytes:
        return VisitText(v);
      case Kind::kGlobal:
        if (FirstPrinted(v) == nullptr) return VisitGlobal(v);
        break;
      default:
        if (Address(v) == 0) return Put(R"({"items": [], "t": "tuple"})");
        break;
    }
    uint64_t id = next_id_;
    if (internal::IsShared(v) || v.Is(root_)) {
      const auto [known, fresh] = ids_.try_emplace(Address(v), id);
      if (!fresh) {
        Put(R"({"id": )");
        PutNumber(known->second);
        return Put(R"(, "t": "ref"})");
      }
    }
    ++next_id_;
    if (v.is(Kind::kByteArray)) {
      VisitByteArray(v, id);
    } else if (ValueAccess::is_extensible(v)) {
      VisitExtensible(v, id);
    } else {
      VisitContainer(v, id);
    }
  }

  void VisitFloat(Value v) {
    const uint64_t bits = ValueAccess::bits(v);
    std::string big_endian;
    for (int shift = 56; shift >= 0; shift -= 8) {
      big_endian.push_back(static_cast<char>(bits >> shift & 0xff));
    }
    Put(R"({"bits": )");
    AppendHex(big_endian, &out_);
    Put(R"(, "t": "float"})");
  }

  // Texts whose digest takes time are printed once and copied from then on.
  void VisitText(Value v) {
    if (!internal::IsLongText(v) || !internal::IsShared(v)) return PutText(v);
    const auto [known, fresh] = texts_.try_emplace(Address(v));
    if (fresh) {
      const size_t begin = out_.size();
      PutText(v);
      known->second = out_.substr(begin);
    } else {
      Put(known->second);
    }
  }

  void PutText(Value v) {
    if (v.is(Kind::kInt)) return PutInt(v);
    if (v.is(Kind::kStr)) return PutStr(*v.AsStr());
    Put("{");
    PutBytes(*v.AsBytes(), "");
    Put(R"(, "t": "bytes"})");
  }

  void PutInt(Value v) {
    std::string bytes = *v.AsIntBytes();
    const uint64_t bits = BitLength(bytes);
    if (bits <= kMaxBits) {
      Put(R"({"t": "int", "v": ")");
      Put(*v.AsIntText());
      return Put("\"}");
    }
    bytes.resize(static_cast<size_t>(bits / 8 + 1),
                 (bytes.back() & 0x80) != 0 ? '\xff' : '\0');
    Put(R"({"le_len": )");
    PutNumber(bytes.size());
    Put(R"(, "le_sha256": ")");
    Put(internal::Sha256Hex(bytes));
    Put(R"(", "t": "int"})");
  }

  void PutStr(std::string_view text) {
    Put(R"({"cp": )");
    PutNumber(CountCodePoints(text));
    if (text.size() > kMaxText) {
      Put(R"(, "sha256": ")");
      Put(internal::Sha256Hex(text));
      Put(R"(", "t": "str", "u8len": )");
      PutNumber(text.size());
    } else if (HasSurrogates(text)) {
      Put(R"(, "t": "str", "u8hex": )");
      AppendHex(text, &out_);
    } else {
      Put(R"(, "t": "str", "v": )");
      internal::AppendJsonString(text, /*ascii=*/true, &out_);
    }
    Put("}");
  }

  // `id` stands where the keys' order wants it.
  void PutBytes(std::string_view bytes, std::string_view id) {
    if (bytes.size() <= kMaxText) {
      Put(R"("hex": )");
      AppendHex(bytes, &out_);
      Put(", ");
    }
    Put(id);
    Put(R"("len": )");
    PutNumber(bytes.size());
    if (bytes.size() > kMaxText) {
      Put(R"(, "sha256": ")");
      Put(internal::Sha256Hex(bytes));
      Put("\"");
    }
  }

  void VisitByteArray(Value v, uint64_t id) {
    Put("{");
    PutBytes(*v.AsBytes(), "\"id\": " + std::to_string(id) + ", ");
    PutType(v);
  }

  void VisitGlobal(Value v) {
    Put("{");
    PutNames(v);
    PutType(v);
  }

  void PutNames(Value global) {
    Put(R"("module": )");
    internal::AppendJsonString(global.module(), /*ascii=*/true, &out_);
    Put(R"(, "name": )");
    internal::AppendJsonString(global.qualname(), /*ascii=*/true, &out_);
  }

  void VisitContainer(Value v, uint64_t id) {
    Put(R"({"id": )");
    PutNumber(id);
    Put(R"(, "items": [)");
    const std::span<const Value> items = ValueAccess::items(v);
    frames_.push_back({.step = v.is(Kind::kDict) ? Step::kPairs : Step::kItems,
                       .v = v,
                       .at = items.data(),
                       .end = items.data() + items.size()});
  }

  void VisitExtensible(Value v, uint64_t id) {
    frames_.push_back({.step = Step::kEnd, .v = v});
    const PostNode* post = FirstPrinted(v);
    if (post != nullptr) {
      frames_.push_back({.step = Step::kPosts, .post = post});
    }
    if (v.is(Kind::kObject)) return VisitObject(v, id);
    Put("{");
    if (v.is(Kind::kExtension)) {
      Put(R"("code": )");
      Put(std::to_string(*v.extension_code()));
      Put(", ");
    }
    Put(R"("id": )");
    PutNumber(id);
    if (v.is(Kind::kGlobal)) {
      Put(", ");
      PutNames(v);
    } else if (v.is(Kind::kBuffer)) {
      Put(R"(, "index": )");
      PutNumber(*v.buffer_index());
    } else if (v.is(Kind::kPersistentId)) {
      Put(R"(, "pid": )");
      next_ = v.persistent_id();
    }
  }

  void VisitObject(Value v, uint64_t id) {
    Put(R"({"args": )");
    const Value callable = v.callable();
    const bool is_name =
        callable.is(Kind::kGlobal) && FirstPrinted(callable) == nullptr;
    frames_.push_back({.step = is_name ? Step::kArgs : Step::kCallable,
                       .v = v,
                       .number = is_name ? id : swaps_.size()});
    if (!is_name) swaps_.push_back({.begin = out_.size(), .id = id});
    next_ = is_name ? v.args() : callable;
  }

  void Continue() {
    Frame& frame = frames_.back();
    switch (frame.step) {
      case Step::kItems:
        return NextItem(frame);
      case Step::kPairs:
        return NextPair(frame);
      case Step::kCallable:
        swaps_[frame.number].middle = out_.size();
        swaps_[frame.number].middle_swaps = swaps_.size();
        frame.step = Step::kSwappedArgs;
        return Visit(frame.v.args());
      case Step::kSwappedArgs:
        swaps_[frame.number].end = out_.size();
        swaps_[frame.number].end_swaps = swaps_.size();
        frame.number = swaps_[frame.number].id;
        return EndCall(frame);
      case Step::kArgs:
        Put(R"(, "func": )");
        VisitGlobal(frame.v.callable());
        return EndCall(frame);
      case Step::kPosts:
        return NextPost(frame);
      case Step::kEnd:
        return End(frame);
    }
  }

  void NextItem(Frame& frame) {
    if (frame.at == frame.end) return EndItems(frame);
    if (frame.begun) Put(", ");
    frame.begun = true;
    Visit(*frame.at++);
  }

  void NextPair(Frame& frame) {
    if (frame.at_value) {
      Put(", ");
    } else {
      if (frame.begun) Put("]");
      if (frame.at == frame.end) return EndItems(frame);
      Put(frame.begun ? ", [" : "[");
      frame.begun = true;
    }
    frame.at_value = !frame.at_value;
    Visit(*frame.at++);
  }

  void EndItems(const Frame& frame) {
    const Value v = frame.v;
    frames_.pop_back();
    Put("]");
    if (v) PutType(v);
  }

  void EndCall(const Frame& frame) {
    const Value kwargs = frame.v.kwargs();
    Put(R"(, "id": )");
    PutNumber(frame.number);
    frames_.pop_back();
    if (kwargs.is_null()) return;
    Put(R"(, "kwargs": )");
    Visit(kwargs);
  }

  void NextPost(Frame& frame) {
    if (frame.begun) {
      Put("]");
      frame.post = Printed(frame.post->next);
      if (frame.post == nullptr) {
        Put("]");
        frames_.pop_back();
        return;
      }
      Put(", ");
    } else {
      Put(R"(, "post": [)");
      frame.begun = true;
    }
    const PostNode* post = frame.post;
    const auto kind = static_cast<PostKind>(post->kind);
    Put("[\"");
    Put(internal::PostName(kind));
    Put("\", ");
    if (kind == PostKind::kState) return Visit(post->items()[0]);
    Put("[");
    frames_.push_back(
        {.step = kind == PostKind::kSetItem ? Step::kPairs : Step::kItems,
         .at = post->items(),
         .end = post->items() + post->count});
  }

  void End(const Frame& frame) {
    const Value v = frame.v;
    frames_.pop_back();
    if (v.is(Kind::kBuffer)) {
      Put(v.readonly() ? R"(, "readonly": true)" : R"(, "readonly": false)");
    }
    PutType(v);
  }

  // out_ with all swaps done and "func" put between the parts.
  std::string Swapped() const {
    struct Part {
      size_t begin;
      size_t end;
      size_t first_swap;
      size_t end_swap;
      std::string_view before;
    };
    std::string result;
    std::vector<Part> parts = {{0, out_.size(), 0, swaps_.size(), ""}};
    const std::string_view all = out_;
    while (!parts.empty()) {
      const Part part = parts.back();
      parts.pop_back();
      result.append(part.before);
      if (part.first_swap == part.end_swap) {
        result.append(all.substr(part.begin, part.end - part.begin));
        continue;
      }
      const Swap& swap = swaps_[part.first_swap];
      result.append(all.substr(part.begin, swap.begin - part.begin));
      parts.push_back({swap.end, part.end, swap.end_swaps, part.end_swap, ""});
      parts.push_back({swap.begin, swap.middle, part.first_swap + 1,
                       swap.middle_swaps, ", \"func\": "});
      parts.push_back(
          {swap.middle, swap.end, swap.middle_swaps, swap.end_swaps, ""});
    }
    return result;
  }

  Value root_;
  Value next_;  // to be visited before the frames continue
  uint64_t next_id_ = 0;
  std::string out_;
  std::vector<Frame> frames_;
  std::vector<Swap> swaps_;
  internal::HashMap<uint64_t, uint64_t> ids_;
  internal::HashMap<uint64_t, std::string> texts_;
};

}  // namespace

absl::StatusOr<std::string> CanonicalTree(Value root) {
  if (root.is_null()) {
    return absl::InvalidArgumentError("there is no value to print");
  }
  try {
    return TreePrinter().Print(root);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5

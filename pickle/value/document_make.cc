// What of Document builds objects by hand.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pickle/protocol/hash_table.h"
#include "pickle/text/integer_text.h"
#include "pickle/text/utf8.h"
#include "pickle/value/child_cursor.h"
#include "pickle/value/document.h"
#include "pickle/value/document_state.h"
#include "pickle/value/node.h"
#include "pickle/value/placement.h"

namespace pickle5 {
namespace {

using internal::Address;
using internal::DocumentState;
using internal::NodeHeader;
using internal::NoteMutation;
using internal::Place;
using internal::PostNode;
using internal::ScalarNode;
using internal::SequenceNode;
using internal::ValueAccess;
using internal::ValueBuilder;

const uint8_t* Octets(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

void PlaceAll(std::span<const Value> values) {
  for (const Value v : values) Place(v);
}

bool AnyNull(std::span<const Value> values) {
  return std::any_of(values.begin(), values.end(),
                     [](Value v) { return v.is_null(); });
}

// ValueBuilder reads short runs in blocks of four, also behind their end.
bool Extend(ValueBuilder& builder, SequenceNode* sequence,
            std::span<const Value> items) {
  constexpr size_t kShort = 64;
  if (items.size() > kShort) {
    return builder.Extend(sequence, items.data(), items.size());
  }
  Value padded[kShort + 4];
  std::copy(items.begin(), items.end(), padded);
  return items.empty() || builder.Extend(sequence, padded, items.size());
}

Value NewSequence(ValueBuilder& builder, Kind kind,
                  std::span<const Value> items) {
  const Value made = builder.NewSequence(kind);
  if (made.is_null() ||
      !Extend(builder, ValueAccess::node<SequenceNode>(made), items)) {
    return {};
  }
  return made;
}

Value NewInline(DocumentState& state, Kind kind, std::span<const Value> items) {
  if (kind == Kind::kTuple && items.empty()) return state.builder.EmptyTuple();
  if (items.size() > std::numeric_limits<uint32_t>::max()) return {};
  void* memory = state.arena.Allocate(sizeof(NodeHeader) + items.size_bytes());
  if (memory == nullptr) return {};
  auto* header = new (memory) NodeHeader;
  std::copy(items.begin(), items.end(), reinterpret_cast<Value*>(header + 1));
  return ValueAccess::Make(ValueAccess::Head(kind, items.size()), header + 1);
}

Value NewByteArray(ValueBuilder& builder, std::string_view bytes) {
  builder.set_views(false);
  return builder.ByteArray(Octets(bytes), bytes.size());
}

Value NewBuffer(DocumentState& state, Buffer buffer) {
  const bool readonly = buffer.readonly();
  try {
    state.buffers.push_back(std::move(buffer));
  } catch (const std::bad_alloc&) {
    return {};
  }
  return state.builder.NewScalar(
      Kind::kBuffer, readonly ? ValueAccess::kReadonly : 0,
      static_cast<int64_t>(state.buffers.size() - 1), &state.buffers.back());
}

// Copies a graph from the top down: a node's copy first refers to the
// originals, which are then replaced in place.
class Copier {
 public:
  explicit Copier(DocumentState* state) : state_(*state) {}

  // May throw std::bad_alloc.
  Value Run(Value root) {
    root_ = root;
    Value copy;
    if (!CopyNode(root, &copy)) return {};
    while (!pending_.empty()) {
      std::span<Value>& run = pending_.back();
      if (run.empty()) {
        pending_.pop_back();
        continue;
      }
      Value* at = run.data();
      run = run.subspan(1);
      if (!CopyNode(*at, at)) return {};
      Place(*at);
    }
    return copy;
  }

 private:
  bool CopyNode(Value from, Value* to) {
    if (!ValueAccess::has_node(from)) {
      *to = from;
      return true;
    }
    const bool met_again = internal::IsShared(from) || from.Is(root_);
    if (met_again) {
      const auto known = copies_.find(Address(from));
      if (known != copies_.end()) {
        *to = known->second;
        return true;
      }
    }
    *to = Shell(from);
    if (to->is_null()) return false;
    if (met_again) copies_.try_emplace(Address(from), *to);
    if (internal::IsShared(from)) {
      ValueAccess::header(*to)->flags |= NodeHeader::kShared;
    }
    return true;
  }

  Value Shell(Value from) {
    switch (from.kind()) {
      case Kind::kInt: {
        const std::string_view bytes = ValueAccess::text(from);
        return state_.builder.Long(Octets(bytes), bytes.size());
      }
      case Kind::kStr:
      case Kind::kBytes: {
        const std::string_view text = ValueAccess::text(from);
        return state_.builder.Text(from.kind(), Octets(text), text.size(),
                                   /*view=*/false);
      }
      case Kind::kByteArray:
        return NewByteArray(state_.builder, *from.AsBytes());
      case Kind::kTuple:
      case Kind::kFrozenSet:
        return Filled(NewInline(state_, from.kind(), ValueAccess::items(from)));
      case Kind::kList:
      case Kind::kSet:
      case Kind::kDict:
        return Filled(
            NewSequence(state_.builder, from.kind(), ValueAccess::items(from)));
      default:
        return Extensible(from);
    }
  }

  Value Filled(Value container) {
    const std::span<const Value> items = ValueAccess::items(container);
    Later(items.data(), items.size());
    return container;
  }

  Value Extensible(Value from) {
    Value made;
    if (from.buffer() != nullptr) {
      made = NewBuffer(state_, from.readonly() ? from.buffer()->AsReadonly()
                                               : *from.buffer());
    } else {
      const uint64_t flags =
          ValueAccess::head(from) & (uint64_t{0xff} << ValueAccess::kFlagShift);
      made = from.is(Kind::kExtension) || from.is(Kind::kBuffer)
                 ? state_.builder.NewScalar(
                       from.kind(), flags,
                       ValueAccess::node<const ScalarNode>(from)->scalar)
                 : NewObject(from, flags);
    }
    if (made.is_null()) return {};
    for (const Post& post : from.posts()) {
      if (!state_.builder.AddPost(made, post.kind, post.items.data(),
                                  post.items.size())) {
        return {};
      }
      const PostNode* last = ValueAccess::first_post(made)->last;
      Later(last->items(), post.items.size());
    }
    const std::span<Value> parts = ValueAccess::parts(made);
    Later(parts.data(), parts.size());
    return made;
  }

  Value NewObject(Value from, uint64_t flags) {
    const std::span<const Value> parts = ValueAccess::parts(from);
    return state_.builder.NewObject(from.kind(), flags, parts[0],
                                    parts.size() > 1 ? parts[1] : Value(),
                                    parts.size() > 2 ? parts[2] : Value());
  }

  // `values` are the Document's own, const only to readers.
  void Later(const Value* values, size_t count) {
    if (count != 0) pending_.emplace_back(const_cast<Value*>(values), count);
  }

  DocumentState& state_;
  Value root_;
  std::vector<std::span<Value>> pending_;
  internal::HashMap<uint64_t, Value> copies_;
};

}  // namespace

Value Document::MakeStr(std::string_view utf8) {
  if (!IsValidUtf8(utf8, /*allow_surrogates=*/true) || !Ready()) return {};
  return state_->builder.Text(Kind::kStr, Octets(utf8), utf8.size(),
                              /*view=*/false);
}

Value Document::MakeBytes(std::string_view bytes) {
  if (!Ready()) return {};
  return state_->builder.Text(Kind::kBytes, Octets(bytes), bytes.size(),
                              /*view=*/false);
}

Value Document::MakeByteArray(std::string_view bytes) {
  if (!Ready()) return {};
  return NewByteArray(state_->builder, bytes);
}

Value Document::MakeInt(std::string_view little_endian) {
  if (!Ready()) return {};
  return state_->builder.Long(Octets(little_endian), little_endian.size());
}

Value Document::MakeIntFromText(std::string_view decimal) {
  const bool negative = decimal.starts_with('-');
  if (negative || decimal.starts_with('+')) decimal.remove_prefix(1);
  if (decimal.empty() ||
      decimal.find_first_not_of("0123456789") != decimal.npos) {
    return {};
  }
  try {
    return MakeInt(TwosComplementFromDecimal(decimal, negative));
  } catch (const std::bad_alloc&) {
    return {};
  }
}

Value Document::MakeList(std::span<const Value> items) {
  if (AnyNull(items) || !Ready()) return {};
  const Value made = NewSequence(state_->builder, Kind::kList, items);
  if (made) PlaceAll(items);
  return made;
}

Value Document::MakeTuple(std::span<const Value> items) {
  if (AnyNull(items) || !Ready()) return {};
  const Value made = NewInline(*state_, Kind::kTuple, items);
  if (made) PlaceAll(items);
  return made;
}

Value Document::MakeSet(std::span<const Value> items) {
  if (AnyNull(items) || !Ready()) return {};
  const Value made = NewSequence(state_->builder, Kind::kSet, items);
  if (made) PlaceAll(items);
  return made;
}

Value Document::MakeFrozenSet(std::span<const Value> items) {
  if (AnyNull(items) || !Ready()) return {};
  const Value made = NewInline(*state_, Kind::kFrozenSet, items);
  if (made) PlaceAll(items);
  return made;
}

Value Document::MakeDict(std::span<const Value> flat) {
  if (AnyNull(flat) || flat.size() % 2 != 0 || !Ready()) return {};
  const Value made = NewSequence(state_->builder, Kind::kDict, flat);
  if (made) PlaceAll(flat);
  return made;
}

Value Document::MakeGlobal(std::string_view module, std::string_view qualname) {
  for (const std::string_view name : {module, qualname}) {
    if (name.empty() || name.find('\0') != name.npos) return {};
  }
  const Value names[] = {MakeStr(module), MakeStr(qualname)};
  if (AnyNull(names)) return {};
  PlaceAll(names);
  return state_->builder.NewObject(Kind::kGlobal, 0, names[0], names[1], {});
}

Value Document::MakeObject(ObjectForm form, Value callable, Value args,
                           Value kwargs) {
  if (!ValueAccess::is_extensible(callable) || !args.is(Kind::kTuple) ||
      kwargs.is(Kind::kDict) != (form == ObjectForm::kNewObjEx) || !Ready()) {
    return {};
  }
  const Value made = state_->builder.NewObject(
      Kind::kObject, static_cast<uint64_t>(form) << ValueAccess::kFormShift,
      callable, args, kwargs);
  if (made) {
    Place(callable);
    Place(args);
    Place(kwargs);
  }
  return made;
}

Value Document::MakeExtension(int32_t code) {
  if (code <= 0 || !Ready()) return {};
  return state_->builder.Extension(code);
}

Value Document::MakePersistentId(Value id) {
  if (id.is_null() || !Ready()) return {};
  const Value made =
      state_->builder.NewObject(Kind::kPersistentId, 0, id, {}, {});
  if (made) Place(id);
  return made;
}

Value Document::MakeBuffer(Buffer buffer) {
  if (!Ready()) return {};
  return NewBuffer(*state_, std::move(buffer));
}

bool Document::Append(Value list, Value item) {
  if (!list.is(Kind::kList) || item.is_null() ||
      !Extend(state_->builder, ValueAccess::node<SequenceNode>(list),
              std::span(&item, 1))) {
    return false;
  }
  Place(item);
  NoteMutation(list);
  return true;
}

bool Document::SetItem(Value dict, Value key, Value value) {
  const Value pair[] = {key, value};
  if (!dict.is(Kind::kDict) || AnyNull(pair) ||
      !Extend(state_->builder, ValueAccess::node<SequenceNode>(dict), pair)) {
    return false;
  }
  PlaceAll(pair);
  NoteMutation(dict);
  return true;
}

bool Document::Add(Value set, Value item) {
  if (!set.is(Kind::kSet) || item.is_null() ||
      !Extend(state_->builder, ValueAccess::node<SequenceNode>(set),
              std::span(&item, 1))) {
    return false;
  }
  Place(item);
  NoteMutation(set);
  return true;
}

bool Document::AddPost(Value object, PostKind kind,
                       std::span<const Value> items) {
  if (!ValueAccess::is_extensible(object) || AnyNull(items)) return false;
  const bool single = kind == PostKind::kState || kind == PostKind::kEffect;
  if ((single && items.size() != 1) ||
      (kind == PostKind::kSetItem && items.size() % 2 != 0) ||
      !state_->builder.AddPost(object, kind, items.data(), items.size())) {
    return false;
  }
  PlaceAll(items);
  NoteMutation(object);
  return true;
}

Value Document::Copy(Value value) {
  if (!Ready()) return {};
  try {
    return Copier(state_.get()).Run(value);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

void Document::SetRoot(Value value) {
  root_ = value;
  Place(value);
}

}  // namespace pickle5

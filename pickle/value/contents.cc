#include "pickle/value/contents.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "pickle/value/key_interner.h"

namespace pickle5 {
namespace {

using internal::BitOf;
using internal::Pieces;
using internal::PostNode;
using internal::ValueAccess;

enum class Like : uint8_t { kDict, kList, kSet };

// A class of Python's, and which of its arguments holds the contents.
struct Type {
  std::string_view module;
  std::string_view name;
  Like like;
  uint8_t argument = 0;
};

constexpr std::array kCollections = {
    Type{"collections", "OrderedDict", Like::kDict},
    Type{"collections", "defaultdict", Like::kDict, 1},
    Type{"collections", "Counter", Like::kDict},
    Type{"collections", "deque", Like::kList},
};

constexpr std::array kBuiltins = {
    Type{"", "dict", Like::kDict},     Type{"", "list", Like::kList},
    Type{"", "tuple", Like::kList},    Type{"", "set", Like::kSet},
    Type{"", "frozenset", Like::kSet},
};

// Those that keep their contents as the attribute `data`.
constexpr std::array kWrappers = {
    Type{"collections", "UserDict", Like::kDict},
    Type{"collections", "UserList", Like::kList},
    Type{"UserDict", "UserDict", Like::kDict},
    Type{"UserDict", "IterableUserDict", Like::kDict},
    Type{"UserList", "UserList", Like::kList},
};

const Type* FindType(std::span<const Type> types, Value global) {
  if (!global.is(Kind::kGlobal)) return nullptr;
  const std::string_view module = global.module();
  const std::string_view name = global.qualname();
  const auto type =
      std::find_if(types.begin(), types.end(), [&](const Type& of) {
        return of.name == name && (of.module.empty() || of.module == module);
      });
  return type == types.end() ? nullptr : &*type;
}

const Type* FindBuiltin(Value global) {
  if (!global.is(Kind::kGlobal) ||
      (global.module() != "builtins" && global.module() != "__builtin__")) {
    return nullptr;
  }
  return FindType(kBuiltins, global);
}

bool IsReconstructor(Value callable) {
  return callable.is(Kind::kGlobal) &&
         callable.qualname() == "_reconstructor" &&
         (callable.module() == "copyreg" || callable.module() == "copy_reg");
}

// What an object was given to hold.
struct Given {
  Like like;
  Value contents;  // may be null
};

std::optional<Given> FindGiven(Value object) {
  if (!object.is(Kind::kObject)) return std::nullopt;
  if (const Type* type = FindType(kWrappers, internal::ClassOf(object))) {
    const Value state = object.state();
    return Given{type->like, state.is(Kind::kDict) ? state["data"] : Value()};
  }
  const ObjectForm form = ValueAccess::form(object);
  if (form == ObjectForm::kNewObj || form == ObjectForm::kNewObjEx) {
    return std::nullopt;
  }
  const Value callable = object.callable();
  if (IsReconstructor(callable)) {
    const Type* type = FindBuiltin(object.args()[1]);
    if (type == nullptr) return std::nullopt;
    return Given{type->like, object.args()[2]};
  }
  const Type* type = FindBuiltin(callable);
  if (type == nullptr) type = FindType(kCollections, callable);
  if (type == nullptr) return std::nullopt;
  return Given{type->like, object.args()[type->argument]};
}

bool IsSequence(Value value) {
  return value.is(Kind::kList) || value.is(Kind::kTuple);
}

bool IsPair(Value value) {
  return IsSequence(value) && ValueAccess::items(value).size() == 2;
}

void AddEntries(Value contents, Pieces* pieces) {
  const std::span<const Value> items = ValueAccess::items(contents);
  if (contents.is(Kind::kDict)) {
    pieces->given = items;
  } else if (IsSequence(contents) &&
             std::all_of(items.begin(), items.end(), IsPair)) {
    pieces->given = items;
    pieces->given_in_pairs = true;
  }
}

size_t CountOf(const Pieces& pieces, size_t stride) {
  size_t count = pieces.given.size() / (pieces.given_in_pairs ? 1 : stride);
  for (const PostNode* post = pieces.first_post; post != nullptr;
       post = post->next) {
    if ((pieces.post_kinds >> post->kind & 1) != 0) {
      count += static_cast<size_t>(post->count) / stride;
    }
  }
  return count;
}

}  // namespace

namespace internal {

Value ClassOf(Value object) {
  const Value callable = object.callable();
  if (!callable.is(Kind::kGlobal)) return {};
  if (object.form() == ObjectForm::kReduce &&
      (callable.module() == "copyreg" || callable.module() == "copy_reg")) {
    const std::string_view name = callable.qualname();
    if (name == "_reconstructor" || name == "__newobj__" ||
        name == "__newobj_ex__") {
      const Value first = object.args()[0];
      return first.is(Kind::kGlobal) ? first : Value();
    }
  }
  return callable;
}

void PieceCursor::NextPiece() {
  for (; post_ != nullptr; post_ = post_->next) {
    if ((post_kinds_ >> post_->kind & 1) == 0 || post_->count == 0) continue;
    at_ = post_->items();
    end_ = at_ + post_->count;
    in_pairs_ = false;
    post_ = post_->next;
    return;
  }
  at_ = end_ = nullptr;
}

bool IsSetLike(Value object) {
  const std::optional<Given> given = FindGiven(object);
  if (given.has_value() && given->like == Like::kSet) return true;
  for (const Post& post : object.posts()) {
    if (post.kind == PostKind::kAddItem) return true;
  }
  return false;
}

size_t CountContents(Value object) {
  const std::vector<Value> flat = FlatEntries(object);
  if (!flat.empty()) return DistinctEntries(flat, 2).size();
  const ElementRange elements = object.elements();
  if (!IsSetLike(object)) return elements.size();
  std::vector<Value> items;
  items.reserve(elements.size());
  for (const Value item : elements) items.push_back(item);
  return DistinctEntries(items, 1).size();
}

std::vector<Value> FlatEntries(Value value) {
  const EntryRange entries = value.entries();
  std::vector<Value> flat;
  flat.reserve(2 * entries.size());
  for (const auto& [key, item] : entries) {
    flat.push_back(key);
    flat.push_back(item);
  }
  return flat;
}

}  // namespace internal

EntryRange Value::entries() const {
  Pieces pieces;
  if (is(Kind::kDict)) pieces.given = ValueAccess::items(*this);
  if (ValueAccess::is_extensible(*this)) {
    pieces.first_post = ValueAccess::first_post(*this);
    pieces.post_kinds = BitOf(PostKind::kSetItem);
    const std::optional<Given> given = FindGiven(*this);
    if (given.has_value() && given->like == Like::kDict) {
      AddEntries(given->contents, &pieces);
    }
  }
  return EntryRange(pieces);
}

ElementRange Value::elements() const {
  Pieces pieces;
  if (!is(Kind::kDict)) pieces.given = ValueAccess::items(*this);
  if (ValueAccess::is_extensible(*this)) {
    pieces.first_post = ValueAccess::first_post(*this);
    pieces.post_kinds = BitOf(PostKind::kAppend) | BitOf(PostKind::kAddItem);
    const std::optional<Given> given = FindGiven(*this);
    if (given.has_value() && given->like != Like::kDict &&
        !given->contents.is(Kind::kDict)) {
      pieces.given = ValueAccess::items(given->contents);
    }
  }
  return ElementRange(pieces);
}

size_t EntryRange::size() const { return CountOf(pieces_, 2); }

size_t ElementRange::size() const { return CountOf(pieces_, 1); }

Pair EntryRange::operator[](size_t index) const {
  const size_t stride = pieces_.given_in_pairs ? 1 : 2;
  if (index < pieces_.given.size() / stride) {
    const Value* const at = &pieces_.given[index * stride];
    if (stride == 2) return {at[0], at[1]};
    return {at->items()[0], at->items()[1]};
  }
  index -= pieces_.given.size() / stride;
  for (const PostNode* post = pieces_.first_post; post != nullptr;
       post = post->next) {
    if ((pieces_.post_kinds >> post->kind & 1) == 0) continue;
    const auto count = static_cast<size_t>(post->count) / 2;
    if (index < count) {
      return {post->items()[2 * index], post->items()[2 * index + 1]};
    }
    index -= count;
  }
  return {};
}

Value ElementRange::operator[](size_t index) const {
  if (index < pieces_.given.size()) return pieces_.given[index];
  index -= pieces_.given.size();
  for (const PostNode* post = pieces_.first_post; post != nullptr;
       post = post->next) {
    if ((pieces_.post_kinds >> post->kind & 1) == 0) continue;
    if (index < post->count) return post->items()[index];
    index -= static_cast<size_t>(post->count);
  }
  return {};
}

}  // namespace pickle5

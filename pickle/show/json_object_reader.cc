#include "pickle/show/json_object_reader.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "buffers/io_status.h"
#include "pickle/protocol/hash_table.h"
#include "pickle/show/json_tags.h"
#include "pickle/text/integer_text.h"
#include "pickle/text/utf8.h"
#include "pickle/value/child_cursor.h"
#include "pickle/value/node.h"
#include "pickle/value/placement.h"

namespace pickle5::internal {
namespace {

// Those that say what the object is.
constexpr std::array<std::string_view, 16> kTags = {
    "$float",  "$int",       "$str",           "$surrogatepass",
    "$bytes",  "$bytearray", "$list",          "$tuple",
    "$set",    "$frozenset", "$dict",          "$global",
    "$object", "$extension", "$persistent_id", "$buffer"};
// Those that say more about it.
constexpr std::array<std::string_view, 10> kMembers = {
    "$id",   "$posts",    "$callable", "$args",     "$kwargs",
    "$data", "$readonly", "$python2",  "$elements", "$entries"};

template <size_t kSize>
bool IsOneOf(const std::array<std::string_view, kSize>& names,
             std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

absl::Status Bad(std::string_view tag, std::string_view rule) {
  return absl::InvalidArgumentError(
      absl::StrCat("JSON: ", Absl(tag), ": ", Absl(rule)));
}

absl::StatusOr<Value> Made(Value value) {
  if (value.is_null()) {
    return OutOfMemoryStatus();
  }
  return value;
}

std::optional<std::string> Unbase64(Value content) {
  const std::optional<std::string_view> text = content.AsStr();
  std::string bytes;
  if (!text.has_value() || !absl::Base64Unescape(Absl(*text), &bytes)) {
    return std::nullopt;
  }
  return bytes;
}

// Returns whether the value must exist before the objects that refer to it in
// turn: all that is not filled after it was made.
bool IsFixed(Value v) {
  return v.is(Kind::kTuple) || v.is(Kind::kFrozenSet) ||
         ValueAccess::is_extensible(v);
}

// Returns whether one of the values is needed to construct itself.
bool HaveConstructionCycle(const std::vector<Value>& fixed) {
  struct Frame {
    Value value;
    ChildCursor children;
  };
  HashMap<uint64_t, bool> open;  // false: done
  std::vector<Frame> frames;
  const auto enter = [&](Value v) {
    if (!IsFixed(v) || Address(v) == 0) return true;
    const auto [entry, fresh] = open.try_emplace(Address(v), true);
    if (!fresh) return !entry->second;
    frames.push_back({v, ChildCursor(v, /*with_posts=*/false)});
    return true;
  };
  for (const Value start : fixed) {
    if (!open.contains(Address(start))) enter(start);
    while (!frames.empty()) {
      const Value* child = frames.back().children.Next();
      if (child == nullptr) {
        open[Address(frames.back().value)] = false;
        frames.pop_back();
      } else if (!enter(*child)) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

struct JsonObjectReader::Members {
  std::string_view tag;
  Value content;  // of the tag
  Value id;
  Value posts;
  Value callable;
  Value args;
  Value kwargs;
  Value data;
  Value readonly;
  Value python2;
  Value elements;
  Value entries;

  absl::Status Read(std::span<const Value> flat) {
    for (size_t i = 0; i < flat.size(); i += 2) {
      const std::string_view name = *flat[i].AsStr();
      Value* const member = Member(name);
      if (member == nullptr || !member->is_null()) {
        return Bad(name, "does not belong into this object");
      }
      *member = flat[i + 1];
    }
    if (tag.empty()) return Bad("$id", "nothing is identified");
    return absl::OkStatus();
  }

 private:
  Value* Member(std::string_view name) {
    if (IsOneOf(kTags, name)) {
      if (!tag.empty()) return nullptr;
      tag = name;
      return &content;
    }
    if (name == "$id") return &id;
    if (name == "$posts") return &posts;
    if (name == "$callable") return &callable;
    if (name == "$args") return &args;
    if (name == "$kwargs") return &kwargs;
    if (name == "$data") return &data;
    if (name == "$readonly") return &readonly;
    if (name == "$python2") return &python2;
    if (name == "$elements") return &elements;
    if (name == "$entries") return &entries;
    return nullptr;
  }
};

bool IsTagged(std::span<const Value> members) {
  if (members.empty()) return false;
  const std::string_view name = *members[0].AsStr();
  return name.starts_with('$') &&
         (name == "$ref" || IsOneOf(kTags, name) || IsOneOf(kMembers, name));
}

absl::StatusOr<Value> JsonObjectReader::Make(std::span<const Value> flat) {
  if (*flat[0].AsStr() == "$ref") {
    if (flat.size() != 2) return Bad("$ref", "stands alone");
    return Referred(flat[1]);
  }
  Members members;
  if (absl::Status status = members.Read(flat); !status.ok()) return status;
  absl::StatusOr<Value> made = MakeBare(members);
  if (!made.ok()) return made;
  if (absl::Status status = AddContents(*made, members); !status.ok()) {
    return status;
  }
  if (members.posts) {
    if (absl::Status status = AddPosts(*made, members.posts); !status.ok()) {
      return status;
    }
  }
  if (members.id) {
    const std::optional<int64_t> id = members.id.AsInt64();
    if (!id.has_value() || !values_.try_emplace(*id, *made).second) {
      return Bad("$id", "is no int, or is used twice");
    }
    identified_.insert(Address(*made));
  }
  return made;
}

absl::StatusOr<Value> JsonObjectReader::MakeBare(const Members& members) {
  const std::string_view tag = members.tag;
  const Value content = members.content;
  if (tag == "$float") return MakeFloat(content);
  if (tag == "$global") return MakeGlobal(members);
  if (tag == "$object") return MakeObject(members);
  if (tag == "$extension") return MakeExtension(content);
  if (tag == "$buffer") return MakeBuffer(members);
  if (tag == "$dict") return MakeDict(content);
  if (tag == "$persistent_id") {
    return Made(document_->MakePersistentId(content));
  }
  if (tag == "$int" || tag == "$str") {
    const std::optional<std::string_view> text = content.AsStr();
    if (!text.has_value()) return Bad(tag, "is no text");
    if (tag == "$str") return content;
    return MakeInt(*text);
  }
  if (tag == "$bytes" || tag == "$bytearray" || tag == "$surrogatepass") {
    const std::optional<std::string> bytes = Unbase64(content);
    if (!bytes.has_value()) return Bad(tag, "is no base64");
    if (tag == "$bytes") return Made(document_->MakeBytes(*bytes));
    if (tag == "$bytearray") return Made(document_->MakeByteArray(*bytes));
    if (!IsValidUtf8(*bytes, /*allow_surrogates=*/true)) {
      return Bad(tag, "is no UTF-8");
    }
    return Made(document_->MakeStr(*bytes));
  }
  return MakeContainer(tag, content);
}

absl::StatusOr<Value> JsonObjectReader::MakeInt(
    std::string_view literal) const {
  std::string_view digits = literal;
  const bool negative = digits.starts_with('-');
  const bool positive = digits.starts_with('+');
  if (negative || positive) digits.remove_prefix(1);
  const bool hexadecimal = !positive && digits.starts_with("0x");
  if (hexadecimal) digits.remove_prefix(2);
  const int base = hexadecimal ? 16 : 10;
  const auto is_digit = [base](char c) { return DigitValue(c) < base; };
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) {
    return Bad("$int", "is no integer");
  }
  if (!hexadecimal) return Made(document_->MakeIntFromText(literal));
  return Made(
      document_->MakeInt(TwosComplementFromHexOctBin(digits, 16, negative)));
}

// A list that was only read to be taken apart no longer refers to its items.
bool JsonObjectReader::TakeApart(Value list,
                                 std::span<const Value>* items) const {
  if (!list.is(Kind::kList) || identified_.contains(Address(list))) {
    return false;
  }
  *items = list.items();
  for (const Value item : *items) Unplace(item);
  return true;
}

// Keys and values in turn of a list of pairs.
bool JsonObjectReader::Flatten(Value pairs, std::vector<Value>* flat) const {
  std::span<const Value> items;
  if (!TakeApart(pairs, &items)) return false;
  for (const Value pair : items) {
    std::span<const Value> parts;
    if (!TakeApart(pair, &parts) || parts.size() != 2) return false;
    flat->insert(flat->end(), parts.begin(), parts.end());
  }
  return true;
}

bool JsonObjectReader::IsStandIn(Value v) const {
  return v.is(Kind::kPersistentId) && ids_.contains(Address(v));
}

absl::StatusOr<Value> JsonObjectReader::MakeContainer(std::string_view tag,
                                                      Value content) {
  if (tag == "$list" && content.is(Kind::kList) &&
      !identified_.contains(Address(content))) {
    return content;
  }
  std::span<const Value> items;
  if (!TakeApart(content, &items)) return Bad(tag, "is no array");
  if (tag == "$tuple") return Made(document_->MakeTuple(items));
  if (tag == "$set") return Made(document_->MakeSet(items));
  return Made(document_->MakeFrozenSet(items));
}

absl::StatusOr<Value> JsonObjectReader::MakeDict(Value content) {
  std::vector<Value> flat;
  if (!Flatten(content, &flat)) return Bad("$dict", "is no array of pairs");
  return Made(document_->MakeDict(flat));
}

absl::StatusOr<Value> JsonObjectReader::MakeFloat(Value content) {
  const std::string_view text = content.AsStr().value_or("");
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "inf") return Value::Float(kInfinity);
  if (text == "-inf") return Value::Float(-kInfinity);
  if (text == "nan") {
    return Value::Float(std::numeric_limits<double>::quiet_NaN());
  }
  uint64_t bits = 0;
  if (text.size() != 16 || !absl::SimpleHexAtoi(Absl(text), &bits)) {
    return Bad("$float", "is not inf, -inf, nan or 16 hex digits");
  }
  return Value::Float(std::bit_cast<double>(bits));
}

absl::StatusOr<Value> JsonObjectReader::MakeGlobal(const Members& members) {
  const std::span<const Value> names = members.content.items();
  if (!members.content.is(Kind::kList) || names.size() != 2 ||
      !names[0].is(Kind::kStr) || !names[1].is(Kind::kStr)) {
    return Bad("$global", "is no array of module and qualname");
  }
  for (const Value name : names) {
    const std::string_view text = *name.AsStr();
    if (text.empty() || text.find('\0') != text.npos) {
      return Bad("$global", "a name is empty or holds a NUL");
    }
  }
  const Value made =
      document_->MakeGlobal(*names[0].AsStr(), *names[1].AsStr());
  if (made.is_null()) return Made(made);
  if (!members.python2.AsBool().value_or(false)) return made;
  return ValueAccess::Make(ValueAccess::head(made) | ValueAccess::kPython2Name,
                           ValueAccess::bits(made));
}

absl::StatusOr<Value> JsonObjectReader::MakeObject(const Members& members) {
  const auto form = std::find(kFormNames.begin(), kFormNames.end(),
                              members.content.AsStr().value_or(""));
  if (form == kFormNames.end()) return Bad("$object", "is no form");
  const bool with_kwargs = *form == FormName(ObjectForm::kNewObjEx);
  if (!members.callable || !members.args ||
      members.kwargs.is_null() == with_kwargs) {
    return Bad("$object", "needs $callable, $args, and for newobj_ex $kwargs");
  }
  if (!ValueAccess::is_extensible(members.callable)) {
    return Bad("$callable", "cannot be called");
  }
  Value args = members.args;
  if (args.is(Kind::kList)) {
    // Plain JSON has arrays for tuples.
    absl::StatusOr<Value> tuple = MakeContainer("$tuple", args);
    if (!tuple.ok()) return tuple;
    args = *tuple;
  }
  const bool args_later = IsStandIn(args);
  const bool kwargs_later = IsStandIn(members.kwargs);
  if (!args.is(Kind::kTuple) && !args_later) {
    return Bad("$args", "are no tuple");
  }
  if (with_kwargs && !members.kwargs.is(Kind::kDict) && !kwargs_later) {
    return Bad("$kwargs", "are no dict");
  }
  const Value made = document_->MakeObject(
      static_cast<ObjectForm>(form - kFormNames.begin()), members.callable,
      args_later ? document_->MakeTuple({}) : args,
      kwargs_later ? document_->MakeDict() : members.kwargs);
  if (made.is_null()) return Made(made);
  const std::span<Value> parts = ValueAccess::parts(made);
  parts[1] = args;
  if (with_kwargs) parts[2] = members.kwargs;
  return made;
}

absl::StatusOr<Value> JsonObjectReader::MakeExtension(Value content) {
  const std::optional<int64_t> code = content.AsInt64();
  if (!code.has_value() || *code <= 0 ||
      *code > std::numeric_limits<int32_t>::max()) {
    return Bad("$extension", "is no code above 0");
  }
  return Made(document_->MakeExtension(static_cast<int32_t>(*code)));
}

absl::StatusOr<Value> JsonObjectReader::MakeBuffer(const Members& members) {
  const std::optional<int64_t> index = members.content.AsInt64();
  if (!index.has_value() || *index < 0) return Bad("$buffer", "is no index");
  const bool readonly = members.readonly.AsBool().value_or(false);
  if (members.data.is_null()) {
    return MakePlaceholder(*index, readonly);
  }
  std::optional<std::string> bytes = Unbase64(members.data);
  if (!bytes.has_value()) return Bad("$data", "is no base64");
  absl::StatusOr<Buffer> buffer = Buffer::Own(*std::move(bytes));
  if (!buffer.ok()) return buffer.status();
  return Made(document_->MakeBuffer(readonly ? buffer->AsReadonly() : *buffer));
}

// A buffer without data, on the node of another value that has no parts.
absl::StatusOr<Value> JsonObjectReader::MakePlaceholder(int64_t index,
                                                        bool readonly) {
  const Value made = document_->MakeExtension(1);
  if (made.is_null()) return Made(made);
  auto* node = ValueAccess::node<ScalarNode>(made);
  node->scalar = index;
  return ValueAccess::Make(
      ValueAccess::Head(Kind::kBuffer, 0,
                        readonly ? ValueAccess::kReadonly : 0),
      node);
}

absl::StatusOr<Value> JsonObjectReader::Referred(Value id) {
  const std::optional<int64_t> number = id.AsInt64();
  if (!number.has_value()) return Bad("$ref", "is no int");
  const auto known = values_.find(*number);
  if (known != values_.end()) return known->second;
  Value& stand_in = stand_ins_[*number];
  if (stand_in.is_null()) {
    stand_in = document_->MakePersistentId(Value::None());
    if (stand_in) ids_[Address(stand_in)] = *number;
  }
  return Made(stand_in);
}

absl::Status JsonObjectReader::AddContents(Value object,
                                           const Members& members) {
  const bool has_elements = !members.elements.is_null();
  const bool has_entries = !members.entries.is_null();
  if (!has_elements && !has_entries) return absl::OkStatus();
  if (!ValueAccess::is_extensible(object)) {
    return Bad(has_elements ? "$elements" : "$entries",
               "belongs to a value that can have none");
  }
  std::span<const Value> items;
  if (has_elements) {
    if (!TakeApart(members.elements, &items)) {
      return Bad("$elements", "is no array");
    }
    if (!document_->AddPost(object, PostKind::kAppend, items)) {
      return OutOfMemoryStatus();
    }
  }
  if (!has_entries) return absl::OkStatus();
  std::vector<Value> flat;
  const Value entries = members.entries;
  if (entries.is(Kind::kDict) && !identified_.contains(Address(entries))) {
    const std::span<const Value> pairs = ValueAccess::items(entries);
    for (const Value item : pairs) Unplace(item);
    flat.assign(pairs.begin(), pairs.end());
  } else if (!Flatten(entries, &flat)) {
    return Bad("$entries", "is no object and no array of pairs");
  }
  if (!document_->AddPost(object, PostKind::kSetItem, flat)) {
    return OutOfMemoryStatus();
  }
  return absl::OkStatus();
}

absl::Status JsonObjectReader::AddPosts(Value object, Value posts) {
  std::span<const Value> items;
  if (!ValueAccess::is_extensible(object) || !TakeApart(posts, &items)) {
    return Bad("$posts", "is no array, or the value can have none");
  }
  for (const Value post : items) {
    if (absl::Status status = AddPost(object, post); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status JsonObjectReader::AddPost(Value object, Value post) {
  std::span<const Value> parts;
  if (!TakeApart(post, &parts) || parts.size() != 2) {
    return Bad("$posts", "holds something else than [kind, content]");
  }
  const auto name = std::find(kPostNames.begin(), kPostNames.end(),
                              parts[0].AsStr().value_or(""));
  if (name == kPostNames.end()) return Bad("$posts", "holds no such kind");
  const auto kind = static_cast<PostKind>(name - kPostNames.begin());
  std::vector<Value> flat;
  std::span<const Value> items = parts.subspan(1);
  bool fits = true;
  if (kind == PostKind::kSetItem) {
    fits = Flatten(parts[1], &flat);
    items = flat;
  } else if (kind == PostKind::kAppend || kind == PostKind::kAddItem) {
    fits = TakeApart(parts[1], &items);
  }
  if (!fits) return Bad("$posts", "holds items that are no array");
  if (!document_->AddPost(object, kind, items)) {
    return OutOfMemoryStatus();
  }
  return absl::OkStatus();
}

absl::Status JsonObjectReader::Resolve(Value* root) {
  if (ids_.empty()) return absl::OkStatus();
  if (IsStandIn(*root)) return Replace(root);
  std::vector<Value> fixed;
  if (absl::Status status = ReplaceStandIns(*root, &fixed); !status.ok()) {
    return status;
  }
  for (const Value v : fixed) {
    if (v.is(Kind::kObject) && (!ValueAccess::is_extensible(v.callable()) ||
                                !v.args().is(Kind::kTuple) ||
                                (v.kwargs() && !v.kwargs().is(Kind::kDict)))) {
      return Bad("$object", "a $ref is not of the kind needed");
    }
  }
  if (HaveConstructionCycle(fixed)) {
    return Bad("$ref", "a value is needed to construct itself");
  }
  return absl::OkStatus();
}

absl::Status JsonObjectReader::ReplaceStandIns(Value root,
                                               std::vector<Value>* fixed) {
  HashSet<uint64_t> seen;
  std::vector<ChildCursor> open;
  const auto enter = [&](Value v) {
    if (v.kind() <= Kind::kByteArray || !ValueAccess::has_node(v)) return;
    if (!seen.insert(Address(v)).second) return;
    if (IsFixed(v)) fixed->push_back(v);
    open.emplace_back(v);
  };
  enter(root);
  while (!open.empty()) {
    const Value* child = open.back().Next();
    if (child == nullptr) {
      open.pop_back();
    } else if (!IsStandIn(*child)) {
      enter(*child);
    } else if (absl::Status status = Replace(const_cast<Value*>(child));
               !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status JsonObjectReader::Replace(Value* at) const {
  const auto known = values_.find(ids_.at(Address(*at)));
  if (known == values_.end()) return Bad("$ref", "there is no such $id");
  *at = known->second;
  Place(*at);
  return absl::OkStatus();
}

}  // namespace pickle5::internal

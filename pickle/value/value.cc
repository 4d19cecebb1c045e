#include "pickle/value/value.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "pickle/text/integer_text.h"
#include "pickle/text/utf8.h"
#include "pickle/value/child_cursor.h"
#include "pickle/value/contents.h"
#include "pickle/value/equal.h"
#include "pickle/value/key_interner.h"
#include "pickle/value/node.h"
#include "pickle/value/scalar.h"

namespace pickle5 {
namespace {

using internal::ByteArrayNode;
using internal::ObjectNode;
using internal::ScalarNode;
using internal::ValueAccess;

// Correctly rounded: the bits below the top 64 only decide ties.
std::optional<double> DoubleFromTwosComplement(std::string_view little_endian) {
  const bool negative =
      (static_cast<uint8_t>(little_endian.back()) & 0x80) != 0;
  const uint64_t bits = BitLength(little_endian);
  if (bits > std::numeric_limits<double>::max_exponent) return std::nullopt;
  uint64_t top = 0;
  bool sticky = false;
  unsigned carry = negative ? 1 : 0;
  // Above int64, so that there are at least 64 bits, the sign's included.
  const uint64_t shift = bits > 64 ? bits - 64 : 0;
  for (size_t i = 0; i < little_endian.size(); ++i) {
    unsigned byte = static_cast<uint8_t>(little_endian[i]);
    if (negative) {
      byte = (~byte & 0xff) + carry;
      carry = byte >> 8;
      byte &= 0xff;
    }
    for (unsigned bit = 0; bit < 8; ++bit) {
      if ((byte >> bit & 1) == 0) continue;
      const uint64_t place = i * 8 + bit;
      if (place >= shift) {
        top |= uint64_t{1} << (place - shift);
      } else {
        sticky = true;
      }
    }
  }
  const double magnitude = std::ldexp(
      static_cast<double>(sticky ? top | 1 : top), static_cast<int>(shift));
  if (std::isinf(magnitude)) return std::nullopt;
  return negative ? -magnitude : magnitude;
}

// The last value whose key `matches`.
template <typename Matches>
Value FindLast(Value dict, const Matches& matches) {
  if (ValueAccess::is_extensible(dict)) {
    Value last;
    for (const auto& [key, value] : dict.entries()) {
      if (matches(key)) last = value;
    }
    return last;
  }
  if (!dict.is(Kind::kDict)) return {};
  const std::span<const Value> flat = ValueAccess::items(dict);
  for (size_t i = flat.size(); i != 0; i -= 2) {
    if (matches(flat[i - 2])) return flat[i - 1];
  }
  return {};
}

Value FindStr(Value dict, std::string_view key) {
  return FindLast(dict, [key](Value other) {
    return other.is(Kind::kStr) && ValueAccess::text(other) == key;
  });
}

// The attribute of an object in its state.
Value FindAttribute(Value object, std::string_view key) {
  const Value given = object.state();
  if (!given.is(Kind::kTuple)) return FindStr(given, key);
  // copyreg's form for classes with __slots__: (__dict__ or None, slots).
  if (ValueAccess::items(given).size() != 2) return {};
  const Value slot = FindStr(given[1], key);
  return slot.is_null() ? FindStr(given[0], key) : slot;
}

}  // namespace

std::optional<bool> Value::AsBool() const {
  if (!is(Kind::kBool)) return std::nullopt;
  return bits_ != 0;
}

std::optional<int64_t> Value::AsInt64() const {
  if (!is(Kind::kBool) && !is(Kind::kInt)) return std::nullopt;
  if (ValueAccess::has_big_int(*this)) return std::nullopt;
  return static_cast<int64_t>(bits_);
}

std::optional<double> Value::AsDouble() const {
  if (is(Kind::kFloat)) return std::bit_cast<double>(bits_);
  if (ValueAccess::has_big_int(*this)) {
    return DoubleFromTwosComplement(ValueAccess::text(*this));
  }
  const std::optional<int64_t> value = AsInt64();
  if (!value.has_value()) return std::nullopt;
  return static_cast<double>(*value);
}

std::optional<std::string> Value::AsIntBytes() const {
  if (!is(Kind::kInt)) return std::nullopt;
  if (ValueAccess::has_big_int(*this)) {
    return std::string(ValueAccess::text(*this));
  }
  return TwosComplementFromInt64(static_cast<int64_t>(bits_));
}

std::optional<std::string> Value::AsIntText() const {
  if (!is(Kind::kInt)) return std::nullopt;
  if (ValueAccess::has_big_int(*this)) {
    return DecimalFromTwosComplement(ValueAccess::text(*this));
  }
  char text[24];
  const auto end =
      std::to_chars(text, text + sizeof text, static_cast<int64_t>(bits_)).ptr;
  return std::string(text, end);
}

std::optional<std::string_view> Value::AsStr() const {
  if (!is(Kind::kStr)) return std::nullopt;
  return ValueAccess::text(*this);
}

std::optional<std::string_view> Value::AsBytes() const {
  switch (kind()) {
    case Kind::kBytes:
      return ValueAccess::text(*this);
    case Kind::kByteArray: {
      const auto* node = ValueAccess::node<const ByteArrayNode>(*this);
      return std::string_view(reinterpret_cast<const char*>(node->data),
                              static_cast<size_t>(node->size));
    }
    case Kind::kBuffer: {
      const Buffer* data = buffer();
      if (data == nullptr || !data->IsContiguous('A')) return std::nullopt;
      return data->chars();
    }
    default:
      return std::nullopt;
  }
}

size_t Value::size() const {
  switch (kind()) {
    case Kind::kStr:
      return CountCodePoints(ValueAccess::text(*this));
    case Kind::kBytes:
    case Kind::kByteArray:
      return AsBytes()->size();
    case Kind::kList:
    case Kind::kTuple:
      return ValueAccess::items(*this).size();
    case Kind::kDict:
    case Kind::kSet:
    case Kind::kFrozenSet:
      return internal::DistinctEntries(*this).size();
    case Kind::kBuffer:
      return buffer() == nullptr ? 0 : buffer()->nbytes();
    case Kind::kObject:
      return internal::CountContents(*this);
    default:
      return 0;
  }
}

std::span<const Value> Value::items() const {
  if (is(Kind::kDict)) return {};
  return ValueAccess::items(*this);
}

PairRange Value::pairs() const {
  if (!is(Kind::kDict)) return {};
  return PairRange(ValueAccess::items(*this));
}

Value Value::At(int64_t index) const {
  if (is(Kind::kDict)) return Find(Int(index));
  if (is(Kind::kObject)) {
    const Value found = Find(Int(index));
    if (!found.is_null() || internal::IsSetLike(*this)) return found;
    const ElementRange all = elements();
    if (index < 0) index += static_cast<int64_t>(all.size());
    return index < 0 ? Value() : all[static_cast<size_t>(index)];
  }
  if (!is(Kind::kList) && !is(Kind::kTuple)) return {};
  const std::span<const Value> all = ValueAccess::items(*this);
  const auto count = static_cast<int64_t>(all.size());
  if (index < 0) index += count;
  if (index < 0 || index >= count) return {};
  return all[static_cast<size_t>(index)];
}

Value Value::operator[](std::string_view key) const {
  const Value found = FindStr(*this, key);
  if (!found.is_null() || !is(Kind::kObject)) return found;
  return FindAttribute(*this, key);
}

Value Value::Find(Value key) const {
  if (internal::IsScalar(key)) {
    return FindLast(*this, [key](Value other) {
      return internal::IsScalar(other) && internal::ScalarEqual(key, other);
    });
  }
  return FindLast(*this, [key](Value other) { return Equal(key, other); });
}

std::string_view Value::module() const {
  if (!is(Kind::kGlobal)) return {};
  return *ValueAccess::node<const ObjectNode>(*this)->a.AsStr();
}

std::string_view Value::qualname() const {
  if (!is(Kind::kGlobal)) return {};
  return *ValueAccess::node<const ObjectNode>(*this)->b.AsStr();
}

std::optional<ObjectForm> Value::form() const {
  if (!is(Kind::kObject)) return std::nullopt;
  return ValueAccess::form(*this);
}

Value Value::callable() const {
  if (!is(Kind::kObject)) return {};
  return ValueAccess::node<const ObjectNode>(*this)->a;
}

Value Value::args() const {
  if (!is(Kind::kObject)) return {};
  return ValueAccess::node<const ObjectNode>(*this)->b;
}

Value Value::kwargs() const {
  if (form() != ObjectForm::kNewObjEx) return {};
  return ValueAccess::parts(*this)[2];
}

PostRange Value::posts() const {
  if (!ValueAccess::is_extensible(*this)) return {};
  return PostRange(ValueAccess::first_post(*this));
}

Value Value::state() const {
  Value last;
  for (const Post& post : posts()) {
    if (post.kind == PostKind::kState) last = post.items[0];
  }
  return last;
}

std::string Value::class_name() const {
  const Value of = internal::ClassOf(*this);
  if (of.is_null()) return {};
  std::string name(of.module());
  name += '.';
  name += of.qualname();
  return name;
}

bool Value::IsInstanceOf(std::string_view class_name) const {
  const Value of = internal::ClassOf(*this);
  if (of.is_null()) return false;
  const std::string_view module = of.module();
  return class_name.size() == module.size() + 1 + of.qualname().size() &&
         class_name.starts_with(module) && class_name[module.size()] == '.' &&
         class_name.ends_with(of.qualname());
}

std::optional<int32_t> Value::extension_code() const {
  if (!is(Kind::kExtension)) return std::nullopt;
  return static_cast<int32_t>(
      ValueAccess::node<const ScalarNode>(*this)->scalar);
}

Value Value::persistent_id() const {
  if (!is(Kind::kPersistentId)) return {};
  return ValueAccess::node<const ObjectNode>(*this)->a;
}

std::optional<uint64_t> Value::buffer_index() const {
  if (!is(Kind::kBuffer)) return std::nullopt;
  return static_cast<uint64_t>(
      ValueAccess::node<const ScalarNode>(*this)->scalar);
}

const Buffer* Value::buffer() const {
  if (!is(Kind::kBuffer)) return nullptr;
  return ValueAccess::node<const ScalarNode>(*this)->buffer;
}

bool Value::readonly() const {
  return is(Kind::kBuffer) && ValueAccess::has(*this, ValueAccess::kReadonly);
}

bool Value::is_shared() const { return internal::IsShared(*this); }

Post PostRange::Iterator::operator*() const {
  return {static_cast<PostKind>(at_->kind),
          {at_->items(), static_cast<size_t>(at_->count)}};
}

PostRange::Iterator& PostRange::Iterator::operator++() {
  at_ = at_->next;
  return *this;
}

}  // namespace pickle5

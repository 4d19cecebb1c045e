#include "pickle/inspect/joblib_array.h"

#include <charconv>
#include <span>
#include <string_view>

#include "pickle/value/node.h"

namespace pickle5::internal {
namespace {

constexpr int kMaxFields = 1000;
constexpr int kMaxDepth = 8;
constexpr int64_t kHasObject = 1;  // of a dtype's flags

struct ItemType {
  bool objects;
  uint64_t size;
};

std::optional<int64_t> IntOf(Value v) {
  return v.is(Kind::kInt) ? v.AsInt64() : std::nullopt;
}

std::span<const Value> TupleOf(Value v) {
  return v.is(Kind::kTuple) ? v.items() : std::span<const Value>();
}

// The state that BUILD gave a new object, if it had no other.
Value OnlyState(Value object) {
  const PostNode* post = ValueAccess::first_post(object);
  const bool only = post != nullptr && post->next == nullptr &&
                    static_cast<PostKind>(post->kind) == PostKind::kState;
  return only ? post->items()[0] : Value();
}

std::optional<ItemType> ItemTypeOf(Value dtype, int depth);

// Returns whether all fields are of known types, without objects, and lie
// inside.
bool FieldsAreData(Value fields, uint64_t size, int depth) {
  if (!fields.is(Kind::kDict) || depth == kMaxDepth) return false;
  int left = kMaxFields;
  for (const auto& [name, value] : fields.pairs()) {
    const std::span<const Value> field = TupleOf(value);
    if (!name.is(Kind::kStr) || field.size() < 2 || --left < 0) return false;
    const std::optional<ItemType> type = ItemTypeOf(field[0], depth + 1);
    const std::optional<int64_t> offset = IntOf(field[1]);
    if (!type || type->objects || !offset || *offset < 0 ||
        static_cast<uint64_t>(*offset) > size ||
        type->size > size - static_cast<uint64_t>(*offset)) {
      return false;
    }
  }
  return true;
}

// What numpy.dtype(code) is, with the state that NumPy gives it:
// (version, byte order, subarray, names, fields, size, alignment, flags, ..).
std::optional<ItemType> TypeOf(char code, uint64_t number,
                               std::span<const Value> state, int depth) {
  if (state.size() < 8 || state.size() > 9 || !state[2].is(Kind::kNone)) {
    return std::nullopt;
  }
  const std::optional<int64_t> size = IntOf(state[5]);
  const std::optional<int64_t> flags = IntOf(state[7]);
  if (!size || !flags) return std::nullopt;
  const bool has_fields = !state[4].is(Kind::kNone);
  switch (code) {
    case 'O':
      if (number != 8 || has_fields || *size != -1) return std::nullopt;
      return ItemType{true, 8};
    case 'b':
    case 'i':
    case 'u':
    case 'f':
    case 'c':
    case 'm':
    case 'M':
      if (number == 0 || number > 32 || has_fields || *size != -1 ||
          (*flags & kHasObject) != 0) {
        return std::nullopt;
      }
      return ItemType{false, number};
    case 'U':
      number *= 4;
      [[fallthrough]];
    case 'S':
    case 'V':
      if (*size < 0 || static_cast<uint64_t>(*size) != number ||
          (*flags & kHasObject) != 0 ||
          (has_fields &&
           (code != 'V' || !FieldsAreData(state[4], number, depth)))) {
        return std::nullopt;
      }
      return ItemType{false, number};
    default:
      return std::nullopt;
  }
}

// Of numpy.dtype("f8", False, True) with a state.
std::optional<ItemType> ItemTypeOf(Value dtype, int depth) {
  if (!dtype.is(Kind::kObject) || dtype.form() != ObjectForm::kReduce) {
    return std::nullopt;
  }
  const Value type = dtype.callable();
  const std::span<const Value> args = TupleOf(dtype.args());
  if (!type.is(Kind::kGlobal) || type.module() != "numpy" ||
      type.qualname() != "dtype" || args.size() != 3 ||
      !args[0].is(Kind::kStr)) {
    return std::nullopt;
  }
  const std::string_view text = *args[0].AsStr();
  uint32_t number = 0;
  if (text.size() < 2 || text[1] == '0') {
    if (text != "S0" && text != "U0" && text != "V0") return std::nullopt;
  }
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data() + 1, end, number);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return TypeOf(text[0], number, TupleOf(OnlyState(dtype)), depth);
}

std::optional<uint64_t> CountOf(Value shape) {
  if (!shape.is(Kind::kTuple)) return std::nullopt;
  uint64_t count = 1;
  for (const Value length : shape.items()) {
    const std::optional<int64_t> n = IntOf(length);
    if (!n || *n < 0 ||
        __builtin_mul_overflow(count, static_cast<uint64_t>(*n), &count) ||
        count > uint64_t{1} << 62) {
      return std::nullopt;
    }
  }
  return count;
}

}  // namespace

bool IsJoblibWrapper(Value global) {
  return global.module() == "joblib.numpy_pickle" &&
         global.qualname() == "NumpyArrayWrapper";
}

std::optional<JoblibArray> JoblibArrayOf(Value state) {
  if (!state.is(Kind::kDict)) return std::nullopt;
  Value shape;
  Value dtype;
  Value alignment;
  Value others[3];
  for (const auto& [key, value] : state.pairs()) {
    if (!key.is(Kind::kStr)) return std::nullopt;
    const std::string_view name = *key.AsStr();
    Value* const member = name == "shape"                         ? &shape
                          : name == "dtype"                       ? &dtype
                          : name == "numpy_array_alignment_bytes" ? &alignment
                          : name == "subclass"                    ? &others[0]
                          : name == "order"                       ? &others[1]
                          : name == "allow_mmap"                  ? &others[2]
                                                                  : nullptr;
    if (member == nullptr || !member->is_null()) return std::nullopt;
    *member = value;
  }
  if (shape.is_null() || dtype.is_null()) return std::nullopt;
  const std::optional<uint64_t> count = CountOf(shape);
  const std::optional<ItemType> type = ItemTypeOf(dtype, 0);
  JoblibArray array = {};
  if (!count || !type ||
      __builtin_mul_overflow(*count, type->size, &array.bytes)) {
    return std::nullopt;
  }
  array.pickled = type->objects;
  array.padded = !alignment.is_null() && !alignment.is(Kind::kNone);
  return array;
}

}  // namespace pickle5::internal

#include "pickle/numpy/ndarray.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "pickle/value/repr.h"

namespace pickle5::internal {
namespace {

constexpr int kMaxNesting = 32;

absl::Status NoArray(std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      "the value is no array that an .npy file holds: ", std::string(why)));
}

// The bytes of a bytes object or a buffer. Python 3 writes them as
// _codecs.encode('...', 'latin1') or bytes() in protocols 0 to 2; they are then
// put into `storage`.
std::optional<std::string_view> BytesOf(Value value, std::string* storage) {
  if (!value.is(Kind::kObject)) return value.AsBytes();
  const std::string_view callee = value.callable().qualname();
  if (callee == "bytes" && value.args().size() == 0) return std::string_view();
  const std::optional<std::string_view> text = value.args()[0].AsStr();
  if (callee != "encode" || !text.has_value()) return std::nullopt;
  for (size_t i = 0; i < text->size(); ++i) {
    unsigned code = static_cast<uint8_t>((*text)[i]);
    if (code >= 0x80) {
      // Code points below 256 are two bytes of UTF-8.
      if (code > 0xc3 || i + 1 == text->size()) return std::nullopt;
      code = (code & 3) << 6 | (static_cast<uint8_t>((*text)[++i]) & 0x3f);
    }
    *storage += static_cast<char>(code);
  }
  return *storage;
}

// The descr of a dtype in an .npy header, and the size of an item.
struct Descr {
  std::string text;
  uint64_t itemsize = 0;
};

// The fields of a structured dtype, in the order of their offsets. Gaps
// between them become void fields without a name, as
// numpy.lib.format.dtype_to_descr() writes them.
class FieldList {
 public:
  absl::Status Add(Value name, absl::StatusOr<Descr> descr) {
    if (!descr.ok()) return descr.status();
    // (title, name)
    const Value plain = name.is(Kind::kTuple) ? name[1] : name;
    if (!plain.is(Kind::kStr)) return NoArray("a field has no name");
    std::string text = descr->text;
    // A subarray stands in the field itself: (name, dtype, shape).
    if (text.starts_with('(')) text = text.substr(1, text.size() - 2);
    absl::StrAppend(&text_, "(", Repr(name), ", ", text, "), ");
    if (__builtin_add_overflow(size_, descr->itemsize, &size_)) {
      return NoArray("its dtype is too large");
    }
    return absl::OkStatus();
  }

  // Moves on to the offset of the next field.
  absl::Status Skip(int64_t offset) {
    if (offset < 0 || static_cast<uint64_t>(offset) < size_) {
      return NoArray("its fields are not in the order of their offsets");
    }
    const auto to = static_cast<uint64_t>(offset);
    if (to != size_) absl::StrAppend(&text_, "('', '|V", to - size_, "'), ");
    size_ = to;
    return absl::OkStatus();
  }

  absl::StatusOr<Descr> Finish(int64_t itemsize) {
    absl::Status status = Skip(itemsize);
    if (!status.ok()) return NoArray("its dtype has no size");
    return Descr{absl::StrCat("[", text_, "]"), size_};
  }

  int64_t size() const { return static_cast<int64_t>(size_); }

 private:
  std::string text_;
  uint64_t size_ = 0;
};

// Reads numpy.dtype objects as ndarray.__reduce__ pickles them: numpy.dtype(
// 'f8', False, True) with a state (version, byte order, subarray, names,
// fields, itemsize, alignment, flags[, metadata]).
class DescrWriter {
 public:
  absl::StatusOr<Descr> Of(Value dtype) {
    if (++depth_ > kMaxNesting) return NoArray("its dtype is nested too deep");
    absl::StatusOr<Descr> descr = Any(dtype);
    --depth_;
    return descr;
  }

 private:
  absl::StatusOr<Descr> Any(Value dtype) {
    const std::optional<std::string_view> code = dtype.args()[0].AsStr();
    if (dtype.callable().qualname() != "dtype") {
      return NoArray("its dtype is none");
    }
    if (!code.has_value()) return Literal(dtype.args()[0]);
    const Value state = dtype.state();
    if (state[2].is(Kind::kTuple)) return Subarray(state[2]);
    if (state[3].is(Kind::kTuple)) return Fields(state);
    return Scalar(*code, state);
  }

  // A dtype as NpyToValue() makes it: what numpy.dtype() takes.
  absl::StatusOr<Descr> Literal(Value literal) {
    if (++depth_ > kMaxNesting) return NoArray("its dtype is nested too deep");
    absl::StatusOr<Descr> descr = AnyLiteral(literal);
    --depth_;
    return descr;
  }

  absl::StatusOr<Descr> AnyLiteral(Value literal) {
    if (literal.is(Kind::kStr)) return Scalar(*literal.AsStr(), Value());
    if (literal.is(Kind::kTuple)) {
      return WithExtents(Literal(literal[0]), literal[1]);
    }
    FieldList fields;
    if (literal.is(Kind::kList)) {
      for (const Value field : literal.items()) {
        absl::Status status = fields.Add(field[0], Literal(field[1]));
        if (!status.ok()) return status;
      }
      return fields.Finish(fields.size());
    }
    if (!literal.is(Kind::kDict)) return NoArray("its dtype is none");
    // Fields with gaps in between.
    const Value names = literal["names"];
    for (size_t i = 0; i < names.items().size(); ++i) {
      absl::Status status =
          fields.Skip(literal["offsets"][i].AsInt64().value_or(-1));
      if (status.ok()) {
        status = fields.Add(names[i], Literal(literal["formats"][i]));
      }
      if (!status.ok()) return status;
    }
    return fields.Finish(literal["itemsize"].AsInt64().value_or(-1));
  }

  // `code` and `state` are the pickle's: only what NumPy spells so gets into
  // the descr.
  static absl::StatusOr<Descr> Scalar(std::string_view code, Value state) {
    std::string order(state[1].AsStr().value_or(""));
    if (!code.empty() && std::strchr("<>|=", code.front()) != nullptr) {
      order = code.front();
      code.remove_prefix(1);
    }
    if (order.empty() || order == "=") order = "<";
    if (order != "<" && order != ">" && order != "|") {
      return NoArray("its dtype has no byte order");
    }
    if (code.empty() || std::strchr("biufcmMSUV", code.front()) == nullptr) {
      return NoArray("it holds Python objects");
    }
    const char kind = code.front();
    const size_t size_end = std::min(code.find('['), code.size());
    const std::string_view digits = code.substr(1, size_end - 1);
    Descr descr;
    if (!IsDecimal(digits) ||
        !absl::SimpleAtoi(std::string(digits), &descr.itemsize) ||
        descr.itemsize > INT32_MAX) {
      return NoArray("its dtype has no size");
    }
    if (kind == 'U') descr.itemsize *= 4;
    std::string unit(code.substr(size_end));
    if (unit.empty()) unit = Unit(state);
    const bool has_unit = kind == 'm' || kind == 'M';
    if (!unit.empty() && (!has_unit || !IsUnit(unit))) {
      return NoArray("its dtype has no unit");
    }
    descr.text = absl::StrCat("'", order, std::string(1, kind),
                              std::string(digits), unit, "'");
    return descr;
  }

  static bool IsDecimal(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  }

  // Tells whether the text is "[ns]", "[25s]" or another unit in brackets.
  static bool IsUnit(std::string_view text) {
    if (!text.starts_with('[') || !text.ends_with(']')) return false;
    text = text.substr(1, text.size() - 2);
    const size_t name = text.find_first_not_of("0123456789");
    if (name == text.npos) return false;
    constexpr std::string_view kUnits[] = {"generic", "Y",  "M",  "W",  "D",
                                           "h",       "m",  "s",  "ms", "us",
                                           "ns",      "ps", "fs", "as"};
    return std::find(std::begin(kUnits), std::end(kUnits), text.substr(name)) !=
           std::end(kUnits);
  }

  // The unit of a datetime64 or timedelta64: ({}, ('ns', 1, 1, 1)).
  static std::string Unit(Value state) {
    const Value unit = state[8][1];
    std::string storage;
    const std::string_view name = unit[0].is(Kind::kStr)
                                      ? *unit[0].AsStr()
                                      : BytesOf(unit[0], &storage).value_or("");
    if (name.empty() || name == "generic") return "";
    const int64_t count = unit[1].AsInt64().value_or(1);
    return absl::StrCat("[", count == 1 ? "" : absl::StrCat(count),
                        std::string(name), "]");
  }

  absl::StatusOr<Descr> Subarray(Value subarray) {
    return WithExtents(Of(subarray[0]), subarray[1]);
  }

  static absl::StatusOr<Descr> WithExtents(absl::StatusOr<Descr> descr,
                                           Value shape) {
    if (!descr.ok()) return descr;
    std::vector<Value> extents(shape.items().begin(), shape.items().end());
    if (!shape.is(Kind::kTuple)) extents = {shape};
    std::string text;
    for (const Value extent : extents) {
      const int64_t length = extent.AsInt64().value_or(-1);
      if (length < 0 ||
          __builtin_mul_overflow(descr->itemsize, static_cast<uint64_t>(length),
                                 &descr->itemsize)) {
        return NoArray("its dtype has a subarray without shape");
      }
      absl::StrAppend(&text, length, ",");
    }
    descr->text = absl::StrCat("(", descr->text, ", (", text, "))");
    return descr;
  }

  absl::StatusOr<Descr> Fields(Value state) {
    FieldList fields;
    const Value names = state[3];
    for (const Value name : names.items()) {
      const Value field = state[4].Find(name);
      absl::StatusOr<Descr> inner = Of(field[0]);
      if (!inner.ok()) return inner;
      absl::Status status = fields.Skip(field[1].AsInt64().value_or(-1));
      if (status.ok()) status = fields.Add(name, std::move(inner));
      if (!status.ok()) return status;
    }
    return fields.Finish(state[5].AsInt64().value_or(-1));
  }

  int depth_ = 0;
};

// The parts of an array, however it is pickled.
struct Array {
  Value shape;
  Value dtype;
  Value data;
  bool fortran_order = false;
};

std::optional<Array> FindArray(Value value) {
  if (!IsArray(value)) return std::nullopt;
  const std::string_view name = value.callable().qualname();
  const Value args = value.args();
  if (name == "_reconstruct") {
    // (version, shape, dtype, is Fortran, data)
    const Value state = value.state();
    return Array{state[1], state[2], state[4],
                 state[3].AsBool().value_or(false)};
  }
  if (name == "_frombuffer") {
    return Array{args[2], args[1], args[0], args[3].AsStr() == "F"};
  }
  const bool from_start = args[3].is_null() || args[3].AsInt64() == 0;
  const bool contiguous = args[4].is_null() || args[4].is(Kind::kNone);
  if (name == "ndarray" && from_start && contiguous) {
    return Array{args[0], args[1], args[2], args[5].AsStr() == "F"};
  }
  return std::nullopt;
}

}  // namespace

bool IsArray(Value value) {
  if (!value.is(Kind::kObject)) return false;
  const Value callable = value.callable();
  if (!callable.module().starts_with("numpy")) return false;
  const std::string_view name = callable.qualname();
  return name == "_reconstruct" || name == "_frombuffer" || name == "ndarray";
}

absl::StatusOr<ArrayView> ViewArray(Value value, std::string* storage) {
  const std::optional<Array> array = FindArray(value);
  if (!array.has_value()) return NoArray("it is not numpy's");
  const std::optional<std::string_view> data = BytesOf(array->data, storage);
  if (!data.has_value() || !array->shape.is(Kind::kTuple)) {
    return NoArray("it holds Python objects");
  }
  absl::StatusOr<Descr> descr = DescrWriter().Of(array->dtype);
  if (!descr.ok()) return descr.status();
  ArrayView view;
  view.descr = std::move(descr->text);
  view.itemsize = descr->itemsize;
  view.fortran_order = array->fortran_order;
  view.data = *data;
  uint64_t size = view.itemsize;
  for (const Value extent : array->shape.items()) {
    const int64_t length = extent.AsInt64().value_or(-1);
    if (length < 0 ||
        __builtin_mul_overflow(size, static_cast<uint64_t>(length), &size) ||
        __builtin_mul_overflow(view.items, static_cast<uint64_t>(length),
                               &view.items)) {
      return NoArray("its shape is none");
    }
    view.shape.push_back(static_cast<uint64_t>(length));
  }
  if (size != data->size()) return NoArray("its data does not fit its shape");
  return view;
}

}  // namespace pickle5::internal

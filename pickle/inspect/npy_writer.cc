#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "pickle/inspect/npy.h"
#include "pickle/inspect/npy_header.h"
#include "pickle/utf8.h"
#include "pickle/value/repr.h"

namespace pickle5 {
namespace {

constexpr int kMaxNesting = 32;
constexpr size_t kHeaderAlignment = 64;  // NEP 1

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

// What an .npy header says of a dtype, and the size of an item.
struct Descr {
  std::string text;
  uint64_t itemsize = 0;
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
    if (dtype.callable().qualname() != "dtype" || !code.has_value()) {
      return NoArray("its dtype is none");
    }
    const Value state = dtype.state();
    if (state[2].is(Kind::kTuple)) return Subarray(state[2]);
    if (state[3].is(Kind::kTuple)) return Fields(state);
    return Scalar(*code, state);
  }

  static absl::StatusOr<Descr> Scalar(std::string_view code, Value state) {
    std::string order(state[1].AsStr().value_or(""));
    if (!code.empty() && std::strchr("<>|=", code.front()) != nullptr) {
      order = code.front();
      code.remove_prefix(1);
    }
    if (order.empty() || order == "=") order = "<";
    if (code.empty() || std::strchr("biufcmMSUV", code.front()) == nullptr) {
      return NoArray("it holds Python objects");
    }
    const char kind = code.front();
    std::string_view digits = code.substr(1);
    digits = digits.substr(0, digits.find('['));
    Descr descr;
    if (!absl::SimpleAtoi(std::string(digits), &descr.itemsize)) {
      return NoArray("its dtype has no size");
    }
    if (kind == 'U') descr.itemsize *= 4;
    descr.text = absl::StrCat("'", order, std::string(code), Unit(state), "'");
    return descr;
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
    absl::StatusOr<Descr> descr = Of(subarray[0]);
    if (!descr.ok()) return descr;
    const Value shape = subarray[1];
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
    descr->text = absl::StrCat(descr->text, ", (", text, ")");
    return descr;
  }

  // Gaps between fields become void fields without a name, as
  // numpy.lib.format.dtype_to_descr() writes them.
  absl::StatusOr<Descr> Fields(Value state) {
    Descr descr;
    descr.text = "[";
    const auto skip = [&descr](uint64_t to) {
      if (to == descr.itemsize) return;
      absl::StrAppend(&descr.text, "('', '|V", to - descr.itemsize, "'), ");
      descr.itemsize = to;
    };
    for (const Value name : state[3].items()) {
      const Value field = state[4].Find(name);
      const int64_t offset = field[1].AsInt64().value_or(-1);
      absl::StatusOr<Descr> inner = Of(field[0]);
      if (!inner.ok()) return inner;
      if (!name.is(Kind::kStr) || offset < 0 ||
          static_cast<uint64_t>(offset) < descr.itemsize) {
        return NoArray("its fields are not in the order of their offsets");
      }
      skip(static_cast<uint64_t>(offset));
      absl::StrAppend(&descr.text, "(", Repr(name), ", ", inner->text, "), ");
      descr.itemsize += inner->itemsize;
    }
    const int64_t itemsize = state[5].AsInt64().value_or(-1);
    if (itemsize < 0 || static_cast<uint64_t>(itemsize) < descr.itemsize) {
      return NoArray("its dtype has no size");
    }
    skip(static_cast<uint64_t>(itemsize));
    descr.text += "]";
    return descr;
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
  const std::string_view name = value.callable().qualname();
  const std::string_view module = value.callable().module();
  const Value args = value.args();
  if (!module.starts_with("numpy")) return std::nullopt;
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

std::string Header(const Array& array, const std::string& descr,
                   std::string_view shape) {
  std::string text = absl::StrCat("{'descr': ", descr, ", 'fortran_order': ",
                                  array.fortran_order ? "True" : "False",
                                  ", 'shape': (", std::string(shape), "), }");
  // Magic, version, length: 2 bytes in version 1.0, which is ASCII here, and 4
  // in 3.0, which is UTF-8.
  const bool is_long = text.size() > 60000 || !IsAscii(text);
  const size_t head = internal::kNpyMagic.size() + 2 + (is_long ? 4 : 2);
  text.append(kHeaderAlignment - (head + text.size() + 1) % kHeaderAlignment,
              ' ');
  text += '\n';
  std::string header(internal::kNpyMagic);
  header += is_long ? '\x03' : '\x01';
  header += '\0';
  for (size_t i = 0; i < (is_long ? 4 : 2); ++i) {
    header += static_cast<char>(text.size() >> (8 * i) & 0xff);
  }
  return header + text;
}

absl::Status Write(Value value, ByteWriter& writer) {
  const std::optional<Array> array = FindArray(value);
  if (!array.has_value()) return NoArray("it is not numpy's");
  std::string storage;
  const std::optional<std::string_view> data = BytesOf(array->data, &storage);
  if (!data.has_value() || !array->shape.is(Kind::kTuple)) {
    return NoArray("it holds Python objects");
  }
  const absl::StatusOr<Descr> descr = DescrWriter().Of(array->dtype);
  if (!descr.ok()) return descr.status();
  uint64_t size = descr->itemsize;
  std::string shape;
  for (const Value extent : array->shape.items()) {
    const int64_t length = extent.AsInt64().value_or(-1);
    if (length < 0 ||
        __builtin_mul_overflow(size, static_cast<uint64_t>(length), &size)) {
      return NoArray("its shape is none");
    }
    absl::StrAppend(&shape, shape.empty() ? "" : ", ", length);
  }
  if (array->shape.items().size() == 1) shape += ',';
  if (size != data->size()) return NoArray("its data does not fit its shape");
  const std::string header = Header(*array, descr->text, shape);
  if (!writer.Write(header) || !writer.WriteLarge(*data)) {
    return writer.status();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValueToNpy(Value value, ByteWriter& writer) {
  try {
    return Write(value, writer);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5

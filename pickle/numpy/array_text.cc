#include "pickle/numpy/array_text.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pickle/numpy/npy_header.h"
#include "pickle/text/utf8.h"
#include "pickle/value/document.h"
#include "pickle/value/repr.h"

namespace pickle5::internal {
namespace {

// Of PyBUF_MAX_NDIM and NumPy.
constexpr size_t kMaxDimensions = 64;
// Items of one subarray that are shown.
constexpr uint64_t kMaxSubarray = 50;
// Items without bytes that are shown: no data bounds how many there are.
constexpr uint64_t kMaxEmptyItems = 50;
constexpr uint64_t kMaxText = 200;

absl::Status NoDtype() {
  return absl::InvalidArgumentError("the dtype is not known");
}

template <typename T>
T Load(std::string_view bytes, bool swapped) {
  char raw[sizeof(T)];
  std::memcpy(raw, bytes.data(), sizeof(T));
  if (swapped) std::reverse(raw, raw + sizeof(T));
  return std::bit_cast<T>(raw);
}

double HalfToDouble(uint16_t half) {
  const uint64_t sign = uint64_t{half} >> 15 << 63;
  const uint64_t exponent = half >> 10 & 0x1f;
  const uint64_t fraction = half & 0x3ff;
  if (exponent == 0) {
    const double small = static_cast<double>(fraction) * 0x1p-24;
    return sign != 0 ? -small : small;
  }
  const uint64_t wide = exponent == 31 ? 0x7ff : exponent - 15 + 1023;
  return std::bit_cast<double>(sign | wide << 52 | fraction << 42);
}

// The shortest text of a float32, with a point as Python shows it.
std::string FloatText(float value) {
  const double wide = static_cast<double>(value);
  if (value != value || wide - wide != 0) return Repr(Value::Float(wide));
  char text[64];
  const auto end = std::to_chars(text, text + sizeof(text), value);
  std::string shown(text, end.ptr);
  if (shown.find_first_of(".e") == shown.npos) shown += ".0";
  return shown;
}

std::string RealText(std::string_view bytes, bool swapped) {
  switch (bytes.size()) {
    case 2:
      return FloatText(
          static_cast<float>(HalfToDouble(Load<uint16_t>(bytes, swapped))));
    case 4:
      return FloatText(Load<float>(bytes, swapped));
    case 8:
      return Repr(Value::Float(Load<double>(bytes, swapped)));
    default:
      break;
  }
  // x87's 80 bits: 63 bits of fraction behind a leading one.
  if (bytes.size() != 16 && bytes.size() != 12) return "?";
  const auto mantissa = Load<uint64_t>(bytes, swapped);
  const auto head = Load<uint16_t>(bytes.substr(8), swapped);
  long double value = 0;
  char raw[sizeof(long double)] = {};
  if (sizeof(raw) < 10) return "?";
  std::memcpy(raw, &mantissa, sizeof(mantissa));
  std::memcpy(raw + 8, &head, sizeof(head));
  std::memcpy(&value, raw, sizeof(value));
  return Repr(Value::Float(static_cast<double>(value)));
}

std::string ComplexText(std::string_view bytes, bool swapped) {
  const size_t half = bytes.size() / 2;
  const std::string real = RealText(bytes.substr(0, half), swapped);
  const std::string imaginary = RealText(bytes.substr(half), swapped);
  return absl::StrCat("(", real, imaginary.starts_with('-') ? "" : "+",
                      imaginary, "j)");
}

std::string IntegerText(std::string_view bytes, bool swapped, bool is_signed) {
  switch (bytes.size()) {
    case 1:
      return is_signed ? absl::StrCat(Load<int8_t>(bytes, swapped))
                       : absl::StrCat(Load<uint8_t>(bytes, swapped));
    case 2:
      return is_signed ? absl::StrCat(Load<int16_t>(bytes, swapped))
                       : absl::StrCat(Load<uint16_t>(bytes, swapped));
    case 4:
      return is_signed ? absl::StrCat(Load<int32_t>(bytes, swapped))
                       : absl::StrCat(Load<uint32_t>(bytes, swapped));
    case 8:
      return is_signed ? absl::StrCat(Load<int64_t>(bytes, swapped))
                       : absl::StrCat(Load<uint64_t>(bytes, swapped));
    default:
      return "?";
  }
}

void AppendMore(uint64_t count, std::string* out) {
  if (count != 0) absl::StrAppend(out, " ... ", count, " more");
}

void AppendBytes(std::string_view bytes, uint64_t max_text, std::string* out) {
  const std::string_view shown = bytes.substr(0, max_text);
  AppendBytesRepr(shown, out);
  AppendMore(bytes.size() - shown.size(), out);
}

void AppendText(std::string_view bytes, bool swapped, uint64_t max_text,
                std::string* out) {
  std::string text;
  const uint64_t more =
      bytes.size() / 4 > max_text ? bytes.size() / 4 - max_text : 0;
  bytes.remove_suffix(more * 4);
  for (; bytes.size() >= 4; bytes.remove_prefix(4)) {
    const auto code = Load<uint32_t>(bytes, swapped);
    AppendUtf8(code <= 0x10ffff ? code : 0xfffd, &text);
  }
  while (text.ends_with('\0')) text.pop_back();
  AppendStrRepr(text, out);
  AppendMore(more, out);
}

bool IsBigEndian(char order) {
  return order == '>' ||
         (order == '=' && std::endian::native == std::endian::big);
}

}  // namespace

struct ItemPrinter::Type {
  struct Field {
    std::unique_ptr<const Type> type;
    uint64_t offset;
  };

  char code = 'V';  // 'T': a structure, 'A': a subarray
  bool swapped = false;
  uint64_t size = 0;
  std::vector<Field> fields;  // of a subarray: its item
  uint64_t count = 0;         // of a subarray

  // Nesting is bounded by the literal's.
  static std::unique_ptr<Type> Parse(Value descr) {
    if (descr.is(Kind::kStr)) return ParseScalar(*descr.AsStr());
    if (descr.is(Kind::kTuple)) return Subarray(descr[0], descr[1]);
    if (!descr.is(Kind::kList)) return nullptr;
    auto type = std::make_unique<Type>();
    type->code = 'T';
    for (const Value field : descr.items()) {
      std::unique_ptr<Type> inner = field.items().size() > 2
                                        ? Subarray(field[1], field[2])
                                        : Parse(field[1]);
      if (inner == nullptr) return nullptr;
      const uint64_t size = inner->size;
      // A void field without a name is a gap.
      if (field[0].AsStr() != "") {
        type->fields.push_back({std::move(inner), type->size});
      }
      if (__builtin_add_overflow(type->size, size, &type->size)) return nullptr;
    }
    return type;
  }

  static std::unique_ptr<Type> Subarray(Value descr, Value shape) {
    std::unique_ptr<Type> item = Parse(descr);
    if (item == nullptr || !shape.is(Kind::kTuple)) return nullptr;
    auto type = std::make_unique<Type>();
    type->code = 'A';
    type->count = 1;
    for (const Value extent : shape.items()) {
      const int64_t length = extent.AsInt64().value_or(-1);
      if (length < 0 ||
          __builtin_mul_overflow(type->count, static_cast<uint64_t>(length),
                                 &type->count)) {
        return nullptr;
      }
    }
    if (__builtin_mul_overflow(type->count, item->size, &type->size)) {
      return nullptr;
    }
    type->fields.push_back({std::move(item), 0});
    return type;
  }

  static std::unique_ptr<Type> ParseScalar(std::string_view text) {
    if (text.size() < 2) return nullptr;
    auto type = std::make_unique<Type>();
    type->swapped =
        IsBigEndian(text[0]) != (std::endian::native == std::endian::big);
    type->code = text[1];
    if (!absl::SimpleAtoi(std::string(text.substr(2, text.find('[') - 2)),
                          &type->size)) {
      return nullptr;
    }
    if (type->code == 'U') type->size *= 4;
    return type;
  }

  void Append(std::string_view item, uint64_t max_text,
              std::string* out) const {
    switch (code) {
      case 'b':
        return Put(item.size() == 1 && item[0] != 0 ? "True" : "False", out);
      case 'i':
        return Put(IntegerText(item, swapped, /*is_signed=*/true), out);
      case 'u':
        return Put(IntegerText(item, swapped, /*is_signed=*/false), out);
      case 'm':
      case 'M':
        return Put(item.size() == 8 && Load<int64_t>(item, swapped) == INT64_MIN
                       ? "NaT"
                       : IntegerText(item, swapped, /*is_signed=*/true),
                   out);
      case 'f':
        return Put(RealText(item, swapped), out);
      case 'c':
        return Put(ComplexText(item, swapped), out);
      case 'U':
        return AppendText(item, swapped, max_text, out);
      case 'S':
        item = item.substr(0, item.find_last_not_of('\0') + 1);
        return AppendBytes(item, max_text, out);
      case 'T':
        return AppendFields(item, max_text, out);
      case 'A':
        return AppendSubarray(item, max_text, out);
      default:
        return AppendBytes(item, max_text, out);
    }
  }

  static void Put(std::string_view text, std::string* out) {
    out->append(text);
  }

  void AppendFields(std::string_view item, uint64_t max_text,
                    std::string* out) const {
    out->push_back('(');
    for (size_t i = 0; i < fields.size(); ++i) {
      if (i != 0) Put(", ", out);
      fields[i].type->Append(
          item.substr(fields[i].offset, fields[i].type->size), max_text, out);
    }
    Put(fields.size() == 1 ? ",)" : ")", out);
  }

  void AppendSubarray(std::string_view item, uint64_t max_text,
                      std::string* out) const {
    const Type& of = *fields[0].type;
    // Subarrays of subarrays without bytes would multiply.
    const uint64_t shown = of.size == 0 ? 1 : kMaxSubarray;
    out->push_back('[');
    for (uint64_t i = 0; i < count; ++i) {
      if (i != 0) Put(", ", out);
      if (i == shown) {
        absl::StrAppend(out, "... ", count - i, " more");
        break;
      }
      of.Append(item.substr(i * of.size, of.size), max_text, out);
    }
    out->push_back(']');
  }
};

ItemPrinter::ItemPrinter(std::unique_ptr<const Type> type)
    : type_(std::move(type)) {}
ItemPrinter::~ItemPrinter() = default;
ItemPrinter::ItemPrinter(ItemPrinter&&) noexcept = default;
ItemPrinter& ItemPrinter::operator=(ItemPrinter&&) noexcept = default;

absl::StatusOr<ItemPrinter> ItemPrinter::Make(std::string_view descr) {
  Document document;
  const Value literal = ParsePythonLiteral(descr, document);
  std::unique_ptr<Type> type = Type::Parse(literal);
  if (type == nullptr) return NoDtype();
  return ItemPrinter(std::move(type));
}

uint64_t ItemPrinter::size() const { return type_->size; }

void ItemPrinter::Append(std::string_view item, uint64_t max_text,
                         std::string* out) const {
  type_->Append(item, max_text, out);
}

uint64_t ItemOffset(const ArrayView& array, uint64_t n) {
  if (!array.fortran_order) return n * array.itemsize;
  // From the last index, which is the least significant in C order.
  uint64_t offset = 0;
  uint64_t stride = array.items;
  for (size_t d = array.shape.size(); d-- > 0;) {
    stride /= array.shape[d];
    offset += n % array.shape[d] * stride;
    n /= array.shape[d];
  }
  return offset * array.itemsize;
}

std::string ArrayTitle(const ArrayView& array) {
  return absl::StrCat(array.descr, " (", absl::StrJoin(array.shape, ", "),
                      array.shape.size() == 1 ? ",)" : ")");
}

bool AppendArrayText(Value value, uint64_t max_items, std::string* out) {
  if (!IsArray(value)) return false;
  std::string storage;
  const absl::StatusOr<ArrayView> array = ViewArray(value, &storage);
  if (!array.ok() || array->shape.size() > kMaxDimensions) return false;
  const absl::StatusOr<ItemPrinter> printer = ItemPrinter::Make(array->descr);
  if (!printer.ok() || printer->size() != array->itemsize) return false;
  const std::vector<uint64_t>& shape = array->shape;
  const uint64_t max_text =
      max_items == ReprOptions::kUnlimited ? max_items : kMaxText;
  if (array->itemsize == 0) max_items = std::min(max_items, kMaxEmptyItems);
  out->append("array(");
  if (array->items == 0) out->append("[]");
  for (uint64_t n = 0; n < array->items; ++n) {
    // The dimensions in which another row begins here.
    uint64_t rows = n;
    size_t begins = shape.size();
    while (begins > 0 && rows % shape[begins - 1] == 0) {
      rows /= shape[--begins];
    }
    begins = n == 0 ? 0 : begins;
    if (n != 0) out->append(shape.size() - begins, ']').append(", ");
    if (n == max_items) {
      absl::StrAppend(out, "... ", array->items - n, " more");
      out->append(n == 0 ? 0 : begins, ']');
      break;
    }
    out->append(shape.size() - begins, '[');
    printer->Append(array->data.substr(ItemOffset(*array, n), array->itemsize),
                    max_text, out);
    if (n + 1 == array->items) out->append(shape.size(), ']');
  }
  absl::StrAppend(out, ", shape=(", absl::StrJoin(shape, ", "),
                  shape.size() == 1 ? ",)" : ")", ", dtype=", array->descr,
                  ")");
  return true;
}

}  // namespace pickle5::internal

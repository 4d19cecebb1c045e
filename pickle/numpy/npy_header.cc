#include "pickle/numpy/npy_header.h"

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "pickle/protocol/limits.h"
#include "pickle/text/text_argument.h"
#include "pickle/text/utf8.h"

namespace pickle5::internal {
namespace {

absl::Status Bad(const char* what) { return absl::InvalidArgumentError(what); }

// A dtype as numpy.dtype() takes it, and its size.
struct Dtype {
  Value value;
  uint64_t itemsize = 0;
  bool is_void = false;
};

// The dtype that a `descr` names, as numpy.lib.format.descr_to_dtype() does.
// Nesting is bounded by the literal's.
class DtypeReader {
 public:
  explicit DtypeReader(Document& document) : document_(document) {}

  absl::StatusOr<Dtype> Read(Value descr) {
    if (descr.is(Kind::kStr)) return ReadScalar(descr);
    if (descr.is(Kind::kTuple) && descr.items().size() == 2) {
      return ReadSubarray(descr[0], descr[1]);
    }
    if (descr.is(Kind::kList)) return ReadFields(descr);
    return Bad("the .npy header's descr is no dtype");
  }
  // Returns whether a dtype that was read is or contains O.
  bool holds_objects() const { return holds_objects_; }

 private:
  struct Field {
    Value name;
    Value title;
    Value format;
    uint64_t offset;
  };

  absl::StatusOr<Dtype> ReadScalar(Value descr) {
    std::string_view text = *descr.AsStr();
    if (!text.empty() && std::strchr("<>|=", text.front()) != nullptr) {
      text.remove_prefix(1);
    }
    if (text.empty()) return Bad("the .npy header names an empty dtype");
    const char kind = text.front();
    text.remove_prefix(1);
    if (kind == 'O') {
      holds_objects_ = true;
      return Dtype{descr, sizeof(void*), false};
    }
    if (std::strchr("biufcmMSUV?", kind) == nullptr) {
      return Bad("the .npy header names an unknown dtype");
    }
    const bool has_unit = kind == 'm' || kind == 'M';
    if (has_unit) text = text.substr(0, text.find('['));
    Dtype dtype{descr, 1, kind == 'V'};
    if (!text.empty() &&
        !absl::SimpleAtoi(std::string(text), &dtype.itemsize)) {
      return Bad("the .npy header's dtype has no size");
    }
    if (dtype.itemsize > INT32_MAX) {
      return Bad("the .npy header's dtype is too large");
    }
    if (kind == 'U') dtype.itemsize *= 4;
    return dtype;
  }

  absl::StatusOr<Dtype> ReadSubarray(Value descr, Value shape) {
    absl::StatusOr<Dtype> dtype = Read(descr);
    if (!dtype.ok()) return dtype;
    std::vector<Value> extents(shape.items().begin(), shape.items().end());
    if (!shape.is(Kind::kTuple)) extents = {shape};
    for (const Value extent : extents) {
      const int64_t length = extent.AsInt64().value_or(-1);
      if (length < 0 ||
          __builtin_mul_overflow(dtype->itemsize, static_cast<uint64_t>(length),
                                 &dtype->itemsize)) {
        return Bad("the .npy header's subarray has no shape");
      }
    }
    dtype->value = document_.MakeTuple(std::vector<Value>{dtype->value, shape});
    dtype->is_void = false;
    return dtype;
  }

  absl::StatusOr<Dtype> ReadFields(Value descr) {
    std::vector<Field> fields;
    uint64_t offset = 0;
    bool has_gap = false;
    for (const Value entry : descr.items()) {
      const size_t parts = entry.items().size();
      if (!entry.is(Kind::kTuple) || parts < 2 || parts > 3) {
        return Bad("the .npy header's descr has a field that is none");
      }
      absl::StatusOr<Dtype> dtype =
          parts == 2 ? Read(entry[1]) : ReadSubarray(entry[1], entry[2]);
      if (!dtype.ok()) return dtype;
      const bool is_gap = dtype->is_void && entry[0].AsStr() == "";
      if (is_gap) {
        has_gap = true;
      } else if (entry[0].is(Kind::kTuple)) {
        fields.push_back({entry[0][1], entry[0][0], dtype->value, offset});
      } else {
        fields.push_back({entry[0], Value::None(), dtype->value, offset});
      }
      if (__builtin_add_overflow(offset, dtype->itemsize, &offset)) {
        return Bad("the .npy header's dtype is too large");
      }
    }
    return Dtype{has_gap ? WithOffsets(fields, offset) : AsList(fields), offset,
                 false};
  }

  Value AsList(const std::vector<Field>& fields) {
    std::vector<Value> entries;
    for (const Field& field : fields) {
      Value name = field.name;
      if (!field.title.is(Kind::kNone)) {
        name = document_.MakeTuple(std::vector<Value>{field.title, name});
      }
      entries.push_back(
          document_.MakeTuple(std::vector<Value>{name, field.format}));
    }
    return document_.MakeList(entries);
  }

  Value WithOffsets(const std::vector<Field>& fields, uint64_t itemsize) {
    std::vector<Value> names;
    std::vector<Value> titles;
    std::vector<Value> formats;
    std::vector<Value> offsets;
    for (const Field& field : fields) {
      names.push_back(field.name);
      titles.push_back(field.title);
      formats.push_back(field.format);
      offsets.push_back(Value::Int(static_cast<int64_t>(field.offset)));
    }
    return document_.MakeDict(std::vector<Value>{
        document_.MakeStr("names"), document_.MakeList(names),
        document_.MakeStr("formats"), document_.MakeList(formats),
        document_.MakeStr("offsets"), document_.MakeList(offsets),
        document_.MakeStr("titles"), document_.MakeList(titles),
        document_.MakeStr("itemsize"),
        Value::Int(static_cast<int64_t>(itemsize))});
  }

  Document& document_;
  bool holds_objects_ = false;
};

// The text of the header, as UTF-8, and where it ends.
struct HeaderText {
  std::string text;
  size_t end;
};

std::optional<HeaderText> FindHeaderText(std::string_view file) {
  constexpr size_t kVersionEnd = kNpyMagic.size() + 2;
  if (file.size() < kVersionEnd || !file.starts_with(kNpyMagic)) {
    return std::nullopt;
  }
  const auto major = static_cast<uint8_t>(file[kNpyMagic.size()]);
  if (major < 1 || major > 3) return std::nullopt;
  const size_t prefix = major == 1 ? 2 : 4;
  if (file.size() < kVersionEnd + prefix) return std::nullopt;
  uint32_t length = 0;
  std::memcpy(&length, file.data() + kVersionEnd, prefix);
  const size_t start = kVersionEnd + prefix;
  if (length > file.size() - start) return std::nullopt;
  HeaderText header{std::string(file.substr(start, length)), start + length};
  if (major < 3) {
    std::string utf8;
    DecodePython2String(header.text, StringEncoding::kLatin1, &utf8);
    header.text = utf8;
  }
  if (!IsValidUtf8(header.text, /*allow_surrogates=*/false)) {
    return std::nullopt;
  }
  return header;
}

}  // namespace

absl::StatusOr<NpyHeader> ReadNpyHeader(std::string_view file,
                                        Document& document) {
  const auto text = FindHeaderText(file);
  if (!text) return Bad("not an .npy file of version 1, 2 or 3");
  const Value dict = ParsePythonLiteral(text->text, document);
  const Value order = dict["fortran_order"];
  NpyHeader header;
  header.shape = dict["shape"];
  header.data_offset = text->end;
  if (!dict.is(Kind::kDict) || !header.shape.is(Kind::kTuple) ||
      !order.is(Kind::kBool)) {
    return Bad("the .npy header lacks descr, fortran_order or shape");
  }
  header.fortran_order = *order.AsBool();
  for (const Value extent : header.shape.items()) {
    const int64_t length = extent.AsInt64().value_or(-1);
    if (length < 0 ||
        __builtin_mul_overflow(header.items, static_cast<uint64_t>(length),
                               &header.items)) {
      return Bad("the .npy header's shape is none");
    }
  }
  DtypeReader reader(document);
  absl::StatusOr<Dtype> dtype = reader.Read(dict["descr"]);
  if (!dtype.ok()) return dtype.status();
  header.holds_objects = reader.holds_objects();
  header.dtype = dtype->value;
  header.itemsize = dtype->itemsize;
  return header;
}

}  // namespace pickle5::internal

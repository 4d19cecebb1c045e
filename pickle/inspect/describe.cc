#include "pickle/inspect/describe.h"

#include "absl/strings/str_cat.h"
#include "pickle/numpy/array_text.h"
#include "pickle/numpy/ndarray.h"
#include "pickle/text/shown_text.h"
#include "pickle/value/node.h"
#include "pickle/value/repr.h"

namespace pickle5::internal {
namespace {

constexpr ReprOptions kShort = {.max_items = 3, .max_text = 60, .max_depth = 1};

// A name that is not too long to read.
std::string Name(std::string_view name) {
  constexpr size_t kLongest = 200;
  if (name.size() <= kLongest) return ShownText(name);
  size_t end = kLongest;
  while ((static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
  return ShownText(name.substr(0, end)) + "...";
}

std::string OfObject(Value object) {
  if (IsArray(object)) {
    std::string storage;
    const absl::StatusOr<ArrayView> array = ViewArray(object, &storage);
    if (array.ok()) return absl::StrCat("array ", ArrayTitle(*array));
  }
  const std::string name = object.class_name();
  return name.empty() ? "object" : absl::StrCat("object of ", Name(name));
}

std::string OfBuffer(Value buffer) {
  if (buffer.buffer() == nullptr) {
    return absl::StrCat("buffer ", buffer.buffer_index().value_or(0));
  }
  return absl::StrCat(buffer.readonly() ? "readonly " : "", "buffer of ",
                      buffer.buffer()->nbytes(), " bytes");
}

}  // namespace

std::string Describe(Value value) {
  const auto items = [value](const char* kind) {
    const size_t count = ValueAccess::items(value).size();
    return absl::StrCat(kind, " of ",
                        value.is(Kind::kDict) ? count / 2 : count);
  };
  switch (value.kind()) {
    case Kind::kNull:
      return "nothing";
    case Kind::kNone:
      return "None";
    case Kind::kBool:
      return absl::StrCat("bool ", Repr(value, kShort));
    case Kind::kInt:
      return absl::StrCat("int ", Repr(value, kShort));
    case Kind::kFloat:
      return absl::StrCat("float ", Repr(value, kShort));
    case Kind::kStr:
      return absl::StrCat("str ", Repr(value, kShort));
    case Kind::kBytes:
      return absl::StrCat("bytes ", Repr(value, kShort));
    case Kind::kByteArray:
      return Repr(value, kShort);
    case Kind::kList:
      return items("list");
    case Kind::kTuple:
      return items("tuple");
    case Kind::kDict:
      return items("dict");
    case Kind::kSet:
      return items("set");
    case Kind::kFrozenSet:
      return items("frozenset");
    case Kind::kGlobal:
      return absl::StrCat("global ", Name(value.module()), ".",
                          Name(value.qualname()));
    case Kind::kObject:
      return OfObject(value);
    case Kind::kExtension:
      return absl::StrCat("extension code ",
                          value.extension_code().value_or(0));
    case Kind::kPersistentId:
      return "persistent id";
    case Kind::kBuffer:
      return OfBuffer(value);
  }
  return "";
}

}  // namespace pickle5::internal

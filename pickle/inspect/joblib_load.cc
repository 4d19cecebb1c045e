#include "pickle/inspect/joblib_load.h"

#include <array>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "buffers/io_status.h"
#include "pickle/inspect/joblib_array.h"
#include "pickle/protocol/hash_table.h"
#include "pickle/protocol/scanner.h"
#include "pickle/value/child_cursor.h"
#include "pickle/value/node.h"
#include "pickle/value/placement.h"

namespace pickle5::internal {
namespace {

// The opcodes that stand in the place of the i-th array.
std::string Marker(size_t i) {
  std::string marker = "J";
  for (int shift = 0; shift < 32; shift += 8) {
    marker += static_cast<char>(i >> shift & 0xff);
  }
  return marker + 'b';
}

// Sets dump->pickle.
void LeaveOutArrays(std::string_view bytes, bool markers, JoblibDump* dump) {
  uint64_t at = 0;
  dump->pickle.clear();
  for (size_t i = 0; i < dump->arrays.size(); ++i) {
    dump->pickle += bytes.substr(at, dump->arrays[i].begin - at);
    if (markers) dump->pickle += Marker(i);
    at = dump->arrays[i].end;
  }
  dump->pickle += bytes.substr(at, dump->length - at);
}

// Puts arrays in the places of their wrappers. May throw std::bad_alloc.
class Replacement {
 public:
  Replacement(const Buffer& file, std::span<const JoblibExtent> arrays,
              const ReadOptions& options, Document* document)
      : file_(file), extents_(arrays), options_(options), document_(*document) {
    arrays_.resize(arrays.size());
  }

  absl::Status Run() {
    Value root = document_.root();
    if (!Visit(&root)) return std::move(status_);
    if (!root.Is(document_.root())) document_.SetRoot(root);
    while (!frames_.empty()) {
      const Value* child = frames_.back().Next();
      if (child == nullptr) {
        frames_.pop_back();
        continue;
      }
      // All that is loaded stands in the Document's own memory.
      if (!Visit(const_cast<Value*>(child))) return std::move(status_);
    }
    return absl::OkStatus();
  }

 private:
  // The number that the marker gave to a wrapper; -1 for other values.
  int64_t NumberOf(Value value) const {
    if (!value.is(Kind::kObject) || !value.callable().is(Kind::kGlobal) ||
        !IsJoblibWrapper(value.callable())) {
      return -1;
    }
    const int64_t number = value.state().AsInt64().value_or(-1);
    return number < static_cast<int64_t>(arrays_.size()) ? number : -1;
  }

  bool Visit(Value* at) {
    if (const int64_t number = NumberOf(*at); number >= 0) {
      Value& array = arrays_[static_cast<size_t>(number)];
      const bool met = !array.is_null();
      if (!met) array = Make(*at, extents_[static_cast<size_t>(number)]);
      if (array.is_null()) {
        if (status_.ok()) status_ = OutOfMemoryStatus();
        return false;
      }
      Place(array);
      *at = array;
      // Neither what a buffer stands in nor a copied graph holds wrappers.
      return true;
    }
    if (IsShared(*at) && !met_.try_emplace(Address(*at), true).second) {
      return true;
    }
    if (ValueAccess::has_node(*at)) frames_.emplace_back(*at);
    return true;
  }

  Value Make(Value wrapper, const JoblibExtent& extent) {
    if (extent.pickled) return Pickled(extent);
    const Post state = *wrapper.posts().begin();
    const Value shape = state.items[0]["shape"];
    const Value dtype = state.items[0]["dtype"];
    const bool fortran = state.items[0]["order"].AsStr() == "F";
    absl::StatusOr<Buffer> data =
        file_.Slice(extent.data, extent.end - extent.data);
    if (!data.ok()) {
      status_ = data.status();
      return {};
    }
    const std::array<Value, 6> args = {
        shape,         dtype,         document_.MakeBuffer(*std::move(data)),
        Value::Int(0), Value::None(), document_.MakeStr(fortran ? "F" : "C")};
    return document_.MakeObject(ObjectForm::kReduce,
                                document_.MakeGlobal("numpy", "ndarray"),
                                document_.MakeTuple(args));
  }

  Value Pickled(const JoblibExtent& extent) {
    Document nested;
    status_ = nested.LoadBorrowed(
        file_.chars().substr(extent.begin, extent.end - extent.begin),
        options_);
    return status_.ok() ? document_.Copy(nested.root()) : Value();
  }

  const Buffer& file_;
  const std::span<const JoblibExtent> extents_;
  const ReadOptions& options_;
  Document& document_;
  std::vector<Value> arrays_;
  std::vector<ChildCursor> frames_;
  HashMap<uint64_t, bool> met_;
  absl::Status status_;
};

absl::Status Load(const Buffer& file, const ReadOptions& options,
                  Document* document, JoblibDump* dump) {
  document->Clear();
  dump->arrays.clear();
  absl::Status status = FindJoblibArrays(file.chars(), options.limits,
                                         &dump->arrays, &dump->length);
  if (!status.ok()) return status;
  LeaveOutArrays(file.chars(), /*markers=*/true, dump);
  status = document->LoadBorrowed(dump->pickle, options);
  if (!status.ok()) return status;
  status = Replacement(file, dump->arrays, options, document).Run();
  if (!status.ok()) document->Clear();
  return status;
}

}  // namespace

bool NamesJoblibWrapper(std::string_view bytes) {
  constexpr std::string_view kModule = "joblib.numpy_pickle";
  constexpr std::string_view kName = "NumpyArrayWrapper";
  Scanner scanner(bytes);
  Token token;
  while (scanner.Next(token) == Scanner::Result::kToken) {
    const std::string_view argument = token.argument;
    if (argument == kName) return true;
    if (argument.size() == kModule.size() + 1 + kName.size() &&
        argument.starts_with(kModule) && argument.ends_with(kName)) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<JoblibDump> TakeJoblibApart(std::string_view bytes,
                                           const Limits& limits) {
  try {
    JoblibDump dump;
    absl::Status status =
        FindJoblibArrays(bytes, limits, &dump.arrays, &dump.length);
    if (!status.ok()) return status;
    LeaveOutArrays(bytes, /*markers=*/false, &dump);
    return dump;
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::Status LoadJoblib(const Buffer& file, const ReadOptions& options,
                        Document* document, JoblibDump* dump) {
  try {
    return Load(file, options, document, dump);
  } catch (const std::bad_alloc&) {
    document->Clear();
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5::internal

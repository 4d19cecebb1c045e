// Promise: Scan and a load in compat mode see the same pickles: as many, of the
// same lengths, and the same error behind them. Each global that a loaded graph
// names is in the report, and a report without names is of pickles that name
// nothing. Nothing malformed is called safe, and nothing malformed with a name
// is less than dangerous, but for joblib's arrays.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "fuzz/fuzz_input.h"
#include "fuzz/reachable_values.h"
#include "pickle/inspect/scan.h"
#include "pickle/value/document.h"

namespace pickle5 {
namespace {

// The report has one name for getattr, Python 2's and 3's.
std::string NameOf(Value global) {
  const bool is_getattr =
      global.module() == "__builtin__" && global.qualname() == "getattr";
  return std::string(is_getattr ? "builtins" : global.module()) + "." +
         std::string(global.qualname());
}

void RequireNamed(Value root, const std::unordered_set<std::string>& names) {
  ReachableValues values(root);
  for (Value value = values.Next(); !value.is_null(); value = values.Next()) {
    Require(!value.is(Kind::kGlobal) || names.contains(NameOf(value)));
  }
}

void Compare(const FuzzInput& input, const GlobalPolicy& policy) {
  // As a scan reads.
  ReadOptions options;
  options.encoding = StringEncoding::kLatin1;
  options.placeholder_buffers = true;
  options.limits = input.Options(Mode::kCompat).limits;
  const ScanReport report = Scan(input.pickle, policy, options.limits);
  if (IsLimit(report.status)) return;
  std::unordered_set<std::string> names;
  for (const ScanReport::Name& name : report.names) names.insert(name.name);
  std::string_view rest = input.pickle;
  Document document;
  uint64_t pickles = 0;
  absl::Status status;
  do {
    status = document.LoadBorrowed(rest, options);
    if (!status.ok()) break;
    ++pickles;
    RequireNamed(document.root(), names);
    for (const Value effect : document.effects()) RequireNamed(effect, names);
    rest.remove_prefix(document.consumed());
  } while (!rest.empty());
  if (IsLimit(status)) return;
  Require(report.pickles == pickles);
  Require(report.bytes == input.pickle.size() - rest.size());
  const bool joblib = names.contains("joblib.numpy_pickle.NumpyArrayWrapper");
  if (joblib && !report.status.ok()) return;
  Require(SameError(report.status, status));
  if (!status.ok()) {
    Require(report.verdict ==
            (names.empty() ? Verdict::kMalformed : Verdict::kDangerous));
  } else {
    Require(!names.empty() || report.verdict == Verdict::kSafe);
  }
}

}  // namespace
}  // namespace pickle5

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const pickle5::GlobalPolicy policy;
  pickle5::Compare(pickle5::FuzzInput::Of(data, size), policy);
  return 0;
}

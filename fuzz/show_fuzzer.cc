// Promise: what loads in compat mode can be shown, hashed and compared, the
// same from a second load of the same bytes, and comes back from JSON.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "fuzz/fuzz_input.h"
#include "fuzz/input_count.h"
#include "pickle/show/canonical_tree.h"
#include "pickle/show/json_format.h"
#include "pickle/value/document.h"
#include "pickle/value/equal.h"
#include "pickle/value/hash.h"
#include "pickle/value/repr.h"

namespace pickle5 {
namespace {

void Show(Value root, Value again) {
  Require(Equal(root, again));
  Require(Hash(root) == Hash(again));
  Require(Repr(root) == Repr(again));
  (void)Repr(root, ReprOptions::Short());
  const absl::StatusOr<std::string> tree = CanonicalTree(root);
  const absl::StatusOr<std::string> same = CanonicalTree(again);
  Require(tree.ok() && same.ok() && *tree == *same);
  const absl::StatusOr<std::string> json = ToJson(root, {.lossless = true});
  Require(json.ok());
  Document read;
  const absl::StatusOr<Value> back = FromJson(*json, &read);
  Require(back.ok() && Equal(*back, root));
}

void LoadAndShow(const FuzzInput& input) {
  const ReadOptions options = input.Options(Mode::kCompat);
  Document document;
  const absl::Status status = document.LoadBorrowed(input.pickle, options);
  CountInput(status.ok());
  if (!status.ok()) return;
  Document again;
  Require(again.LoadBorrowed(input.pickle, options).ok());
  Show(document.root(), again.root());
}

}  // namespace
}  // namespace pickle5

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pickle5::LoadAndShow(pickle5::FuzzInput::Of(data, size));
  return 0;
}

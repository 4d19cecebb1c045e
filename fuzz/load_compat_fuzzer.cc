// Promise: whatever the bytes, loading them in compat mode ends with a Document
// or a Status that says where; it never crashes, hangs, or takes memory that
// the input did not pay for. What was loaded can be shown, hashed and compared,
// is what a second load of the same bytes gives, and comes back from JSON.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "fuzz/fuzz_input.h"
#include "pickle/value/canonical_tree.h"
#include "pickle/value/document.h"
#include "pickle/value/equal.h"
#include "pickle/value/hash.h"
#include "pickle/value/json_format.h"
#include "pickle/value/repr.h"

namespace pickle5 {
namespace {

void Use(Value root, Value again) {
  Require(Identical(root, again) && Equal(root, again));
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

void Load(const FuzzInput& input) {
  const ReadOptions options = input.Options(Mode::kCompat);
  Document document;
  const absl::Status status = document.LoadBorrowed(input.pickle, options);
  Require(status.ok() != document.root().is_null());
  Require(status.ok() || GetDecodeError(status).has_value());
  if (!status.ok()) return;
  Document again;
  const absl::Status owned =
      again.LoadOwned(std::string(input.pickle), options);
  Require(owned.ok() && document.consumed() == again.consumed());
  Use(document.root(), again.root());
}

}  // namespace
}  // namespace pickle5

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pickle5::Load(pickle5::FuzzInput::Of(data, size));
  return 0;
}

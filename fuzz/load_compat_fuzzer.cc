// Promise: whatever the bytes, loading them in compat mode ends with a Document
// or a Status that says where; it never crashes, hangs, or takes memory that
// the input did not pay for. A second load of the same bytes, owned, gives the
// same.

#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/fuzz_input.h"
#include "fuzz/input_count.h"
#include "pickle/value/document.h"
#include "pickle/value/equal.h"

namespace pickle5 {
namespace {

void Load(const FuzzInput& input) {
  const ReadOptions options = input.Options(Mode::kCompat);
  Document document;
  const absl::Status status = document.LoadBorrowed(input.pickle, options);
  Require(status.ok() != document.root().is_null());
  Require(status.ok() || GetDecodeError(status).has_value());
  CountInput(status.ok());
  if (!status.ok()) return;
  Document again;
  const absl::Status owned =
      again.LoadOwned(std::string(input.pickle), options);
  Require(owned.ok() && document.consumed() == again.consumed());
  Require(Identical(document.root(), again.root()));
}

}  // namespace
}  // namespace pickle5

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pickle5::Load(pickle5::FuzzInput::Of(data, size));
  return 0;
}

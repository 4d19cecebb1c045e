// Promise: whatever the bytes, loading them in strict mode ends with a Document
// or a Status that says where. Verify finds the same; and what strict mode
// accepts, compat mode accepts as the same tree, but for three things: CPython
// refuses memo indices beyond its ssize_t, and INST with names that are not
// ASCII; and it reads the INT -0 as False.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/fuzz_input.h"
#include "fuzz/input_count.h"
#include "pickle/inspect/verify.h"
#include "pickle/value/document.h"
#include "pickle/value/equal.h"

namespace pickle5 {
namespace {

bool CPythonRefuses(const absl::Status& compat) {
  const auto error = GetDecodeError(compat);
  return error.has_value() &&
         ((error->code == ErrorCode::kIndex && error->opcode == "PUT") ||
          (error->code == ErrorCode::kUtf8 && error->opcode == "INST"));
}

bool HasMinusZero(std::string_view pickle) {
  return pickle.find("I-0\n") != pickle.npos;
}

void Load(const FuzzInput& input) {
  ReadOptions options = input.Options(Mode::kStrict);
  Document document;
  const absl::Status strict = document.LoadBorrowed(input.pickle, options);
  Require(strict.ok() != document.root().is_null());
  Require(strict.ok() || GetDecodeError(strict).has_value());
  CountInput(strict.ok());
  if (strict.ok()) {
    Document other;
    const absl::Status compat =
        other.LoadBorrowed(input.pickle, input.Options(Mode::kCompat));
    Require(compat.ok() ? HasMinusZero(input.pickle) ||
                              Identical(document.root(), other.root())
                        : CPythonRefuses(compat));
  }
  options.placeholder_buffers = true;
  uint64_t length = 0;
  const absl::Status verified = Verify(input.pickle, options, &length);
  const absl::Status loaded = document.LoadBorrowed(input.pickle, options);
  Require(SameError(verified, loaded) || IsLimit(verified) || IsLimit(loaded));
  Require(!loaded.ok() || !verified.ok() || length == document.consumed());
}

}  // namespace
}  // namespace pickle5

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pickle5::Load(pickle5::FuzzInput::Of(data, size));
  return 0;
}

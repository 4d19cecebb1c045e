#ifndef PICKLE5_FUZZ_FUZZ_INPUT_H_
#define PICKLE5_FUZZ_FUZZ_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/protocol/limits.h"

namespace pickle5 {

// A promise that is broken ends the run, which keeps the input. Not inlined, so
// that the stack trace names the promise's line.
ABSL_ATTRIBUTE_NOINLINE inline void Require(bool holds) {
  if (!holds) std::abort();
}

// One input of a target that loads pickles.
struct FuzzInput {
  std::string_view pickle;
  // The last byte, so that a pickle as it is is an input; 0 for a STOP.
  uint8_t choice = 0;

  static FuzzInput Of(const uint8_t* data, size_t size) {
    const uint8_t last = size == 0 ? 0 : data[size - 1];
    return {{reinterpret_cast<const char*>(data), size},
            last == '.' ? uint8_t{0} : last};
  }

  // What the choice says, and the memory that the input pays for.
  ReadOptions Options(Mode mode) const {
    constexpr size_t kBaseMemory = size_t{64} << 20;
    constexpr size_t kMemoryPerByte = 256;
    ReadOptions options;
    options.mode = mode;
    options.encoding = static_cast<StringEncoding>(choice & 3);
    options.placeholder_buffers = (choice & 4) != 0;
    options.limits.max_memory = kBaseMemory + kMemoryPerByte * pickle.size();
    return options;
  }
};

inline bool IsLimit(const absl::Status& status) {
  return status.code() == absl::StatusCode::kResourceExhausted;
}

// The same code at the same place; the words may differ.
inline bool SameError(const absl::Status& a, const absl::Status& b) {
  const auto left = GetDecodeError(a);
  const auto right = GetDecodeError(b);
  if (!left.has_value() || !right.has_value()) return a == b;
  return left->code == right->code && left->offset == right->offset;
}

}  // namespace pickle5

#endif  // PICKLE5_FUZZ_FUZZ_INPUT_H_

#include "fuzz/cpython_differences.h"

#include <optional>

#include "pickle/protocol/decode_error.h"

namespace pickle5 {
namespace {

constexpr CPythonDifference kDifferences[] = {
    {"readonly_symbol", "a bytes-like object is required, not 'Symbols'", "",
     "what a call makes may be a buffer"},
    {"keywords", "TypeError: keywords must be strings", "",
     "a __new__ in C may take others"},
    {"readonly_bytearray", "'memoryview' object has no attribute", "",
     "READONLY_BUFFER of a bytearray leaves a bytearray; no pickler writes it"},
    {"readonly_bytearray_item", "TypeError: cannot modify read-only memory", "",
     "the same"},
    {"frame_end", "", "E_FRAME",
     "the C unpicklers of later releases keep to frames, this one does not"},
};

}  // namespace

std::span<const CPythonDifference> CPythonDifferences() { return kDifferences; }

const CPythonDifference* FindDifference(const absl::Status& ours,
                                        std::string_view cpython) {
  const std::optional<DecodeError> error = GetDecodeError(ours);
  const std::string_view code = error ? ErrorCodeName(error->code) : "";
  for (const CPythonDifference& difference : kDifferences) {
    if (difference.code == code &&
        difference.cpython_says.empty() == cpython.empty() &&
        cpython.find(difference.cpython_says) != cpython.npos) {
      return &difference;
    }
  }
  return nullptr;
}

}  // namespace pickle5

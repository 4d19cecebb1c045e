#ifndef PICKLE5_FUZZ_CPYTHON_DIFFERENCES_H_
#define PICKLE5_FUZZ_CPYTHON_DIFFERENCES_H_

#include <span>
#include <string_view>

#include "absl/status/status.h"

namespace pickle5 {

// Where compat mode and CPython 3.11's `_pickle` do not agree on whether a
// pickle loads. Every entry has a pickle in regressions/cpython_fuzzer, named
// after it, that shows it.
struct CPythonDifference {
  std::string_view name;
  // In CPython's exception, "TypeError: ..."; empty where it loads the pickle.
  std::string_view cpython_says;
  // The name of the error code here; empty where the pickle loads.
  std::string_view code;
  std::string_view reason;
};

std::span<const CPythonDifference> CPythonDifferences();

// The entry that covers the two outcomes, of which just one is OK; nullptr if
// none does. `cpython` is the exception's text.
const CPythonDifference* FindDifference(const absl::Status& ours,
                                        std::string_view cpython);

}  // namespace pickle5

#endif  // PICKLE5_FUZZ_CPYTHON_DIFFERENCES_H_

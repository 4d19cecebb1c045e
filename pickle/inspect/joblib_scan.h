#ifndef PICKLE5_PICKLE_INSPECT_JOBLIB_SCAN_H_
#define PICKLE5_PICKLE_INSPECT_JOBLIB_SCAN_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "pickle/inspect/global_policy.h"
#include "pickle/inspect/scan.h"
#include "pickle/protocol/limits.h"

namespace pickle5::internal {

// Scans `bytes` as joblib.load reads them: behind the BUILD of each
// NumpyArrayWrapper stand the bytes of its array, or a pickle of its objects.
// In strict mode, because joblib's unpickler is Python's own, which reads odd
// pickles otherwise than the one in C.
//
// Errors: in the report's status, also where it is not certain how far joblib
//         would read.
ScanReport ScanJoblib(std::string_view bytes, const GlobalPolicy& policy,
                      const Limits& limits);

// The bytes of an array between the opcodes of a joblib dump.
struct JoblibExtent {
  uint64_t begin;  // behind the BUILD of the wrapper
  uint64_t data;   // behind the padding
  uint64_t end;
  bool pickled;  // a pickle of an array of objects
};

// Finds the arrays in the first pickle of `bytes` as joblib.load reads it, in
// order, and the pickle's length.
//
// Errors: as in ScanJoblib().
absl::Status FindJoblibArrays(std::string_view bytes, const Limits& limits,
                              std::vector<JoblibExtent>* arrays,
                              uint64_t* length);

// Enters the names and sites of another report; each once, sites in order.
void MergeReport(const ScanReport& from, ScanReport* into);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_INSPECT_JOBLIB_SCAN_H_

#ifndef PICKLE5_PICKLE_INSPECT_JOBLIB_LOAD_H_
#define PICKLE5_PICKLE_INSPECT_JOBLIB_LOAD_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "pickle/inspect/joblib_scan.h"
#include "pickle/protocol/limits.h"
#include "pickle/value/document.h"

namespace pickle5::internal {

// Tells whether the opcodes at the beginning of `bytes`, as far as they can be
// read, name joblib's NumpyArrayWrapper.
//
// Cost: linear in the opcodes; payloads are not touched.
bool NamesJoblibWrapper(std::string_view bytes);

// A joblib dump without the bytes of its arrays.
struct JoblibDump {
  std::string pickle;
  uint64_t length = 0;  // of the dump, arrays included
  std::vector<JoblibExtent> arrays;
};

// Takes the first dump in `bytes` apart. Errors as FindJoblibArrays().
absl::StatusOr<JoblibDump> TakeJoblibApart(std::string_view bytes,
                                           const Limits& limits);

// Loads the first pickle of `file` as joblib.load does: an array stands in the
// place of each wrapper, numpy.ndarray(...) as NpyToValue() makes it, with a
// view of `file` as its data. An array of objects is what its own pickle
// makes. Subclasses of ndarray become ndarrays.
//
// In dump->pickle, BININT i and BUILD stand in the place of the i-th array.
//
// Lifetime: views into `dump` and `file`, which must outlive the Values.
// Errors:   as Document::LoadBorrowed(); Unimplemented where it is not certain
//           how many bytes joblib takes for an array.
// Cost:     the opcodes are read twice, arrays are not touched.
absl::Status LoadJoblib(const Buffer& file, const ReadOptions& options,
                        Document* document, JoblibDump* dump);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_INSPECT_JOBLIB_LOAD_H_

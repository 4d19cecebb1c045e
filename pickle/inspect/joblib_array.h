#ifndef PICKLE5_PICKLE_INSPECT_JOBLIB_ARRAY_H_
#define PICKLE5_PICKLE_INSPECT_JOBLIB_ARRAY_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "pickle/value/value.h"

namespace pickle5::internal {

constexpr std::string_view kJoblibWrapper =
    "joblib.numpy_pickle.NumpyArrayWrapper";

// Returns whether `global` is joblib's NumpyArrayWrapper, in whose place
// joblib.load puts an array that it reads from behind the BUILD of the wrapper.
bool IsJoblibWrapper(Value global);

// The array that follows that BUILD, in place of opcodes.
struct JoblibArray {
  bool pickled;    // a pickle of its own: the array holds objects
  bool padded;     // else: a byte that says how many to pass over, then those
  uint64_t bytes;  // and then the array's
};

// By the wrapper's state. Nothing for a state that joblib would not write, or
// of whose dtype NumPy's reading is not known for sure.
std::optional<JoblibArray> JoblibArrayOf(Value state);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_INSPECT_JOBLIB_ARRAY_H_

#ifndef PICKLE5_PICKLE_NUMPY_NDARRAY_H_
#define PICKLE5_PICKLE_NUMPY_NDARRAY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pickle/value/value.h"

namespace pickle5::internal {

// An array without Python objects.
struct ArrayView {
  std::string descr;  // the dtype as an .npy header spells it
  uint64_t itemsize = 0;
  std::vector<uint64_t> shape;
  uint64_t items = 1;  // the product of shape
  bool fortran_order = false;
  std::string_view data;  // exactly items * itemsize bytes
};

// Tells whether a value is an ndarray by its class: as NumPy pickles it, in any
// protocol, or as NpyToValue() makes it.
bool IsArray(Value value);

// The parts of an ndarray. Where its data is text in the pickle (protocols 0
// to 2), it is put into `storage`, which must outlive the view.
//
// Errors: InvalidArgument if the value is no ndarray, holds Python objects, or
//         is contradictory.
absl::StatusOr<ArrayView> ViewArray(Value value, std::string* storage);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_NUMPY_NDARRAY_H_

#ifndef PICKLE5_PICKLE_NUMPY_NPY_HEADER_H_
#define PICKLE5_PICKLE_NUMPY_NPY_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "pickle/value/document.h"

namespace pickle5::internal {

// The six bytes in front of an .npy file's version.
inline constexpr std::string_view kNpyMagic("\x93NUMPY", 6);

// The header of an .npy file.
struct NpyHeader {
  Value dtype;  // what numpy.dtype() takes: a str, list or dict
  uint64_t itemsize = 0;
  bool holds_objects = false;  // a pickle stands in place of the data
  bool fortran_order = false;
  Value shape;         // a tuple of ints
  uint64_t items = 1;  // the product of shape
  size_t data_offset = 0;
};

// Reads the header; its values are `document`'s.
//
// Gaps between the fields of a structured dtype, which the file spells as
// fields without a name, become offsets, as numpy.lib.format reads them.
//
// Errors: InvalidArgument.
absl::StatusOr<NpyHeader> ReadNpyHeader(std::string_view file,
                                        Document& document);

// The value of a Python literal: str, int, True, False, None, and tuples, lists
// and dicts of them, nested 32 deep at the most. A null Value if it is none.
Value ParsePythonLiteral(std::string_view literal, Document& document);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_NUMPY_NPY_HEADER_H_

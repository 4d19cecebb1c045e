#ifndef PICKLE5_PICKLE_NUMPY_NPY_H_
#define PICKLE5_PICKLE_NUMPY_NPY_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/bytes/byte_writer.h"
#include "pickle/export.h"
#include "pickle/value/document.h"

namespace pickle5 {

// Returns whether the bytes begin as an .npy file does.
PICKLE5_EXPORT bool IsNpy(std::string_view bytes);

// Makes of an .npy file (NEP 1; versions 1.0, 2.0 and 3.0) the value
//   numpy.ndarray(shape, numpy.dtype(descr, False, True), buffer, 0, None, 'C')
// of `document` ('F' for Fortran order), which every NumPy from 1.16 to 2.x
// unpickles to that array without a warning. The buffer is a view of `file`,
// and as writable as it is; the array is, too.
//
// Errors: InvalidArgument if it is no .npy file, is cut short, or holds Python
//         objects, which stand there as a pickle of their own.
// Cost:   constant in the size of the array.
PICKLE5_EXPORT absl::StatusOr<Value> NpyToValue(const Buffer& file,
                                                Document& document);

// The pickle of an array of Python objects, which stands behind the header of
// `file` in place of the data; empty if the array holds none.
//
// Errors: InvalidArgument if it is no .npy file.
PICKLE5_EXPORT absl::StatusOr<std::string_view> NpyPickle(
    std::string_view file);

// Writes an array as an .npy file: an ndarray as NumPy pickles it, in any
// protocol, or as NpyToValue() makes it.
//
// Errors: InvalidArgument if the value is none, holds Python objects, or is
//         contradictory. The writer's own. A failure abandons the writer.
// Cost:   the data is written from where it is.
PICKLE5_EXPORT absl::Status ValueToNpy(Value value, ByteWriter& writer);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_NUMPY_NPY_H_

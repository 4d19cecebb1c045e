#ifndef PICKLE5_PICKLE_PYTHON_BUFFER_OBJECT_H_
#define PICKLE5_PICKLE_PYTHON_BUFFER_OBJECT_H_

#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// A memoryview of the bytes of a Buffer, which lives as long as any view of
// it. nullptr: an exception is set.
PyObject* ViewOfBuffer(const ModuleState& state, Buffer buffer);

// The memory of a contiguous view that was asked for with PyBUF_FULL_RO, as
// the array that it is. The view must outlive it.
absl::StatusOr<Buffer> BufferOfView(const Py_buffer& view);

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_BUFFER_OBJECT_H_

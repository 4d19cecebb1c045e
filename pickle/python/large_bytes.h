#ifndef PICKLE5_PICKLE_PYTHON_LARGE_BYTES_H_
#define PICKLE5_PICKLE_PYTHON_LARGE_BYTES_H_

#include <cstddef>
#include <cstdint>

#include "pickle/python/python_api.h"

namespace pickle5::python {

// Blocks of memory from so many bytes on are put on huge pages: the first
// touch of fresh pages is what costs time.
inline constexpr size_t kLargeBlock = size_t{4} << 20;

// Asks for huge pages where they fit into a block that was not touched yet.
// Small ones stay as they are.
void UseHugePages(void* block, size_t size);

// A bytes or bytearray object that is to be filled. nullptr: an exception is
// set.
PyObject* NewBytes(size_t size, bool writable);
// The memory to fill.
inline uint8_t* ContentsOf(PyObject* bytes) {
  return reinterpret_cast<uint8_t*>(PyByteArray_Check(bytes)
                                        ? PyByteArray_AS_STRING(bytes)
                                        : PyBytes_AS_STRING(bytes));
}

// The same with a copy of the bytes, which is made without the GIL if they are
// many: they must stay.
PyObject* CopyBytes(const uint8_t* from, size_t size, bool writable);

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_LARGE_BYTES_H_

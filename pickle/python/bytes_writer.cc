#include "pickle/python/bytes_writer.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "pickle/python/large_bytes.h"

namespace pickle5::python {

bool BytesWriter::ReserveMore(size_t length) {
  return GrowBlock(length, kScratch);
}

bool BytesWriter::WriteThrough(std::string_view payload) {
  // With room for a frame behind it: the block would double for that.
  if (available() < payload.size() && !ReserveMore(payload.size() + kScratch)) {
    return false;
  }
  {
    const Unlocked unlocked(payload.size());
    std::memcpy(cursor(), payload.data(), payload.size());
  }
  set_cursor(cursor() + payload.size());
  return true;
}

void* BytesWriter::ReallocateBlock(void* block, size_t capacity) {
  if (block == nullptr && capacity <= kScratch) {
    if (scratch_ == nullptr) {
      scratch_.reset(new (std::nothrow) uint8_t[kScratch]);
    }
    return scratch_.get();
  }
  const Py_ssize_t size = static_cast<Py_ssize_t>(capacity);
  if (block == nullptr || block == scratch_.get()) {
    bytes_ = PyBytes_FromStringAndSize(nullptr, size);
    if (bytes_ != nullptr && block != nullptr) {
      std::memcpy(PyBytes_AS_STRING(bytes_), block, held());
    }
  } else if (bytes_ != nullptr) {
    _PyBytes_Resize(&bytes_, size);
  }
  if (bytes_ == nullptr) {
    PyErr_Clear();
    return nullptr;
  }
  UseHugePages(PyBytes_AS_STRING(bytes_), capacity);
  return PyBytes_AS_STRING(bytes_);
}

PyObject* BytesWriter::Take() {
  const Py_ssize_t size = static_cast<Py_ssize_t>(held());
  if (bytes_ == nullptr) {
    PyObject* copied =
        PyBytes_FromStringAndSize(reinterpret_cast<const char*>(start()), size);
    Restart();
    return copied;
  }
  ReleaseBlock();
  PyObject* taken = std::exchange(bytes_, nullptr);
  _PyBytes_Resize(&taken, size);
  return taken;
}

void BytesWriter::Drop() {
  ReleaseBlock();
  Py_CLEAR(bytes_);
}

}  // namespace pickle5::python

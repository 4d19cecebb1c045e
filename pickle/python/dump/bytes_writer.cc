#include "pickle/python/dump/bytes_writer.h"

#include <cstring>
#include <utility>

#include "pickle/python/large_bytes.h"

namespace pickle5::python {

bool BytesWriter::ReserveMore(size_t length) {
  // A large payload is most often followed by little.
  if (bytes_ == nullptr && length > kScratch) return GrowBlockExactly(length);
  return GrowBlock(length, kScratch);
}

bool BytesWriter::WriteThrough(std::string_view payload) {
  if (available() < payload.size() && !ReserveMore(payload.size() + kBehind)) {
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
      scratch_ = PyBytes_FromStringAndSize(nullptr, Py_ssize_t{kScratch});
      if (scratch_ == nullptr) PyErr_Clear();
    }
    return scratch_ == nullptr ? nullptr : PyBytes_AS_STRING(scratch_);
  }
  const Py_ssize_t size = static_cast<Py_ssize_t>(capacity);
  const bool is_scratch =
      scratch_ != nullptr && block == PyBytes_AS_STRING(scratch_);
  if (block == nullptr || is_scratch) {
    bytes_ = PyBytes_FromStringAndSize(nullptr, size);
    if (bytes_ != nullptr && is_scratch) {
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
  if (bytes_ == nullptr && held() <= kCopied) {
    PyObject* copied =
        PyBytes_FromStringAndSize(reinterpret_cast<const char*>(start()), size);
    Restart();
    return copied;
  }
  const size_t spare = available();
  ReleaseBlock();
  PyObject* taken =
      std::exchange(bytes_ != nullptr ? bytes_ : scratch_, nullptr);
  if (spare <= kSpared && size > Py_ssize_t{kScratch}) {
    Py_SET_SIZE(taken, size);
    PyBytes_AS_STRING(taken)[size] = '\0';
    return taken;
  }
  _PyBytes_Resize(&taken, size);
  return taken;
}

void BytesWriter::Drop() {
  ReleaseBlock();
  Py_CLEAR(bytes_);
}

}  // namespace pickle5::python

#include "pickle/python/file_input.h"

#include <algorithm>
#include <cstring>

namespace pickle5::python {

bool FileInput::Open(const ModuleState& state, PyObject* file) {
  Close();
  if (!LookupAttr(file, state.str_peek, peek_.Out()) ||
      !LookupAttr(file, state.str_readinto, readinto_.Out()) ||
      !LookupAttr(file, state.str_read, read_.Out()) ||
      !LookupAttr(file, state.str_readline, readline_.Out())) {
    Close();
    return false;
  }
  if (!read_ || !readline_) {
    Close();
    PyErr_SetString(PyExc_TypeError,
                    "file must have 'read' and 'readline' attributes");
    return false;
  }
  return true;
}

void FileInput::Close() {
  read_.Reset();
  readinto_.Reset();
  readline_.Reset();
  peek_.Reset();
  data_.clear();
  begin_ = peeked_ = 0;
}

int FileInput::Traverse(visitproc visit, void* arg) const {
  Py_VISIT(read_.get());
  Py_VISIT(readinto_.get());
  Py_VISIT(readline_.get());
  Py_VISIT(peek_.get());
  return 0;
}

bool FileInput::AppendResult(PyObject* result) {
  const Handle held(result);
  if (result == nullptr) return false;
  if (!PyBytes_Check(result)) {
    PyErr_Format(PyExc_ValueError,
                 "a method of the file returned a non-bytes object (%R)",
                 result);
    return false;
  }
  const auto* bytes =
      reinterpret_cast<const uint8_t*>(PyBytes_AS_STRING(result));
  data_.insert(data_.end(), bytes, bytes + PyBytes_GET_SIZE(result));
  return true;
}

bool FileInput::SkipPeeked(size_t count) {
  peeked_ = 0;
  if (count == 0) return true;
  return bool(Handle(
      PyObject_CallFunction(read_.get(), "n", static_cast<Py_ssize_t>(count))));
}

bool FileInput::Peek() {
  if (!peek_) return true;
  Handle shown(PyObject_CallFunction(peek_.get(), "n", kPeek));
  if (!shown) {
    if (!PyErr_ExceptionMatches(PyExc_NotImplementedError)) return false;
    PyErr_Clear();
    peek_.Reset();
    return true;
  }
  const size_t before = data_.size();
  if (!AppendResult(shown.release())) return false;
  peeked_ = data_.size() - before;
  return true;
}

void FileInput::DropConsumed() {
  data_.erase(data_.begin(), data_.begin() + static_cast<ptrdiff_t>(begin_));
  begin_ = 0;
}

bool FileInput::Pull(uint64_t needed, bool line, bool* more) {
  *more = false;
  if (!SkipPeeked(peeked_)) return false;
  DropConsumed();
  const size_t before = data_.size();
  if (before == 0) {
    if (!Peek()) return false;
    if (data_.size() > 0) {
      *more = true;
      if (line || data_.size() >= needed) return true;
      if (!SkipPeeked(peeked_)) return false;
    }
  }
  if (line) {
    if (!AppendResult(PyObject_CallNoArgs(readline_.get()))) return false;
    *more = data_.size() != before;
    return true;
  }
  if (needed > static_cast<uint64_t>(PY_SSIZE_T_MAX)) {
    // More than any file has.
    needed = static_cast<uint64_t>(PY_SSIZE_T_MAX);
  }
  if (needed > data_.size()) {
    Handle bytes(PyObject_CallFunction(
        read_.get(), "n", static_cast<Py_ssize_t>(needed - data_.size())));
    if (!bytes) return false;
    // What is missing at the end of the file is not asked for again.
    const size_t had = data_.size();
    if (!AppendResult(bytes.release())) return false;
    *more = data_.size() != had && data_.size() >= needed;
    if (!*more) return true;
  }
  return Peek();
}

void FileInput::Consume(const uint8_t* next) {
  begin_ = static_cast<size_t>(next - data_.data());
}

bool FileInput::Read(char* destination, size_t size, bool* done) {
  *done = false;
  const size_t there = std::min(size, data_.size() - begin_);
  std::memcpy(destination, begin(), there);
  begin_ += there;
  destination += there;
  size_t left = size - there;
  if (left == 0) {
    *done = true;
    return true;
  }
  if (!SkipPeeked(peeked_)) return false;
  DropConsumed();
  if (!readinto_) {
    Handle bytes(
        PyObject_CallFunction(read_.get(), "n", static_cast<Py_ssize_t>(left)));
    if (!bytes || !AppendResult(bytes.release())) return false;
    *done = data_.size() >= left;
    if (*done) std::memcpy(destination, data_.data(), left);
    data_.clear();
    return true;
  }
  while (left != 0) {
    const Handle view(PyMemoryView_FromMemory(
        destination, static_cast<Py_ssize_t>(left), PyBUF_WRITE));
    if (!view) return false;
    const Handle count(
        PyObject_CallFunctionObjArgs(readinto_.get(), view.get(), nullptr));
    if (!count) return false;
    const Py_ssize_t got = PyLong_AsSsize_t(count.get());
    if (got < 0) {
      if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError,
                        "readinto() returned a negative number");
      }
      return false;
    }
    if (got == 0) return true;
    if (static_cast<size_t>(got) > left) {
      PyErr_SetString(PyExc_ValueError,
                      "readinto() returned more than there is room for");
      return false;
    }
    destination += got;
    left -= static_cast<size_t>(got);
  }
  *done = true;
  return true;
}

bool FileInput::Finish() {
  // The peeked bytes that were consumed are still in the file.
  const size_t unread = data_.size() - begin_;
  const size_t skipped = peeked_ > unread ? peeked_ - unread : 0;
  const bool done = SkipPeeked(skipped);
  data_.clear();
  begin_ = 0;
  if (data_.capacity() > static_cast<size_t>(kPeek) * 2) data_.shrink_to_fit();
  return done;
}

}  // namespace pickle5::python

#ifndef PICKLE5_PICKLE_PYTHON_BUFFER_VIEW_H_
#define PICKLE5_PICKLE_PYTHON_BUFFER_VIEW_H_

#include "pickle/python/python_api.h"

namespace pickle5::python {

// A view of an object's memory, released at the end.
class BufferView {
 public:
  BufferView() = default;
  BufferView(const BufferView&) = delete;
  BufferView& operator=(const BufferView&) = delete;
  ~BufferView() { PyBuffer_Release(&view_); }

  // Precondition: it is the first call. False: an exception is set.
  bool Get(PyObject* object, int flags) {
    return PyObject_GetBuffer(object, &view_, flags) == 0;
  }
  const Py_buffer& operator*() const { return view_; }
  const Py_buffer* operator->() const { return &view_; }

 private:
  Py_buffer view_ = {};
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_BUFFER_VIEW_H_

#ifndef PICKLE5_PICKLE_PYTHON_HANDLE_H_
#define PICKLE5_PICKLE_PYTHON_HANDLE_H_

#include <utility>

#include "pickle/python/python_api.h"

namespace pickle5::python {

// One reference to a Python object, or none.
class Handle {
 public:
  Handle() = default;
  // Takes over a reference; nullptr says that there is none.
  explicit Handle(PyObject* owned) : object_(owned) {}
  Handle(Handle&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    Reset(std::exchange(other.object_, nullptr));
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { Py_XDECREF(object_); }

  // Makes a reference of its own.
  static Handle Share(PyObject* object) {
    Py_XINCREF(object);
    return Handle(object);
  }

  PyObject* get() const { return object_; }
  PyObject* release() { return std::exchange(object_, nullptr); }
  // The old object goes after the new one is in place: its end may run code.
  void Reset(PyObject* owned = nullptr) {
    PyObject* old = std::exchange(object_, owned);
    Py_XDECREF(old);
  }
  explicit operator bool() const { return object_ != nullptr; }
  // For functions that store a new reference.
  PyObject** Out() {
    Reset();
    return &object_;
  }

 private:
  PyObject* object_ = nullptr;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_HANDLE_H_

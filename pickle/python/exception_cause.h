#ifndef PICKLE5_PICKLE_PYTHON_EXCEPTION_CAUSE_H_
#define PICKLE5_PICKLE_PYTHON_EXCEPTION_CAUSE_H_

#include "pickle/python/handle.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// Takes the exception that is set, so that another one can be raised because of
// it.
class ExceptionCause {
 public:
  ExceptionCause() {
    PyErr_Fetch(&type_, &value_, &traceback_);
    PyErr_NormalizeException(&type_, &value_, &traceback_);
    if (traceback_ != nullptr) PyException_SetTraceback(value_, traceback_);
  }
  ExceptionCause(const ExceptionCause&) = delete;
  ExceptionCause& operator=(const ExceptionCause&) = delete;
  ~ExceptionCause() {
    Py_XDECREF(type_);
    Py_XDECREF(value_);
    Py_XDECREF(traceback_);
  }

  bool Is(PyObject* type) const {
    return PyErr_GivenExceptionMatches(value_, type) != 0;
  }
  PyObject* value() const { return value_; }

  // Sets it again, in place of what may be set.
  void Restore() {
    PyErr_Restore(type_, value_, traceback_);
    type_ = value_ = traceback_ = nullptr;
  }

  // Makes it the __context__ of the exception that is set now.
  void BecomeContext() {
    PyObject* type;
    PyObject* value;
    PyObject* traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (value != nullptr && value != value_) {
      PyException_SetContext(value, NewRef(value_));
    }
    PyErr_Restore(type, value, traceback);
  }

 private:
  PyObject* type_ = nullptr;
  PyObject* value_ = nullptr;
  PyObject* traceback_ = nullptr;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_EXCEPTION_CAUSE_H_

#include "pickle/python/dump/array_reduction.h"

#include <cstring>

namespace pickle5::python {

void ArrayReduction::Learn(PyTypeObject* type, PyObject* reduced) {
  if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) ||
      std::strcmp(type->tp_name, "numpy.ndarray") != 0 ||
      !PyTuple_CheckExact(reduced) || PyTuple_GET_SIZE(reduced) != 2) {
    return;
  }
  PyObject* function = PyTuple_GET_ITEM(reduced, 0);
  PyObject* arguments = PyTuple_GET_ITEM(reduced, 1);
  if (!PyTuple_CheckExact(arguments) || PyTuple_GET_SIZE(arguments) != 4) {
    return;
  }
  PyObject* dtype = PyTuple_GET_ITEM(arguments, 1);
  PyObject* order = PyTuple_GET_ITEM(arguments, 3);
  if (Py_TYPE(PyTuple_GET_ITEM(arguments, 0)) != &PyPickleBuffer_Type ||
      !PyTuple_CheckExact(PyTuple_GET_ITEM(arguments, 2)) ||
      !PyUnicode_CheckExact(order) ||
      PyUnicode_CompareWithASCIIString(order, "C") != 0) {
    return;
  }
  if (type != type_ || function != function_.get() || order != order_.get()) {
    // Never more than one of them unless NumPy was imported again.
    Clear();
    type_ = type;
    function_ = Handle::Share(function);
    order_ = Handle::Share(order);
  }
  if (Knows(dtype)) return;
  if (dtypes_.size() == kMaxTypes) dtypes_.erase(dtypes_.begin());
  dtypes_.push_back(Handle::Share(dtype));
}

void ArrayReduction::Clear() {
  type_ = nullptr;
  function_.Reset();
  order_.Reset();
  dtypes_.clear();
}

}  // namespace pickle5::python

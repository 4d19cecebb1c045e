#ifndef PICKLE5_PICKLE_PYTHON_DUMP_FLAT_VALUES_H_
#define PICKLE5_PICKLE_PYTHON_DUMP_FLAT_VALUES_H_

#include "pickle/emitter/emitter.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// Objects that hold no others and that Atoms write: loops over such need no
// frames and ask for room once for each.

inline bool IsShortText(PyObject* object) {
  return Py_TYPE(object) == &PyUnicode_Type &&
         PyUnicode_IS_COMPACT_ASCII(object) &&
         PyUnicode_GET_LENGTH(object) < Py_ssize_t{Atoms::kShortText};
}

inline bool IsFlat(PyObject* object) {
  const PyTypeObject* type = Py_TYPE(object);
  int64_t number;
  if (type == &PyLong_Type) return CompactInt(object, &number);
  return IsShortText(object) || type == &PyFloat_Type || object == Py_None ||
         type == &PyBool_Type;
}

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_DUMP_FLAT_VALUES_H_

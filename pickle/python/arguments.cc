#include "pickle/python/arguments.h"

#include <cstring>

#include "pickle/protocol/opcode.h"
#include "pickle/python/version_rules.h"

namespace pickle5::python {
namespace {

bool PutPositional(const Signature& signature, PyObject* const* arguments,
                   Py_ssize_t count, PyObject** values) {
  if (static_cast<size_t>(count) > signature.positional) {
    PyErr_Format(PyExc_TypeError,
                 "%s() takes at most %zu positional arguments (%zd given)",
                 signature.function, signature.positional, count);
    return false;
  }
  for (size_t i = 0; i != signature.count; ++i) {
    values[i] = i < static_cast<size_t>(count) ? arguments[i] : nullptr;
  }
  return true;
}

bool PutKeyword(const Signature& signature, PyObject* name, PyObject* value,
                PyObject** values) {
  for (size_t i = signature.positional_only; i != signature.count; ++i) {
    if (PyUnicode_CompareWithASCIIString(name, signature.names[i]) != 0) {
      continue;
    }
    if (values[i] != nullptr) {
      PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument %R",
                   signature.function, name);
      return false;
    }
    values[i] = value;
    return true;
  }
  PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument %R",
               signature.function, name);
  return false;
}

bool CheckRequired(const Signature& signature, PyObject* const* values) {
  for (size_t i = 0; i != signature.required; ++i) {
    if (values[i] == nullptr) {
      PyErr_Format(PyExc_TypeError,
                   "%s() missing required argument '%s' (pos %zu)",
                   signature.function, signature.names[i], i + 1);
      return false;
    }
  }
  return true;
}

}  // namespace

bool ParseArguments(const Signature& signature, PyObject* const* arguments,
                    Py_ssize_t count, PyObject* keywords, PyObject** values) {
  if (!PutPositional(signature, arguments, count, values)) return false;
  if (keywords != nullptr) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keywords); ++i) {
      if (!PutKeyword(signature, PyTuple_GET_ITEM(keywords, i),
                      arguments[count + i], values)) {
        return false;
      }
    }
  }
  return CheckRequired(signature, values);
}

bool ParseArguments(const Signature& signature, PyObject* arguments,
                    PyObject* keywords, PyObject** values) {
  if (!PutPositional(signature,
                     reinterpret_cast<PyTupleObject*>(arguments)->ob_item,
                     PyTuple_GET_SIZE(arguments), values)) {
    return false;
  }
  Py_ssize_t position = 0;
  PyObject* name;
  PyObject* value;
  while (keywords != nullptr &&
         PyDict_Next(keywords, &position, &name, &value)) {
    if (!PyUnicode_Check(name)) {
      PyErr_SetString(PyExc_TypeError, "keywords must be strings");
      return false;
    }
    if (!PutKeyword(signature, name, value, values)) return false;
  }
  return CheckRequired(signature, values);
}

bool ParseBool(PyObject* argument, bool* value) {
  if (argument == nullptr) return true;
  const int truth = PyObject_IsTrue(argument);
  *value = truth > 0;
  return truth >= 0;
}

bool ParseProtocol(PyObject* argument, int* protocol) {
  *protocol = kDefaultProtocol;
  if (argument == nullptr || argument == Py_None) return true;
  const long value = PyLong_AsLong(argument);
  if (value == -1 && PyErr_Occurred()) return false;
  if (value > kHighestProtocol) {
    PyErr_Format(PyExc_ValueError, "pickle protocol must be <= %d",
                 kHighestProtocol);
    return false;
  }
  *protocol = value < 0 ? kHighestProtocol : static_cast<int>(value);
  return true;
}

bool ParseText(const char* function, const char* name, PyObject* argument,
               const char** text) {
  if (argument == nullptr) return true;
  if (!PyUnicode_Check(argument)) {
    PyErr_Format(PyExc_TypeError, "%s() argument '%s' must be str, not %.50s",
                 function, name, Py_TYPE(argument)->tp_name);
    return false;
  }
  Py_ssize_t size;
  *text = PyUnicode_AsUTF8AndSize(argument, &size);
  if (*text == nullptr) return false;
  if (std::strlen(*text) != static_cast<size_t>(size)) {
    PyErr_SetString(PyExc_ValueError, "embedded null character");
    return false;
  }
  return true;
}

}  // namespace pickle5::python

#ifndef PICKLE5_PICKLE_PYTHON_ARGUMENTS_H_
#define PICKLE5_PICKLE_PYTHON_ARGUMENTS_H_

#include <array>
#include <cstddef>

#include "pickle/python/python_api.h"

namespace pickle5::python {

// The parameters of a function: names in order, of which the first
// `positional` may be given by position and the first `required` must be given.
struct Signature {
  const char* function;
  const char* const* names;
  size_t count;
  size_t positional;
  size_t required;
  size_t positional_only;  // the first ones, which have no keyword
};

// Sorts the arguments of a vectorcall into `values` (signature.count of them,
// nullptr where nothing was given), borrowed. False: an exception is set.
bool ParseArguments(const Signature& signature, PyObject* const* arguments,
                    Py_ssize_t count, PyObject* keywords, PyObject** values);
// The same for the arguments of __init__.
bool ParseArguments(const Signature& signature, PyObject* arguments,
                    PyObject* keywords, PyObject** values);

// The truth of an argument, `otherwise` if it was not given. False: an
// exception is set.
bool ParseBool(PyObject* argument, bool* value);
// A protocol as picklers take it: None is the default, negative the highest.
bool ParseProtocol(PyObject* argument, int* protocol);
// A str without NULs; *text stays as it is if the argument was not given.
bool ParseText(const char* function, const char* name, PyObject* argument,
               const char** text);

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_ARGUMENTS_H_

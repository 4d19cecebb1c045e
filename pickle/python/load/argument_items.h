#ifndef PICKLE5_PICKLE_PYTHON_LOAD_ARGUMENT_ITEMS_H_
#define PICKLE5_PICKLE_PYTHON_LOAD_ARGUMENT_ITEMS_H_

#include <vector>

#include "pickle/python/python_api.h"

namespace pickle5::python {

// Appends the objects that iterating over an argument of a call may give, all
// of them borrowed: what a list, tuple or set holds, the keys of a dict, the
// objects of an array, what another object refers to, and the same of what an
// iterator refers to. Runs no code of a class. May throw std::bad_alloc.
void AppendArgumentItems(PyObject* argument, std::vector<PyObject*>* items);

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_LOAD_ARGUMENT_ITEMS_H_

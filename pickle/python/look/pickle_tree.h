#ifndef PICKLE5_PICKLE_PYTHON_LOOK_PICKLE_TREE_H_
#define PICKLE5_PICKLE_PYTHON_LOOK_PICKLE_TREE_H_

#include "pickle/protocol/limits.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// Reads the pickle in `data`, an exact bytes object, into a Document: nothing
// is imported or called. The root as a new object of `type`, a subclass of
// TreeNode; nullptr: an exception is set. May throw std::bad_alloc.
PyObject* ReadTree(PyTypeObject* type, PyObject* data, const Limits& limits,
                   PyObject* error);

// One value of a pickle. Nodes of one tree keep its Document alive, and are
// equal if they are the same object.
extern PyType_Spec tree_node_spec;

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_LOOK_PICKLE_TREE_H_

#ifndef PICKLE5_PICKLE_PYTHON_OBJECT_NAMES_H_
#define PICKLE5_PICKLE_PYTHON_OBJECT_NAMES_H_

#include "pickle/python/handle.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// How objects that are pickled by name are found. All set an exception where
// they return nullptr.

// Raises `error` with a text that takes the name of an object's type as %U.
void RaiseWithType(PyObject* error, const char* text, PyObject* object);

// The parts of an object's dotted name as a list. An error where one is
// "<locals>".
PyObject* SplitName(const ModuleState& state, PyObject* object, PyObject* name);

// Mangles the private parts of a name, in the list and, if there are any, in
// *name. False: an exception is set.
bool MangleName(PyObject* names, Handle* name);

// The attribute that a list of names leads to, with *parent (if not nullptr)
// where its last one was found. If there is none: nullptr, with an
// AttributeError if `raises`, else without an exception.
PyObject* FollowNames(PyObject* object, PyObject* names, Handle* parent,
                      bool raises = false);

// Raise the PicklingError of an object whose module cannot be imported, or
// which has no such name, from the exception that is set, if one is.
void RaiseNotImported(PyObject* error, PyObject* object, PyObject* module);
void RaiseNotFound(PyObject* error, PyObject* object, PyObject* module,
                   PyObject* name);

// The name of the module that defines an object.
PyObject* FindModuleName(const ModuleState& state, PyObject* object,
                         PyObject* names);

// As __import__ with the module itself as result.
PyObject* ImportModule(PyObject* name);

// Unpickler.find_class() of CPython: audits, maps the names of Python 2, and
// imports.
PyObject* FindClass(const ModuleState& state, PyObject* module, PyObject* name,
                    int protocol, bool fix_imports);

// Maps a name to that of the other Python generation.
// `names` maps (module, name) pairs, `modules` modules; `table` is what
// messages call them.
bool MapName(PyObject* names, PyObject* modules, const char* names_table,
             const char* modules_table, Handle* module, Handle* name);

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_OBJECT_NAMES_H_

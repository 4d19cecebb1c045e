#ifndef PICKLE5_PICKLE_PYTHON_FAILURE_NOTES_H_
#define PICKLE5_PICKLE_PYTHON_FAILURE_NOTES_H_

#include "pickle/python/handle.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// Says where in its object a dump failed, in the words of CPython 3.14's
// pickle: from the inside out, each a note of the exception (PEP 678). Before
// CPython 3.11, which has no notes, they are lines of the exception's text, of
// a PicklingError that was raised by no Python code.
//
// Errors: none: what cannot be said is left out.
class FailureNotes {
 public:
  // Takes the exception that is set; Raise() sets it again.
  explicit FailureNotes(const ModuleState& state);
  FailureNotes(const FailureNotes&) = delete;
  FailureNotes& operator=(const FailureNotes&) = delete;

  // "when serializing list item 3"
  void AddItem(PyTypeObject* type, Py_ssize_t index);
  // "when serializing dict item 'key'"
  void AddItem(PyTypeObject* type, PyObject* key);
  // "when serializing module.Class state"
  void AddPart(PyTypeObject* type, const char* part);
  void AddSkipped(size_t levels);

  void Raise();

 private:
  void Add(PyObject* text);
#if PY_VERSION_HEX < 0x030b0000
  // There are no notes yet.
  void AddToText(PyObject* text);

  const ModuleState& state_;
#endif
  PyObject* type_ = nullptr;
  PyObject* value_ = nullptr;
  PyObject* traceback_ = nullptr;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_FAILURE_NOTES_H_

#ifndef PICKLE5_PICKLE_PYTHON_DUMP_FAILURE_NOTES_H_
#define PICKLE5_PICKLE_PYTHON_DUMP_FAILURE_NOTES_H_

#include <cstdint>

#include "pickle/python/handle.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// Says where in its object a dump failed, in the words of CPython 3.14's
// pickle: from the inside out, each a note of the exception (PEP 678). Before
// CPython 3.11, which has no notes, they are lines of the exception's text, of
// a PicklingError that was raised by no Python code.
//
// An exception object that is raised again loses the notes of the dump before,
// if that was the last one that failed; from kMaxNotes on it gets no more.
//
// Errors: none: what cannot be said is left out.
// Cost:   of what repeats itself, such as the items of nested lists, one
//         pointer for each level.
class FailureNotes {
 public:
  static constexpr Py_ssize_t kMaxNotes = 1000;

  // Takes the exception that is set; Raise() sets it again. `dump` is the
  // number of the dump that failed (ModuleState::dumps).
  FailureNotes(ModuleState& state, uint64_t dump);
  FailureNotes(const FailureNotes&) = delete;
  FailureNotes& operator=(const FailureNotes&) = delete;

  // "when serializing list item 3"
  void AddItem(PyTypeObject* type, Py_ssize_t index);
  // "when serializing dict item 'key'"
  void AddItem(PyTypeObject* type, PyObject* key);
  // "when serializing module.Class state"; `part` is a literal.
  void AddPart(PyTypeObject* type, const char* part);
  void AddSkipped(size_t levels);

  void Raise();

 private:
  // A note that was made; its references tell what of.
  struct Known {
    Handle type;
    Handle key;
    const char* part = nullptr;
    Py_ssize_t index = 0;
    Handle note;
  };
  static constexpr size_t kKnown = 16;

  template <class Make>
  void AddKnown(PyTypeObject* type, PyObject* key, const char* part,
                Py_ssize_t index, Make make);
  void Add(const Handle& note);
  void AddAll();
  void DropFormer(PyObject* notes);
  void Remember(PyObject* notes);
#if PY_VERSION_HEX < 0x030b0000
  // There are no notes yet.
  void AddToText(PyObject* text);
#endif

  ModuleState& state_;
  const uint64_t dump_;
  PyObject* type_ = nullptr;
  PyObject* value_ = nullptr;
  PyObject* traceback_ = nullptr;
  Handle notes_;         // those to add, as a list
  Known known_[kKnown];  // the last that were made, in turn
  size_t made_ = 0;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_DUMP_FAILURE_NOTES_H_

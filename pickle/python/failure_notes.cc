#include "pickle/python/failure_notes.h"

#include "pickle/python/version_rules.h"

namespace pickle5::python {
namespace {

// As %T of CPython 3.13 has it.
PyObject* NameOf(PyTypeObject* type) {
  if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
    return PyUnicode_FromString(type->tp_name);
  }
  PyObject* name = reinterpret_cast<PyHeapTypeObject*>(type)->ht_qualname;
  const Handle module(
      PyObject_GetAttrString(reinterpret_cast<PyObject*>(type), "__module__"));
  if (!module || !PyUnicode_Check(module.get()) ||
      PyUnicode_CompareWithASCIIString(module.get(), "builtins") == 0 ||
      PyUnicode_CompareWithASCIIString(module.get(), "__main__") == 0) {
    PyErr_Clear();
    return NewRef(name);
  }
  return PyUnicode_FromFormat("%U.%U", module.get(), name);
}

}  // namespace

FailureNotes::FailureNotes([[maybe_unused]] const ModuleState& state)
#if PY_VERSION_HEX < 0x030b0000
    : state_(state)
#endif
{
  PyErr_Fetch(&type_, &value_, &traceback_);
  PyErr_NormalizeException(&type_, &value_, &traceback_);
}

void FailureNotes::Raise() { PyErr_Restore(type_, value_, traceback_); }

void FailureNotes::Add(PyObject* text) {
  const Handle note(text);
  if (note) {
#if PY_VERSION_HEX >= 0x030b0000
    const Handle added(
        PyObject_CallMethod(value_, "add_note", "O", note.get()));
#else
    AddToText(note.get());
#endif
  }
  PyErr_Clear();
}

#if PY_VERSION_HEX < 0x030b0000
// Only of what was raised by the walk itself.
void FailureNotes::AddToText(PyObject* text) {
  if (traceback_ != nullptr) return;
  const Handle arguments(PyObject_GetAttrString(value_, "args"));
  if (!arguments || !PyTuple_Check(arguments.get()) ||
      PyTuple_GET_SIZE(arguments.get()) != 1 ||
      !PyUnicode_Check(PyTuple_GET_ITEM(arguments.get(), 0))) {
    return;
  }
  PyObject* said = PyTuple_GET_ITEM(arguments.get(), 0);
  if (type_ != state_.pickling_error) {
    const Handle start(PyUnicode_FromString(kLocalObject));
    if (type_ != PyExc_AttributeError || !start ||
        PyUnicode_Tailmatch(said, start.get(), 0, PY_SSIZE_T_MAX, -1) != 1) {
      return;
    }
  }
  const Handle longer(PyUnicode_FromFormat("%U\n%U", said, text));
  const Handle changed(longer ? PyTuple_Pack(1, longer.get()) : nullptr);
  if (changed) PyObject_SetAttrString(value_, "args", changed.get());
}
#endif

void FailureNotes::AddItem(PyTypeObject* type, Py_ssize_t index) {
  const Handle name(NameOf(type));
  Add(PyUnicode_FromFormat("when serializing %V item %zd", name.get(), "",
                           index));
}

void FailureNotes::AddItem(PyTypeObject* type, PyObject* key) {
  const Handle name(NameOf(type));
  Add(PyUnicode_FromFormat("when serializing %V item %R", name.get(), "", key));
}

void FailureNotes::AddPart(PyTypeObject* type, const char* part) {
  const Handle name(NameOf(type));
  Add(PyUnicode_FromFormat("when serializing %V %s", name.get(), "", part));
}

void FailureNotes::AddSkipped(size_t levels) {
  Add(PyUnicode_FromFormat("when serializing %zu levels more", levels));
}

}  // namespace pickle5::python

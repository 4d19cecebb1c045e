#include "pickle/python/dump/failure_notes.h"

#include <algorithm>
#include <iterator>

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

#if PY_VERSION_HEX >= 0x030b0000
// Returns whether a list ends with these very objects.
bool EndsWith(PyObject* list, PyObject* end) {
  const Py_ssize_t size = PyList_GET_SIZE(end);
  const Py_ssize_t before = PyList_GET_SIZE(list) - size;
  if (before < 0) return false;
  for (Py_ssize_t i = 0; i != size; ++i) {
    if (PyList_GET_ITEM(list, before + i) != PyList_GET_ITEM(end, i)) {
      return false;
    }
  }
  return true;
}
#endif

}  // namespace

FailureNotes::FailureNotes(ModuleState& state, uint64_t dump)
    : state_(state), dump_(dump), notes_(PyList_New(0)) {
  PyErr_Fetch(&type_, &value_, &traceback_);
  PyErr_NormalizeException(&type_, &value_, &traceback_);
}

void FailureNotes::Raise() {
  AddAll();
  // References end and code may run: the exception waits.
  for (Known& known : known_) known = {};
  notes_.Reset();
  PyErr_Clear();
  PyErr_Restore(type_, value_, traceback_);
}

void FailureNotes::Add(const Handle& note) {
  if (note && notes_) PyList_Append(notes_.get(), note.get());
  PyErr_Clear();
}

#if PY_VERSION_HEX >= 0x030b0000
// Takes away what the last dump that failed said of the same exception, unless
// it was a part of this one.
void FailureNotes::DropFormer(PyObject* notes) {
  PyObject* former = state_.last_notes;
  if (former == nullptr || state_.last_noted_dump >= dump_ ||
      !EndsWith(notes, former)) {
    return;
  }
  const Py_ssize_t size = PyList_GET_SIZE(notes);
  PyList_SetSlice(notes, size - PyList_GET_SIZE(former), size, nullptr);
}

// Keeps what was said, behind what parts of this dump have said.
void FailureNotes::Remember(PyObject* notes) {
  PyObject* former = state_.last_notes;
  Handle all;
  if (former != nullptr && state_.last_noted_dump >= dump_ &&
      EndsWith(notes, former)) {
    all.Reset(PySequence_Concat(former, notes_.get()));
  }
  if (!all) all = Handle::Share(notes_.get());
  state_.last_noted_dump = dump_;
  Py_XSETREF(state_.last_notes, all.release());
}

void FailureNotes::AddAll() {
  if (!notes_ || PyList_GET_SIZE(notes_.get()) == 0) return;
  const Handle adder(PyObject_GetAttrString(value_, "add_note"));
  if (!adder) return;
  if (!PyCFunction_Check(adder.get())) {
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(notes_.get()); ++i) {
      const Handle added(PyObject_CallFunctionObjArgs(
          adder.get(), PyList_GET_ITEM(notes_.get(), i), nullptr));
      PyErr_Clear();
    }
    return;
  }
  Handle there;
  if (!LookupAttr(value_, state_.str_notes, there.Out())) return;
  if (!there) {
    // The list is the exception's own from now on.
    const Handle own(PyList_GetSlice(notes_.get(), 0, PY_SSIZE_T_MAX));
    if (own && PyObject_SetAttr(value_, state_.str_notes, own.get()) == 0) {
      state_.last_noted_dump = dump_;
      Py_XSETREF(state_.last_notes, notes_.release());
    }
    return;
  }
  if (!PyList_CheckExact(there.get())) return;
  DropFormer(there.get());
  const Py_ssize_t size = PyList_GET_SIZE(there.get());
  if (size >= kMaxNotes) return;
  Remember(there.get());
  PyList_SetSlice(there.get(), size, size, notes_.get());
}
#else
void FailureNotes::AddAll() {
  for (Py_ssize_t i = 0; notes_ && i < PyList_GET_SIZE(notes_.get()); ++i) {
    AddToText(PyList_GET_ITEM(notes_.get(), i));
    PyErr_Clear();
  }
}
#endif

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

template <class Make>
void FailureNotes::AddKnown(PyTypeObject* type, PyObject* key, const char* part,
                            Py_ssize_t index, Make make) {
  auto* type_object = reinterpret_cast<PyObject*>(type);
  Known* known = std::find_if(
      std::begin(known_), std::end(known_), [&](const Known& other) {
        return other.note && other.type.get() == type_object &&
               other.key.get() == key && other.part == part &&
               other.index == index;
      });
  if (known == std::end(known_)) {
    known = &known_[made_++ % kKnown];
    const Handle name(NameOf(type));
    known->note.Reset(name ? make(name.get()) : nullptr);
    known->type.Reset(NewRef(type_object));
    known->key = Handle::Share(key);
    known->part = part;
    known->index = index;
  }
  Add(known->note);
}

void FailureNotes::AddItem(PyTypeObject* type, Py_ssize_t index) {
  AddKnown(type, nullptr, nullptr, index, [index](PyObject* name) {
    return PyUnicode_FromFormat("when serializing %U item %zd", name, index);
  });
}

void FailureNotes::AddItem(PyTypeObject* type, PyObject* key) {
  AddKnown(type, key, nullptr, 0, [key](PyObject* name) {
    return PyUnicode_FromFormat("when serializing %U item %R", name, key);
  });
}

void FailureNotes::AddPart(PyTypeObject* type, const char* part) {
  AddKnown(type, nullptr, part, 0, [part](PyObject* name) {
    return PyUnicode_FromFormat("when serializing %U %s", name, part);
  });
}

void FailureNotes::AddSkipped(size_t levels) {
  Add(Handle(PyUnicode_FromFormat("when serializing %zu levels more", levels)));
}

}  // namespace pickle5::python

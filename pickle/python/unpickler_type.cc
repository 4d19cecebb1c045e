// pkl5.Unpickler.

#include <new>

#include "pickle/python/arguments.h"
#include "pickle/python/handle.h"
#include "pickle/python/object_names.h"
#include "pickle/python/unpickler.h"

namespace pickle5::python {
namespace {

PyObject* New(PyTypeObject* type, PyObject*, PyObject*) {
  ModuleState* state = StateOfType(type);
  if (state == nullptr) return nullptr;
  Handle self(type->tp_alloc(type, 0));
  if (!self) return nullptr;
  UnpicklerObject* unpickler = AsUnpickler(self.get());
  unpickler->state = state;
  try {
    unpickler->parts = new UnpicklerParts(state);
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
  return self.release();
}

int Init(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static constexpr const char* kNames[] = {"file", "fix_imports", "encoding",
                                           "errors", "buffers"};
  static constexpr Signature kSignature = {"Unpickler", kNames, 5, 1, 1, 0};
  PyObject* values[5];
  if (!ParseArguments(kSignature, arguments, keywords, values)) return -1;
  UnpicklerObject* unpickler = AsUnpickler(self);
  if (!CheckIdle(unpickler)) return -1;
  UnpicklerParts& parts = *unpickler->parts;
  parts.input.Close();
  Py_CLEAR(unpickler->buffers);
  parts.session.ForgetMemo();
  const char* encoding = "ASCII";
  const char* errors = "strict";
  unpickler->fix_imports = true;
  if (!ParseBool(values[1], &unpickler->fix_imports) ||
      !ParseText("Unpickler", "encoding", values[2], &encoding) ||
      !ParseText("Unpickler", "errors", values[3], &errors)) {
    return -1;
  }
  PyObject* buffers;
  if (!OpenBuffers(values[4], &buffers)) return -1;
  unpickler->buffers = buffers;
  try {
    parts.encoding = encoding;
    parts.errors = errors;
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return -1;
  }
  return parts.input.Open(*unpickler->state, values[0]) ? 0 : -1;
}

// As for picklers: only what was set on the instance or defined by a subclass.
PyObject* FindPersistentLoad(PyObject* self, bool* good) {
  UnpicklerObject* unpickler = AsUnpickler(self);
  const ModuleState& state = *unpickler->state;
  *good = true;
  if (unpickler->persistent_load != nullptr) {
    return NewRef(unpickler->persistent_load);
  }
  if (Py_TYPE(self) == state.unpickler_type) return nullptr;
  PyObject* found;
  *good = LookupAttr(self, state.str_persistent_load, &found);
  if (found != nullptr && PyCFunction_Check(found) &&
      PyCFunction_GET_SELF(found) == self &&
      _PyType_Lookup(Py_TYPE(self), state.str_persistent_load) ==
          _PyType_Lookup(state.unpickler_type, state.str_persistent_load)) {
    Py_CLEAR(found);
  }
  return found;
}

PyObject* Load(PyObject* self, PyObject*) {
  UnpicklerObject* unpickler = AsUnpickler(self);
  const ModuleState& state = *unpickler->state;
  UnpicklerParts& parts = *unpickler->parts;
  if (!parts.input.is_open()) {
    PyErr_Format(state.unpickling_error,
                 "Unpickler.__init__() was not called by %s.__init__()",
                 Py_TYPE(self)->tp_name);
    return nullptr;
  }
  if (!CheckIdle(unpickler)) return nullptr;
  bool good;
  const Handle persistent_load(FindPersistentLoad(self, &good));
  if (!good) return nullptr;
  const Handle buffers = Handle::Share(unpickler->buffers);
  LoadOptions options;
  options.fix_imports = unpickler->fix_imports;
  options.encoding = parts.encoding.c_str();
  options.errors = parts.errors.c_str();
  options.buffers = buffers.get();
  options.persistent_load = persistent_load.get();
  if (Py_TYPE(self) != state.unpickler_type) options.unpickler = self;
  PyObject* result = nullptr;
  unpickler->running = true;
  try {
    result = parts.session.LoadFile(parts.input, options);
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  }
  unpickler->running = false;
  return result;
}

PyObject* FindClassMethod(PyObject* self, PyObject* const* arguments,
                          Py_ssize_t count) {
  if (count != 2) {
    PyErr_Format(PyExc_TypeError, "find_class() takes 2 arguments (%zd given)",
                 count);
    return nullptr;
  }
  UnpicklerObject* unpickler = AsUnpickler(self);
  return FindClass(*unpickler->state, arguments[0], arguments[1],
                   unpickler->parts->session.protocol(),
                   unpickler->fix_imports);
}

PyObject* PersistentLoad(PyObject* self, PyObject*) {
  PyErr_SetString(AsUnpickler(self)->state->unpickling_error,
                  "A load persistent id instruction was encountered, but no "
                  "persistent_load function was specified.");
  return nullptr;
}

PyObject* SizeOf(PyObject* self, PyObject*) {
  return PyLong_FromSize_t(static_cast<size_t>(Py_TYPE(self)->tp_basicsize) +
                           sizeof(UnpicklerParts));
}

PyObject* GetAttribute(PyObject* self, PyObject* name) {
  UnpicklerObject* unpickler = AsUnpickler(self);
  if (unpickler->persistent_load != nullptr && PyUnicode_Check(name) &&
      PyUnicode_Compare(name, unpickler->state->str_persistent_load) == 0) {
    return NewRef(unpickler->persistent_load);
  }
  return PyObject_GenericGetAttr(self, name);
}

int SetAttribute(PyObject* self, PyObject* name, PyObject* value) {
  UnpicklerObject* unpickler = AsUnpickler(self);
  if (PyUnicode_Check(name) &&
      PyUnicode_Compare(name, unpickler->state->str_persistent_load) == 0) {
    if (value == nullptr && unpickler->persistent_load == nullptr) {
      PyErr_SetObject(PyExc_AttributeError, name);
      return -1;
    }
    Py_XINCREF(value);
    Py_XSETREF(unpickler->persistent_load, value);
    return 0;
  }
  return PyObject_GenericSetAttr(self, name, value);
}

int Traverse(PyObject* self, visitproc visit, void* arg) {
  UnpicklerObject* unpickler = AsUnpickler(self);
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(unpickler->buffers);
  Py_VISIT(unpickler->persistent_load);
  // What a load under way holds is not seen, and so not collected.
  if (unpickler->parts == nullptr || unpickler->running) return 0;
  const int result = unpickler->parts->input.Traverse(visit, arg);
  if (result != 0) return result;
  return unpickler->parts->session.TraverseMemo(visit, arg);
}

int Clear(PyObject* self) {
  UnpicklerObject* unpickler = AsUnpickler(self);
  Py_CLEAR(unpickler->buffers);
  Py_CLEAR(unpickler->persistent_load);
  if (unpickler->parts != nullptr && !unpickler->running) {
    unpickler->parts->input.Close();
    unpickler->parts->session.ForgetMemo();
  }
  return 0;
}

void Dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Clear(self);
  delete AsUnpickler(self)->parts;
  type->tp_free(self);
  Py_DECREF(type);
}

PyMethodDef methods[] = {
    {"load", Load, METH_NOARGS,
     "load($self, /)\n--\n\nLoad a pickle.\n\n"
     "Read a pickled object representation from the open file object given in\n"
     "the constructor, and return the reconstituted object hierarchy "
     "specified\n"
     "therein."},
    {"find_class",
     reinterpret_cast<PyCFunction>(
         reinterpret_cast<void (*)()>(FindClassMethod)),
     METH_FASTCALL,
     "find_class($self, module_name, global_name, /)\n--\n\n"
     "Return an object from a specified module, which is imported if need be.\n"
     "Subclasses may override this method."},
    {"persistent_load", PersistentLoad, METH_O,
     "persistent_load($self, pid, /)\n--\n\n"
     "To be overridden: the object of a persistent id."},
    {"__sizeof__", SizeOf, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nReturns size in memory, in bytes."},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef getsets[] = {
    {"memo", GetUnpicklerMemo, SetUnpicklerMemo, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

const char kDoc[] =
    "Unpickler(file, *, fix_imports=True, encoding='ASCII', errors='strict', "
    "buffers=())\n--\n\n"
    "This takes a binary file for reading a pickle data stream.\n\n"
    "The arguments and what is loaded are those of pickle.Unpickler.";

PyType_Slot slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(New)},
    {Py_tp_init, reinterpret_cast<void*>(Init)},
    {Py_tp_dealloc, reinterpret_cast<void*>(Dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(Traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(Clear)},
    {Py_tp_getattro, reinterpret_cast<void*>(GetAttribute)},
    {Py_tp_setattro, reinterpret_cast<void*>(SetAttribute)},
    {Py_tp_methods, methods},
    {Py_tp_getset, getsets},
    {Py_tp_doc, const_cast<char*>(kDoc)},
    {0, nullptr},
};

PyType_Spec spec = {
    "pkl5.Unpickler", sizeof(UnpicklerObject), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

}  // namespace

bool CheckIdle(const UnpicklerObject* unpickler) {
  if (!unpickler->running) return true;
  PyErr_SetString(PyExc_RuntimeError, "Unpickler is already at work");
  return false;
}

bool OpenBuffers(PyObject* argument, PyObject** iterator) {
  *iterator = nullptr;
  if (argument == nullptr || argument == Py_None) return true;
  *iterator = PyObject_GetIter(argument);
  return *iterator != nullptr;
}

bool AddUnpicklerTypes(PyObject* module, ModuleState* state) {
  state->unpickler_type = reinterpret_cast<PyTypeObject*>(
      PyType_FromModuleAndSpec(module, &spec, nullptr));
  state->unpickler_memo_type = reinterpret_cast<PyTypeObject*>(
      PyType_FromModuleAndSpec(module, &unpickler_memo_spec, nullptr));
  return state->unpickler_type != nullptr &&
         state->unpickler_memo_type != nullptr &&
         PyModule_AddType(module, state->unpickler_type) == 0;
}

}  // namespace pickle5::python

// pkl5.Pickler.

#include <new>

#include "pickle/python/arguments.h"
#include "pickle/python/handle.h"
#include "pickle/python/pickler.h"

namespace pickle5::python {
namespace {

PyObject* New(PyTypeObject* type, PyObject*, PyObject*) {
  ModuleState* state = StateOfType(type);
  if (state == nullptr) return nullptr;
  Handle self(type->tp_alloc(type, 0));
  if (!self) return nullptr;
  PicklerObject* pickler = AsPickler(self.get());
  pickler->state = state;
  try {
    pickler->walker = new ObjectWalker(state);
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
  return self.release();
}

int Init(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static constexpr const char* kNames[] = {"file", "protocol", "fix_imports",
                                           "buffer_callback"};
  static constexpr Signature kSignature = {"Pickler", kNames, 4, 4, 1, 0};
  PyObject* values[4];
  if (!ParseArguments(kSignature, arguments, keywords, values)) return -1;
  PicklerObject* pickler = AsPickler(self);
  if (!CheckIdle(pickler)) return -1;
  const ModuleState& state = *pickler->state;
  if (pickler->write != nullptr) {
    // Called once more: as if it were the first time.
    Py_CLEAR(pickler->write);
    Py_CLEAR(pickler->buffer_callback);
    Py_CLEAR(pickler->persistent_id);
    Py_CLEAR(pickler->dispatch_table);
    pickler->walker->ForgetMemo();
  }
  bool fix_imports = true;
  if (!ParseProtocol(values[1], &pickler->protocol) ||
      !ParseBool(values[2], &fix_imports)) {
    return -1;
  }
  pickler->bin = pickler->protocol > 0;
  pickler->fast = 0;
  pickler->fix_imports = fix_imports && pickler->protocol < 3;
  PyObject* callback = values[3];
  if (callback == Py_None) callback = nullptr;
  if (callback != nullptr && pickler->protocol < 5) {
    PyErr_SetString(PyExc_ValueError, "buffer_callback needs protocol >= 5");
    return -1;
  }
  Handle write;
  if (!LookupAttr(values[0], state.str_write, write.Out())) return -1;
  if (!write) {
    PyErr_SetString(PyExc_TypeError, "file must have a 'write' attribute");
    return -1;
  }
  Py_XSETREF(pickler->write, write.release());
  Py_XINCREF(callback);
  Py_XSETREF(pickler->buffer_callback, callback);
  if (pickler->dispatch_table != nullptr) return 0;
  Handle table;
  if (!LookupAttr(self, state.str_dispatch_table, table.Out())) return -1;
  Py_XSETREF(pickler->dispatch_table, table.release());
  return 0;
}

// What a pickler does on its own is not asked for: only what was set on the
// instance or defined by a subclass. nullptr: nothing; *good tells of errors.
PyObject* FindPersistentId(PyObject* self, bool* good) {
  PicklerObject* pickler = AsPickler(self);
  const ModuleState& state = *pickler->state;
  *good = true;
  if (pickler->persistent_id != nullptr) return NewRef(pickler->persistent_id);
  if (Py_TYPE(self) == state.pickler_type) return nullptr;
  PyObject* own = _PyType_Lookup(state.pickler_type, state.str_persistent_id);
  if (Py_TYPE(self)->tp_getattro == state.pickler_type->tp_getattro &&
      _PyType_Lookup(Py_TYPE(self), state.str_persistent_id) == own) {
    PyObject** dict = _PyObject_GetDictPtr(self);
    if (dict == nullptr) return nullptr;
  }
  PyObject* found;
  *good = LookupAttr(self, state.str_persistent_id, &found);
  if (found != nullptr && PyCFunction_Check(found) &&
      PyCFunction_GET_SELF(found) == self &&
      _PyType_Lookup(Py_TYPE(self), state.str_persistent_id) == own) {
    Py_CLEAR(found);
  }
  return found;
}

PyObject* Dump(PyObject* self, PyObject* object) {
  PicklerObject* pickler = AsPickler(self);
  const ModuleState& state = *pickler->state;
  if (pickler->write == nullptr) {
    PyErr_Format(state.pickling_error,
                 "Pickler.__init__() was not called by %s.__init__()",
                 Py_TYPE(self)->tp_name);
    return nullptr;
  }
  if (!CheckIdle(pickler)) return nullptr;
  bool good;
  const Handle persistent_id(FindPersistentId(self, &good));
  if (!good) return nullptr;
  Handle reducer_override;
  if (Py_TYPE(self) != state.pickler_type &&
      !LookupAttr(self, state.str_reducer_override, reducer_override.Out())) {
    return nullptr;
  }
  const Handle write = Handle::Share(pickler->write);
  const Handle callback = Handle::Share(pickler->buffer_callback);
  const Handle table = Handle::Share(pickler->dispatch_table);
  DumpOptions options;
  options.protocol = pickler->protocol;
  options.fix_imports = pickler->fix_imports;
  options.fast = pickler->fast != 0;
  options.keeps_memo = true;
  options.buffer_callback = callback.get();
  options.persistent_id = persistent_id.get();
  options.reducer_override = reducer_override.get();
  options.dispatch_table = table.get();
  pickler->running = true;
  try {
    good = pickler->walker->DumpToFile(object, write.get(), options);
  } catch (const std::bad_alloc&) {
    pickler->walker->Abandon();
    PyErr_NoMemory();
    good = false;
  }
  pickler->running = false;
  if (!good) return nullptr;
  Py_RETURN_NONE;
}

PyObject* ClearMemo(PyObject* self, PyObject*) {
  if (!CheckIdle(AsPickler(self))) return nullptr;
  AsPickler(self)->walker->ForgetMemo();
  Py_RETURN_NONE;
}

PyObject* PersistentId(PyObject*, PyObject*) { Py_RETURN_NONE; }

PyObject* SizeOf(PyObject* self, PyObject*) {
  return PyLong_FromSize_t(static_cast<size_t>(Py_TYPE(self)->tp_basicsize) +
                           sizeof(ObjectWalker) +
                           AsPickler(self)->walker->memory_used());
}

// An instance takes a persistent_id of its own though it has no __dict__.
PyObject* GetAttribute(PyObject* self, PyObject* name) {
  PicklerObject* pickler = AsPickler(self);
  if (pickler->persistent_id != nullptr && PyUnicode_Check(name) &&
      PyUnicode_Compare(name, pickler->state->str_persistent_id) == 0) {
    return NewRef(pickler->persistent_id);
  }
  return PyObject_GenericGetAttr(self, name);
}

int SetAttribute(PyObject* self, PyObject* name, PyObject* value) {
  PicklerObject* pickler = AsPickler(self);
  if (PyUnicode_Check(name) &&
      PyUnicode_Compare(name, pickler->state->str_persistent_id) == 0) {
    if (value == nullptr && pickler->persistent_id == nullptr) {
      PyErr_SetObject(PyExc_AttributeError, name);
      return -1;
    }
    Py_XINCREF(value);
    Py_XSETREF(pickler->persistent_id, value);
    return 0;
  }
  return PyObject_GenericSetAttr(self, name, value);
}

int Traverse(PyObject* self, visitproc visit, void* arg) {
  PicklerObject* pickler = AsPickler(self);
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(pickler->write);
  Py_VISIT(pickler->buffer_callback);
  Py_VISIT(pickler->persistent_id);
  Py_VISIT(pickler->dispatch_table);
  // What a dump under way holds is not seen, and so not collected.
  if (pickler->walker == nullptr || pickler->running) return 0;
  return pickler->walker->TraverseMemo(visit, arg);
}

int Clear(PyObject* self) {
  PicklerObject* pickler = AsPickler(self);
  Py_CLEAR(pickler->write);
  Py_CLEAR(pickler->buffer_callback);
  Py_CLEAR(pickler->persistent_id);
  Py_CLEAR(pickler->dispatch_table);
  if (pickler->walker != nullptr && !pickler->running) {
    pickler->walker->ForgetMemo();
  }
  return 0;
}

void Dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Clear(self);
  delete AsPickler(self)->walker;
  type->tp_free(self);
  Py_DECREF(type);
}

PyMethodDef methods[] = {
    {"dump", Dump, METH_O,
     "dump($self, obj, /)\n--\n\n"
     "Write a pickled representation of the given object to the open file."},
    {"clear_memo", ClearMemo, METH_NOARGS,
     "clear_memo($self, /)\n--\n\nClears the pickler's \"memo\".\n\n"
     "The memo remembers which objects the pickler has already seen, so that\n"
     "shared and recursive objects are pickled by reference."},
    {"persistent_id", PersistentId, METH_O,
     "persistent_id($self, obj, /)\n--\n\n"
     "To be overridden: the persistent id of an object, or None."},
    {"__sizeof__", SizeOf, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nReturns size in memory, in bytes."},
    {nullptr, nullptr, 0, nullptr},
};

PyMemberDef members[] = {
    {"bin", T_INT, offsetof(PicklerObject, bin), 0, nullptr},
    {"fast", T_INT, offsetof(PicklerObject, fast), 0, nullptr},
    {"dispatch_table", T_OBJECT_EX, offsetof(PicklerObject, dispatch_table), 0,
     nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyGetSetDef getsets[] = {
    {"memo", GetPicklerMemo, SetPicklerMemo, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

const char kDoc[] =
    "Pickler(file, protocol=None, fix_imports=True, buffer_callback=None)\n"
    "--\n\n"
    "This takes a binary file for writing a pickle data stream.\n\n"
    "The arguments and the bytes written are those of pickle.Pickler.";

PyType_Slot slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(New)},
    {Py_tp_init, reinterpret_cast<void*>(Init)},
    {Py_tp_dealloc, reinterpret_cast<void*>(Dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(Traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(Clear)},
    {Py_tp_getattro, reinterpret_cast<void*>(GetAttribute)},
    {Py_tp_setattro, reinterpret_cast<void*>(SetAttribute)},
    {Py_tp_methods, methods},
    {Py_tp_members, members},
    {Py_tp_getset, getsets},
    {Py_tp_doc, const_cast<char*>(kDoc)},
    {0, nullptr},
};

PyType_Spec spec = {
    "pkl5.Pickler", sizeof(PicklerObject), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

}  // namespace

bool CheckIdle(const PicklerObject* pickler) {
  if (!pickler->running) return true;
  PyErr_SetString(PyExc_RuntimeError, "Pickler is already at work");
  return false;
}

bool AddPicklerTypes(PyObject* module, ModuleState* state) {
  state->pickler_type = reinterpret_cast<PyTypeObject*>(
      PyType_FromModuleAndSpec(module, &spec, nullptr));
  state->pickler_memo_type = reinterpret_cast<PyTypeObject*>(
      PyType_FromModuleAndSpec(module, &pickler_memo_spec, nullptr));
  return state->pickler_type != nullptr &&
         state->pickler_memo_type != nullptr &&
         PyModule_AddType(module, state->pickler_type) == 0;
}

}  // namespace pickle5::python

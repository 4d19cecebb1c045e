// pkl5.Pickler.

#include "pickle/python/arguments.h"
#include "pickle/python/dump/pickler.h"
#include "pickle/python/handle.h"
#include "pickle/python/session_type.h"

namespace pickle5::python {
namespace {

int Init(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static constexpr const char* kNames[] = {"file", "protocol", "fix_imports",
                                           "buffer_callback"};
  static constexpr Signature kSignature = {"Pickler", kNames, 4, 4, 1, 0};
  PyObject* values[4];
  if (!ParseArguments(kSignature, arguments, keywords, values)) return -1;
  PicklerObject* pickler = AsPickler(self);
  if (!pickler->CheckIdle()) return -1;
  const ModuleState& state = *pickler->state;
  if (pickler->write != nullptr) {
    // Called once more: as if it were the first time.
    SessionType<PicklerObject>::ClearReferences(pickler);
    pickler->parts->ForgetMemo();
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

PyObject* Dump(PyObject* self, PyObject* object) {
  PicklerObject* pickler = AsPickler(self);
  const ModuleState& state = *pickler->state;
  if (pickler->write == nullptr) {
    PyErr_Format(state.pickling_error,
                 "Pickler.__init__() was not called by %s.__init__()",
                 Py_TYPE(self)->tp_name);
    return nullptr;
  }
  if (!pickler->CheckIdle()) return nullptr;
  Handle persistent_id;
  if (!SessionType<PicklerObject>::FindHook(self, &persistent_id)) {
    return nullptr;
  }
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
  options.binary = pickler->bin != 0;
  options.keeps_memo = true;
  options.buffer_callback = callback.get();
  options.persistent_id = persistent_id.get();
  options.reducer_override = reducer_override.get();
  options.dispatch_table = table.get();
  pickler->running = true;
  const bool good = pickler->parts->DumpToFile(object, write.get(), options);
  pickler->running = false;
  if (!good) return nullptr;
  Py_RETURN_NONE;
}

PyObject* ClearMemo(PyObject* self, PyObject*) {
  if (!AsPickler(self)->CheckIdle()) return nullptr;
  AsPickler(self)->parts->ForgetMemo();
  Py_RETURN_NONE;
}

PyObject* PersistentId(PyObject*, PyObject*) { Py_RETURN_NONE; }

PyObject* SizeOf(PyObject* self, PyObject*) {
  return PyLong_FromSize_t(static_cast<size_t>(Py_TYPE(self)->tp_basicsize) +
                           sizeof(ObjectWalker) +
                           AsPickler(self)->parts->memory_used());
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

const char kDoc[] =
    "Pickler(file, protocol=None, fix_imports=True, buffer_callback=None)\n"
    "--\n\n"
    "This takes a binary file for writing a pickle data stream.\n\n"
    "The arguments and the bytes written are those of pickle.Pickler.";

}  // namespace

bool AddPicklerTypes(PyObject* module, ModuleState* state) {
  return SessionType<PicklerObject>::Add(module, state, kDoc, Init, methods,
                                         members);
}

}  // namespace pickle5::python

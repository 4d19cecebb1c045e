// pkl5.UnpicklerMemoProxy, what Unpickler.memo is.

#include <new>

#include "pickle/python/handle.h"
#include "pickle/python/unpickler.h"

namespace pickle5::python {
namespace {

struct MemoProxy {
  PyObject ob_base;
  PyObject* unpickler;
};

PyObject* UnpicklerOf(PyObject* self) {
  return reinterpret_cast<MemoProxy*>(self)->unpickler;
}

PyObject* Clear(PyObject* self, PyObject*) {
  UnpicklerObject* unpickler = AsUnpickler(UnpicklerOf(self));
  if (!CheckIdle(unpickler)) return nullptr;
  unpickler->parts->session.ForgetMemo();
  Py_RETURN_NONE;
}

PyObject* Copy(PyObject* self, PyObject*) {
  return AsUnpickler(UnpicklerOf(self))->parts->session.CopyMemo();
}

PyObject* Reduce(PyObject* self, PyObject*) {
  Handle contents(Copy(self, nullptr));
  if (!contents) return nullptr;
  return Py_BuildValue("O(N)", reinterpret_cast<PyObject*>(&PyDict_Type),
                       contents.release());
}

int Traverse(PyObject* self, visitproc visit, void* arg) {
#if PY_VERSION_HEX >= 0x03090000
  Py_VISIT(Py_TYPE(self));
#endif
  Py_VISIT(UnpicklerOf(self));
  return 0;
}

int ClearReferences(PyObject* self) {
  Py_CLEAR(reinterpret_cast<MemoProxy*>(self)->unpickler);
  return 0;
}

void Dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  ClearReferences(self);
  type->tp_free(self);
  Py_DECREF(type);
}

PyMethodDef methods[] = {
    {"clear", Clear, METH_NOARGS,
     "clear($self, /)\n--\n\nRemove all items from memo."},
    {"copy", Copy, METH_NOARGS,
     "copy($self, /)\n--\n\nCopy the memo to a new object."},
    {"__reduce__", Reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\nImplement pickle support."},
    {nullptr, nullptr, 0, nullptr},
};

PyType_Slot slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(Dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(Traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(ClearReferences)},
    {Py_tp_methods, methods},
    {Py_tp_hash, reinterpret_cast<void*>(PyObject_HashNotImplemented)},
    {0, nullptr},
};

}  // namespace

PyType_Spec unpickler_memo_spec = {
    "pkl5.UnpicklerMemoProxy", sizeof(MemoProxy), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

PyObject* GetUnpicklerMemo(PyObject* self, void*) {
  PyTypeObject* type = AsUnpickler(self)->state->unpickler_memo_type;
  auto* proxy = reinterpret_cast<MemoProxy*>(type->tp_alloc(type, 0));
  if (proxy == nullptr) return nullptr;
  proxy->unpickler = NewRef(self);
  return reinterpret_cast<PyObject*>(proxy);
}

int SetUnpicklerMemo(PyObject* self, PyObject* value, void*) {
  UnpicklerObject* unpickler = AsUnpickler(self);
  if (value == nullptr) {
    PyErr_SetString(PyExc_TypeError, "attribute deletion is not supported");
    return -1;
  }
  if (!CheckIdle(unpickler)) return -1;
  Handle dict;
  if (Py_TYPE(value) == unpickler->state->unpickler_memo_type) {
    dict.Reset(Copy(value, nullptr));
    if (!dict) return -1;
  } else if (PyDict_Check(value)) {
    dict = Handle::Share(value);
  } else {
    PyErr_Format(
        PyExc_TypeError,
        "'memo' attribute must be an UnpicklerMemoProxy object or dict, "
        "not %.200s",
        Py_TYPE(value)->tp_name);
    return -1;
  }
  try {
    return unpickler->parts->session.SetMemo(dict.get()) ? 0 : -1;
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return -1;
  }
}

}  // namespace pickle5::python

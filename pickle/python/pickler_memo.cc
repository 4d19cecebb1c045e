// pkl5.PicklerMemoProxy, what Pickler.memo is.

#include <new>

#include "pickle/python/handle.h"
#include "pickle/python/pickler.h"

namespace pickle5::python {
namespace {

struct MemoProxy {
  PyObject ob_base;
  PyObject* pickler;
};

PyObject* PicklerOf(PyObject* self) {
  return reinterpret_cast<MemoProxy*>(self)->pickler;
}

PyObject* Clear(PyObject* self, PyObject*) {
  PicklerObject* pickler = AsPickler(PicklerOf(self));
  if (!CheckIdle(pickler)) return nullptr;
  pickler->walker->ForgetMemo();
  Py_RETURN_NONE;
}

PyObject* Copy(PyObject* self, PyObject*) {
  return AsPickler(PicklerOf(self))->walker->CopyMemo();
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
  Py_VISIT(PicklerOf(self));
  return 0;
}

int ClearReferences(PyObject* self) {
  Py_CLEAR(reinterpret_cast<MemoProxy*>(self)->pickler);
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

PyType_Spec pickler_memo_spec = {
    "pkl5.PicklerMemoProxy", sizeof(MemoProxy), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

PyObject* GetPicklerMemo(PyObject* self, void*) {
  PyTypeObject* type = AsPickler(self)->state->pickler_memo_type;
  auto* proxy = reinterpret_cast<MemoProxy*>(type->tp_alloc(type, 0));
  if (proxy == nullptr) return nullptr;
  proxy->pickler = NewRef(self);
  return reinterpret_cast<PyObject*>(proxy);
}

int SetPicklerMemo(PyObject* self, PyObject* value, void*) {
  PicklerObject* pickler = AsPickler(self);
  if (value == nullptr) {
    PyErr_SetString(PyExc_TypeError, "attribute deletion is not supported");
    return -1;
  }
  if (!CheckIdle(pickler)) return -1;
  Handle dict;
  if (Py_TYPE(value) == pickler->state->pickler_memo_type) {
    dict.Reset(Copy(value, nullptr));
    if (!dict) return -1;
  } else if (PyDict_Check(value)) {
    dict = Handle::Share(value);
  } else {
    PyErr_Format(PyExc_TypeError,
                 "'memo' attribute must be a PicklerMemoProxy object or dict, "
                 "not %.200s",
                 Py_TYPE(value)->tp_name);
    return -1;
  }
  try {
    return pickler->walker->SetMemo(dict.get()) ? 0 : -1;
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return -1;
  }
}

}  // namespace pickle5::python

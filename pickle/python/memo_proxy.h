#ifndef PICKLE5_PICKLE_PYTHON_MEMO_PROXY_H_
#define PICKLE5_PICKLE_PYTHON_MEMO_PROXY_H_

#include <new>

#include "pickle/python/handle.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// The attribute `memo` of a Pickler or an Unpickler: it clears and
// copies the memo of its owner.
//
// Object is the owner's struct; see session_type.h for what it has. In addition
//   Object::Memo()       what has ForgetMemo(), CopyMemo() and SetMemo()
//   Object::kMemoType    the member of ModuleState that is the proxy's type
//   Object::kMemoName    the type's name, as _pickle has it
//   Object::kNotMemo     what is said of values that are no memo
template <class Object>
class MemoProxy {
 public:
  // The new type; nullptr: an exception is set.
  static PyTypeObject* MakeType(PyObject* module) {
    static PyMethodDef methods[] = {
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
    PyType_Spec spec = {Object::kMemoName, sizeof(Struct), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE |
                            Py_TPFLAGS_HAVE_GC | kImmutableType,
                        slots};
    auto* type = reinterpret_cast<PyTypeObject*>(
        PyType_FromModuleAndSpec(module, &spec, nullptr));
    // Without an owner there is none.
    if (type != nullptr) type->tp_new = nullptr;
    return type;
  }

  // Getter and setter of the attribute.
  static PyObject* Get(PyObject* owner, void*) {
    PyTypeObject* type = As(owner)->state->*Object::kMemoType;
    auto* proxy = reinterpret_cast<Struct*>(type->tp_alloc(type, 0));
    if (proxy == nullptr) return nullptr;
    proxy->owner = NewRef(owner);
    return reinterpret_cast<PyObject*>(proxy);
  }
  static int Set(PyObject* owner, PyObject* value, void*) {
    Object* object = As(owner);
    if (value == nullptr) {
      PyErr_SetString(PyExc_TypeError, "attribute deletion is not supported");
      return -1;
    }
    if (!object->CheckIdle()) return -1;
    Handle dict;
    if (Py_TYPE(value) == object->state->*Object::kMemoType) {
      dict.Reset(Copy(value, nullptr));
      if (!dict) return -1;
    } else if (PyDict_Check(value)) {
      dict = Handle::Share(value);
    } else {
      PyErr_Format(PyExc_TypeError, Object::kNotMemo, Py_TYPE(value)->tp_name);
      return -1;
    }
    try {
      return object->Memo().SetMemo(dict.get()) ? 0 : -1;
    } catch (const std::bad_alloc&) {
      PyErr_NoMemory();
      return -1;
    }
  }

 private:
  struct Struct {
    PyObject ob_base;
    PyObject* owner;
  };

  static Object* As(PyObject* owner) {
    return reinterpret_cast<Object*>(owner);
  }
  static PyObject*& OwnerOf(PyObject* self) {
    return reinterpret_cast<Struct*>(self)->owner;
  }

  static PyObject* Clear(PyObject* self, PyObject*) {
    Object* object = As(OwnerOf(self));
    if (!object->CheckIdle()) return nullptr;
    object->Memo().ForgetMemo();
    Py_RETURN_NONE;
  }
  static PyObject* Copy(PyObject* self, PyObject*) {
    return As(OwnerOf(self))->Memo().CopyMemo();
  }
  static PyObject* Reduce(PyObject* self, PyObject*) {
    Handle contents(Copy(self, nullptr));
    if (!contents) return nullptr;
    return Py_BuildValue("O(N)", reinterpret_cast<PyObject*>(&PyDict_Type),
                         contents.release());
  }

  static int Traverse(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(OwnerOf(self));
    return 0;
  }
  static int ClearReferences(PyObject* self) {
    Py_CLEAR(OwnerOf(self));
    return 0;
  }
  static void Dealloc(PyObject* self) {
    PyTypeObject* type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    ClearReferences(self);
    type->tp_free(self);
    Py_DECREF(type);
  }
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_MEMO_PROXY_H_

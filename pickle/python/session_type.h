#ifndef PICKLE5_PICKLE_PYTHON_SESSION_TYPE_H_
#define PICKLE5_PICKLE_PYTHON_SESSION_TYPE_H_

#include <new>

#include "pickle/python/handle.h"
#include "pickle/python/memo_proxy.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// The common part of Pickler and Unpickler as types: life, garbage collection,
// and the one hook, persistent_id or persistent_load, that instances take
// though they have no __dict__.
//
// Object is the struct of an instance. It has, in addition to what MemoProxy
// asks for,
//   state, running       the module's state; whether it is at work
//   module               owned, so that the state lives as long
//   Parts, parts         what is no Python object: owned
//   TakeParts(state), GiveParts()  make them and end them
//   hook                 what was set on the instance, or nullptr
//   kReferences          the members that are owned references, or nullptr
//   kType, kHookName     members of ModuleState: the type, the hook's name
//   kName                the type's name in messages, as _pickle has it
//   CheckIdle()          false, with an exception set, while it is at work
//   AttributesChanged()  one was set while it is at work
//   VisitParts(), ClearParts()
template <class Object>
class SessionType {
 public:
  // Creates the type and that of its memo, and adds it to the module. False:
  // an exception is set.
  static bool Add(PyObject* module, ModuleState* state, const char* doc,
                  initproc init, PyMethodDef* methods, PyMemberDef* members) {
    static PyGetSetDef getsets[] = {
        {"memo", MemoProxy<Object>::Get, MemoProxy<Object>::Set, nullptr,
         nullptr},
        {nullptr, nullptr, nullptr, nullptr, nullptr},
    };
    PyType_Slot slots[] = {
        {Py_tp_new, reinterpret_cast<void*>(New)},
        {Py_tp_init, reinterpret_cast<void*>(init)},
        {Py_tp_dealloc, reinterpret_cast<void*>(Dealloc)},
        {Py_tp_traverse, reinterpret_cast<void*>(Traverse)},
        {Py_tp_clear, reinterpret_cast<void*>(Clear)},
        {Py_tp_getattro, reinterpret_cast<void*>(GetAttribute)},
        {Py_tp_setattro, reinterpret_cast<void*>(SetAttribute)},
        {Py_tp_methods, methods},
        {Py_tp_members, members},
        {Py_tp_getset, getsets},
        {Py_tp_doc, const_cast<char*>(doc)},
        {0, nullptr},
    };
    PyType_Spec spec = {Object::kName, sizeof(Object), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE |
                            Py_TPFLAGS_HAVE_GC | kImmutableType,
                        slots};
    auto* type = reinterpret_cast<PyTypeObject*>(
        PyType_FromModuleAndSpec(module, &spec, nullptr));
    if (type == nullptr) return false;
    state->*Object::kType = type;
    PyTypeObject* memo_type = MemoProxy<Object>::MakeType(module);
    if (memo_type == nullptr) return false;
    state->*Object::kMemoType = memo_type;
    return PyModule_AddType(module, type) == 0;
  }

  // The hook to ask: what was set on the instance or defined by a subclass. The
  // type's own, which knows nothing, is not asked for: *found is empty. False:
  // an exception is set.
  static bool FindHook(PyObject* self, Handle* found) {
    const Object* object = As(self);
    const ModuleState& state = *object->state;
    PyTypeObject* base = state.*Object::kType;
    PyObject* name = state.*Object::kHookName;
    if (object->hook != nullptr) {
      *found = Handle::Share(object->hook);
      return true;
    }
    if (Py_TYPE(self) == base) return true;
    PyObject* own = _PyType_Lookup(base, name);
    const bool inherited = _PyType_Lookup(Py_TYPE(self), name) == own;
    if (inherited && Py_TYPE(self)->tp_getattro == base->tp_getattro &&
        _PyObject_GetDictPtr(self) == nullptr) {
      return true;
    }
    if (!LookupAttr(self, name, found->Out())) return false;
    if (inherited && *found && PyCFunction_Check(found->get()) &&
        PyCFunction_GET_SELF(found->get()) == self) {
      found->Reset();
    }
    return true;
  }

  static void ClearReferences(Object* object) {
    for (const auto member : Object::kReferences) {
      Py_CLEAR(object->*member);
    }
  }

 private:
  static Object* As(PyObject* self) { return reinterpret_cast<Object*>(self); }

  static PyObject* New(PyTypeObject* type, PyObject*, PyObject*) {
    ModuleState* state = StateOfType(type);
    if (state == nullptr) return nullptr;
    Handle self(type->tp_alloc(type, 0));
    if (!self) return nullptr;
    As(self.get())->state = state;
    PyObject* module = PyType_GetModule(state->*Object::kType);
    if (module == nullptr) return nullptr;
    As(self.get())->module = NewRef(module);
    try {
      As(self.get())->parts = Object::TakeParts(state);
    } catch (const std::bad_alloc&) {
      return PyErr_NoMemory();
    }
    return self.release();
  }

  static bool IsHook(const Object* object, PyObject* name) {
    return PyUnicode_Check(name) &&
           PyUnicode_Compare(name, object->state->*Object::kHookName) == 0;
  }
  static PyObject* GetAttribute(PyObject* self, PyObject* name) {
    PyObject* hook = As(self)->hook;
    if (hook != nullptr && IsHook(As(self), name)) return NewRef(hook);
    return PyObject_GenericGetAttr(self, name);
  }
  static int SetAttribute(PyObject* self, PyObject* name, PyObject* value) {
    Object* object = As(self);
    if (!IsHook(object, name)) {
      const int result = PyObject_GenericSetAttr(self, name, value);
      if (object->running) object->AttributesChanged();
      return result;
    }
    if (value == nullptr && object->hook == nullptr) {
      PyErr_SetObject(PyExc_AttributeError, name);
      return -1;
    }
    Py_XINCREF(value);
    Py_XSETREF(object->hook, value);
    return 0;
  }

  static int Traverse(PyObject* self, visitproc visit, void* arg) {
    Object* object = As(self);
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(object->module);
    for (const auto member : Object::kReferences) {
      Py_VISIT(object->*member);
    }
    // References that are held at work are not visited, and so not collected.
    if (object->parts == nullptr || object->running) return 0;
    return object->VisitParts(visit, arg);
  }
  static int Clear(PyObject* self) {
    Object* object = As(self);
    ClearReferences(object);
    if (object->parts != nullptr && !object->running) object->ClearParts();
    return 0;
  }
  static void Dealloc(PyObject* self) {
    PyTypeObject* type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Clear(self);
    if (As(self)->parts != nullptr) As(self)->GiveParts();
    // It has the state that the parts go back to.
    PyObject* module = As(self)->module;
    type->tp_free(self);
    Py_XDECREF(module);
    Py_DECREF(type);
  }
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_SESSION_TYPE_H_

// The opcodes that fill and that give a state, where a LoadGuard is active.

#include "pickle/python/handle.h"
#include "pickle/python/load/py_builder.h"

namespace pickle5::python {
namespace {

size_t SizeOf(PyObject* container) {
  if (PyDict_Check(container)) {
    return static_cast<size_t>(PyDict_GET_SIZE(container));
  }
  if (PyAnySet_Check(container)) {
    return static_cast<size_t>(PySet_GET_SIZE(container));
  }
  // What it holds is not known.
  return SIZE_MAX;
}

bool LookupOnType(PyObject* object, PyObject* name, PyObject** result) {
  PyTypeObject* type = Py_TYPE(object);
  *result = _PyType_Lookup(type, name);
  if (*result == nullptr) return !PyErr_Occurred();
  const Handle found = Handle::Share(*result);
  const descrgetfunc get = Py_TYPE(found.get())->tp_descr_get;
  *result = get == nullptr
                ? NewRef(found.get())
                : get(found.get(), object, reinterpret_cast<PyObject*>(type));
  return *result != nullptr;
}

}  // namespace

bool PyBuilder::FindMethod(PyObject* object, PyObject* name,
                           PyObject** result) {
  return guard_.has_rules() ? LookupOnType(object, name, result)
                            : LookupAttr(object, name, result);
}

bool PyBuilder::RequireMethod(PyObject* object, PyObject* name,
                              PyObject** result) {
  if (!guard_.has_rules()) {
    *result = PyObject_GetAttr(object, name);
    return *result != nullptr;
  }
  if (!LookupOnType(object, name, result)) return false;
  if (*result == nullptr) {
    PyErr_Format(PyExc_AttributeError, "'%.100s' object has no attribute '%U'",
                 Py_TYPE(object)->tp_name, name);
  }
  return *result != nullptr;
}

bool PyBuilder::PutItems(PyObject* target, Slot* f, size_t n) {
  const bool exact = PyDict_CheckExact(target);
  KeyCost::Stopwatch stopwatch(guard_.cost(), SizeOf(target), n / 2);
  bool good = true;
  for (size_t i = 0; i != n; i += 2) {
    const Handle key(f[i]);
    const Handle value(f[i + 1]);
    if (!good || !guard_.AllowsKey(target, SizeOf(target), key.get()) ||
        (!exact && !guard_.AllowsItem(target, value.get()))) {
      good = false;
      continue;
    }
    good = (exact ? PyDict_SetItem(target, key.get(), value.get())
                  : PyObject_SetItem(target, key.get(), value.get())) == 0;
    if (good && !stopwatch.Continues()) good = guard_.RefuseCost();
  }
  return good;
}

bool PyBuilder::AddKeys(PyObject* set, PyObject* owner, Slot* f, size_t n) {
  KeyCost::Stopwatch stopwatch(guard_.cost(), SizeOf(set), n);
  bool good = true;
  for (size_t i = 0; i != n; ++i) {
    const Handle key(f[i]);
    good = good && guard_.AllowsKey(owner, SizeOf(set), key.get()) &&
           PySet_Add(set, key.get()) == 0;
    if (good && !stopwatch.Continues()) good = guard_.RefuseCost();
  }
  return good;
}

bool PyBuilder::GuardedSetItems(Slot* f, size_t n) {
  if (!guard_.AllowsFilling(f[-1])) {
    DropAll(f, n);
    return false;
  }
  return PutItems(f[-1], f, n);
}

bool PyBuilder::GuardedDict(Slot* f, size_t n) {
  Handle dict(PyDict_New());
  if (!dict) {
    DropAll(f, n);
    return false;
  }
  if (!PutItems(dict.get(), f, n)) return false;
  f[0] = dict.release();
  return true;
}

bool PyBuilder::GuardedFrozenSet(Slot* f, size_t n) {
  // Nobody has seen it: it may still be filled.
  Handle set(PyFrozenSet_New(nullptr));
  const Handle owner(PyList_New(0));
  if (!set || !owner) {
    DropAll(f, n);
    return false;
  }
  if (!AddKeys(set.get(), owner.get(), f, n)) return false;
  f[0] = set.release();
  return true;
}

bool PyBuilder::GuardedAddItems(Slot* f, size_t n) {
  PyObject* target = f[-1];
  if (!guard_.AllowsFilling(target)) {
    DropAll(f, n);
    return false;
  }
  if (PySet_Check(target)) return AddKeys(target, target, f, n);
  Handle add;
  bool good = RequireMethod(target, state_.str_add, add.Out());
  for (size_t i = 0; i != n; ++i) {
    const Handle item(f[i]);
    good = good && guard_.AllowsKey(target, SIZE_MAX, item.get()) &&
           guard_.AllowsItem(target, item.get()) &&
           Handle(PyObject_CallFunctionObjArgs(add.get(), item.get(), nullptr));
  }
  return good;
}

bool PyBuilder::GuardedAppend(Slot* f, size_t n) {
  PyObject* target = f[-1];
  if (!guard_.AllowsFilling(target)) return false;
  if (PyList_CheckExact(target)) return true;
  for (size_t i = 0; i != n; ++i) {
    if (!guard_.AllowsItem(target, f[i])) return false;
  }
  return true;
}

bool PyBuilder::GuardedBuild(PyObject* instance, PyObject* state) {
  if (!guard_.AllowsState(instance, state)) return false;
  Handle setstate;
  if (!FindMethod(instance, state_.str_setstate, setstate.Out())) return false;
  if (!setstate) return SetState(instance, state);
  return bool(
      Handle(PyObject_CallFunctionObjArgs(setstate.get(), state, nullptr)));
}

}  // namespace pickle5::python

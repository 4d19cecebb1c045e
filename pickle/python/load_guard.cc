#include "pickle/python/load_guard.h"

#include <new>

#include "pickle/python/object_names.h"

namespace pickle5::python {
namespace {

PyObject* Given(PyObject* argument) {
  return argument == Py_None ? nullptr : argument;
}

struct NamedLimit {
  const char* name;
  uint64_t Limits::*limit;
};

constexpr NamedLimit kLimits[] = {
    {"max_opcodes", &Limits::max_opcodes}, {"max_memo", &Limits::max_memo},
    {"max_payload", &Limits::max_payload}, {"max_line", &Limits::max_line},
    {"max_digits", &Limits::max_digits},
};

bool ParseLimits(PyObject* argument, Safety* safety) {
  for (const NamedLimit& named : kLimits) {
    const Handle value(PyObject_GetAttrString(argument, named.name));
    if (!value) return false;
    if (value.get() == Py_None) continue;
    const unsigned long long limit = PyLong_AsUnsignedLongLong(value.get());
    if (PyErr_Occurred()) return false;
    safety->limits.*named.limit = limit;
    if (named.limit == &Limits::max_digits) safety->limits_digits = true;
  }
  return true;
}

bool ParseAllow(PyObject* argument, Handle* allow) {
  if (PyUnicode_Check(argument)) {
    PyErr_SetString(PyExc_TypeError,
                    "allow must be an iterable of dotted names, not a str");
    return false;
  }
  allow->Reset(PyFrozenSet_New(argument));
  if (!*allow) return false;
  const Handle names(PySequence_List(allow->get()));
  if (!names) return false;
  for (Py_ssize_t i = 0; i != PyList_GET_SIZE(names.get()); ++i) {
    PyObject* name = PyList_GET_ITEM(names.get(), i);
    if (!PyUnicode_CheckExact(name)) {
      PyErr_Format(PyExc_TypeError, "allow has a %.200s, not a str",
                   Py_TYPE(name)->tp_name);
      return false;
    }
    const Py_ssize_t dot = PyUnicode_FindChar(
        name, '.', 0, PyUnicode_GET_LENGTH(name), /*direction=*/1);
    if (dot <= 0 || dot + 1 == PyUnicode_GET_LENGTH(name)) {
      PyErr_Format(PyExc_ValueError,
                   "allow has %R, which is no dotted name as in "
                   "'collections.deque'",
                   name);
      return false;
    }
  }
  return true;
}

}  // namespace

bool ParseGivenSafety(PyObject* allow_argument, PyObject* limits,
                      PyObject* on_call, Safety* safety, Handle* allow) {
  if (limits = Given(limits); limits != nullptr) {
    if (!ParseLimits(limits, safety)) return false;
  }
  if (allow_argument = Given(allow_argument); allow_argument != nullptr) {
    if (!ParseAllow(allow_argument, allow)) return false;
    safety->allow = allow->get();
  }
  safety->on_call = Given(on_call);
  if (safety->on_call != nullptr && !PyCallable_Check(safety->on_call)) {
    PyErr_Format(PyExc_TypeError, "on_call must be callable, not %.200s",
                 Py_TYPE(safety->on_call)->tp_name);
    return false;
  }
  return true;
}

bool LoadGuard::AllowsGlobal(PyObject* module, PyObject* name,
                             bool maps_names) {
  if (allow_ == nullptr) return true;
  Handle module_name = Handle::Share(module);
  Handle global_name = Handle::Share(name);
  if (maps_names &&
      !MapName(state_.name_mapping_2to3, state_.import_mapping_2to3,
               "NAME_MAPPING", "IMPORT_MAPPING", &module_name, &global_name)) {
    return false;
  }
  const Handle dotted(
      PyUnicode_FromFormat("%U.%U", module_name.get(), global_name.get()));
  if (!dotted) return false;
  const int allowed = PySet_Contains(allow_, dotted.get());
  if (allowed != 0) return allowed > 0;
  return Refuse(PyUnicode_FromFormat("%U is not allowed", dotted.get()));
}

bool LoadGuard::Admit(PyObject* global) {
  if (allow_ == nullptr) return true;
  if (PyList_CheckExact(global)) {
    return Refuse(PyUnicode_FromString(
        "the global is a list, which the pickle could fill"));
  }
  // The machine owns what is on its stack, and nothing may be thrown over it.
  try {
    if (admitted_.insert(global).second) Py_INCREF(global);
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return false;
  }
  return true;
}

bool LoadGuard::AllowsCall(PyObject* callable, PyObject* arguments,
                           PyObject* keywords) {
  if (allow_ != nullptr && !admitted_.contains(callable)) {
    return Refuse(PyUnicode_FromFormat(
        "what is called, of type %.200s, is no allowed global",
        Py_TYPE(callable)->tp_name));
  }
  if (on_call_ == nullptr) return true;
  if (!PyTuple_Check(arguments)) {
    return Refuse(PyUnicode_FromString("the arguments are no tuple"));
  }
  const Handle none(keywords == nullptr ? PyDict_New() : nullptr);
  if (keywords == nullptr && !none) return false;
  const Handle answer(PyObject_CallFunctionObjArgs(
      on_call_, callable, arguments,
      keywords == nullptr ? none.get() : keywords, nullptr));
  if (!answer) return false;
  const int allowed = PyObject_IsTrue(answer.get());
  if (allowed != 0) return allowed > 0;
  const char* name = PyType_Check(callable)
                         ? reinterpret_cast<PyTypeObject*>(callable)->tp_name
                         : Py_TYPE(callable)->tp_name;
  return Refuse(PyUnicode_FromFormat("on_call refused the call of %s %.200s",
                                     PyType_Check(callable) ? "the class" : "a",
                                     name));
}

bool LoadGuard::AllowsFilling(PyObject* target) {
  if (allow_ == nullptr) return true;
  if (!admitted_.contains(target) && !PyType_Check(target) &&
      !PyModule_Check(target) && !PyFunction_Check(target)) {
    return true;
  }
  return Refuse(PyUnicode_FromFormat(
      "a global, class, function or module, of type %.200s, would be changed",
      Py_TYPE(target)->tp_name));
}

void LoadGuard::ForgetSlow() {
  const auto admitted = std::exchange(admitted_, {});
  for (PyObject* global : admitted) Py_DECREF(global);
}

int LoadGuard::Traverse(visitproc visit, void* arg) const {
  for (PyObject* global : admitted_) Py_VISIT(global);
  return 0;
}

}  // namespace pickle5::python

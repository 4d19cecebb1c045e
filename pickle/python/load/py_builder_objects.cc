// The opcodes that import, call and fill.

#include "pickle/python/handle.h"
#include "pickle/python/load/py_builder.h"
#include "pickle/python/object_names.h"
#include "pickle/python/version_rules.h"

namespace pickle5::python {

bool PyBuilder::FailUnpickling(const char* text) {
  PyErr_SetString(state_.unpickling_error, text);
  return false;
}

bool PyBuilder::LeaveInput() {
  input_->ConsumeOpcode(machine_->p(), machine_->frame_end());
  const bool landed = input_->Land();
  machine_->CutInput(input_->Cut());
  return landed;
}

PyObject* PyBuilder::FindGlobal(PyObject* module, PyObject* name) {
  if (!BeforeForeignCode()) return nullptr;
  if (!guard_.AllowsGlobal(module, name,
                           protocol_ < 3 && options_.fix_imports)) {
    return nullptr;
  }
  Handle found(
      options_.unpickler == nullptr
          ? FindClass(state_, module, name, protocol_, options_.fix_imports)
          : PyObject_CallMethodObjArgs(options_.unpickler,
                                       state_.str_find_class, module, name,
                                       nullptr));
  return found && guard_.Admit(found.get()) ? found.release() : nullptr;
}

bool PyBuilder::Global(Slot* f, int protocol) {
  protocol_ = protocol;
  const Handle module(f[0]);
  const Handle name(f[1]);
  if (!PyUnicode_CheckExact(module.get()) ||
      !PyUnicode_CheckExact(name.get())) {
    return FailUnpickling("STACK_GLOBAL requires str");
  }
  // CPython takes an empty line for the end of the input.
  if ((PyUnicode_GET_LENGTH(module.get()) == 0 ||
       PyUnicode_GET_LENGTH(name.get()) == 0) &&
      *machine_->p() != static_cast<uint8_t>(Opcode::STACK_GLOBAL)) {
    return FailUnpickling("pickle data was truncated");
  }
  f[0] = FindGlobal(module.get(), name.get());
  return f[0] != nullptr;
}

bool PyBuilder::Reduce(Slot* f) {
  const Handle callable(f[0]);
  const Handle arguments(f[1]);
  if (!BeforeForeignCode()) return false;
  if (guard_.active() &&
      !guard_.AllowsCall(callable.get(), arguments.get(), nullptr)) {
    return false;
  }
  f[0] = PyObject_CallObject(callable.get(), arguments.get());
  return TakeResult(f, arguments.get(), nullptr);
}

bool PyBuilder::TakeResult(Slot* result, PyObject* arguments,
                           PyObject* keywords) {
  if (ABSL_PREDICT_TRUE(!guard_.active()) || *result == nullptr) {
    return *result != nullptr;
  }
  if (guard_.TakeResult(*result, arguments, keywords)) return true;
  Py_DECREF(*result);
  return false;
}

bool PyBuilder::NewObject(PyObject* cls, PyObject* arguments,
                          PyObject* keywords, const char* opcode,
                          Slot* result) {
  PyObject* error = state_.unpickling_error;
  if (!PyType_Check(cls)) {
    PyErr_Format(error, "%s class argument must be a type, not %.200s", opcode,
                 Py_TYPE(cls)->tp_name);
    return false;
  }
  auto* type = reinterpret_cast<PyTypeObject*>(cls);
  if (type->tp_new == nullptr) {
    PyErr_Format(error, "%s class argument '%.200s' doesn't have __new__",
                 opcode, type->tp_name);
    return false;
  }
  if (!PyTuple_Check(arguments)) {
    PyErr_Format(error, "%s args argument must be a tuple, not %.200s", opcode,
                 Py_TYPE(arguments)->tp_name);
    return false;
  }
  if (keywords != nullptr && !PyDict_Check(keywords)) {
    PyErr_Format(error, "%s kwargs argument must be a dict, not %.200s", opcode,
                 Py_TYPE(keywords)->tp_name);
    return false;
  }
  // That of object runs none.
  if (type->tp_new != PyBaseObject_Type.tp_new || guard_.active()) {
    if (!BeforeForeignCode()) return false;
  }
  if (guard_.active() && !guard_.AllowsCall(cls, arguments, keywords)) {
    return false;
  }
  *result = type->tp_new(type, arguments, keywords);
  return TakeResult(result, arguments, keywords);
}

bool PyBuilder::NewObj(Slot* f) {
  const Handle cls(f[0]);
  const Handle arguments(f[1]);
  return NewObject(cls.get(), arguments.get(), nullptr, "NEWOBJ", f);
}

bool PyBuilder::NewObjEx(Slot* f) {
  const Handle cls(f[0]);
  const Handle arguments(f[1]);
  const Handle keywords(f[2]);
  return NewObject(cls.get(), arguments.get(), keywords.get(), "NEWOBJ_EX", f);
}

bool PyBuilder::Instance(Slot* f, size_t n, bool) {
  const Handle cls(f[0]);
  Handle arguments(PyTuple_New(static_cast<Py_ssize_t>(n)));
  if (!arguments) {
    DropAll(f + 1, n);
    return false;
  }
  for (size_t i = 0; i != n; ++i) {
    PyTuple_SET_ITEM(arguments.get(), static_cast<Py_ssize_t>(i), f[i + 1]);
  }
  if (!BeforeForeignCode()) return false;
  if (guard_.active() &&
      !guard_.AllowsCall(cls.get(), arguments.get(), nullptr)) {
    return false;
  }
  // As the classes of Python 1 were made.
  if (n == 0 && PyType_Check(cls.get())) {
    Handle getinitargs;
    if (!LookupAttr(cls.get(), state_.str_getinitargs, getinitargs.Out())) {
      return false;
    }
    if (!getinitargs) {
      f[0] = PyObject_CallMethodObjArgs(cls.get(), state_.str_new, cls.get(),
                                        nullptr);
      return TakeResult(f, arguments.get(), nullptr);
    }
  }
  f[0] = PyObject_CallObject(cls.get(), arguments.get());
  return TakeResult(f, arguments.get(), nullptr);
}

// --- BUILD -------------------------------------------------------------------

bool PyBuilder::HasPlainDict(PyTypeObject* type) {
  if (type == plain_type_ && plain_version_ != 0 &&
      TypeVersion(type) == plain_version_) {
    return true;
  }
  if (type->tp_getattro != PyObject_GenericGetAttr ||
      _PyType_Lookup(type, state_.str_setstate) != nullptr) {
    return false;
  }
  PyObject* dict = _PyType_Lookup(type, state_.str_dict);
  if (dict == nullptr || Py_TYPE(dict) != &PyGetSetDescr_Type) return false;
  plain_type_ = type;
  plain_version_ = TypeVersion(type);
  return true;
}

bool PyBuilder::FillPlainDict(PyObject* instance, PyObject* state) {
  const Handle dict(PyObject_GenericGetDict(instance, nullptr));
  if (!dict) return false;
  Py_ssize_t position = 0;
  PyObject* key;
  PyObject* value;
  while (PyDict_Next(state, &position, &key, &value)) {
    Handle name = Handle::Share(key);
    if (PyUnicode_CheckExact(key) && !PyUnicode_CHECK_INTERNED(key)) {
      PyObject* interned = name.release();
      PyUnicode_InternInPlace(&interned);
      name = Handle(interned);
    }
    const Handle held = Handle::Share(value);
    if (PyDict_SetItem(dict.get(), name.get(), value) < 0) return false;
  }
  return true;
}

bool PyBuilder::SetState(PyObject* instance, PyObject* state) {
  Handle slots;
  Handle attributes = Handle::Share(state);
  if (PyTuple_Check(state) && PyTuple_GET_SIZE(state) == 2) {
    attributes = Handle::Share(PyTuple_GET_ITEM(state, 0));
    slots = Handle::Share(PyTuple_GET_ITEM(state, 1));
  }
  Py_ssize_t position = 0;
  PyObject* key;
  PyObject* value;
  if (attributes.get() != Py_None) {
    if (!PyDict_Check(attributes.get())) {
      return FailUnpickling("state is not a dictionary");
    }
    const Handle dict(PyObject_GetAttr(instance, state_.str_dict));
    if (!dict || !guard_.AllowsDict(instance, dict.get())) return false;
    while (PyDict_Next(attributes.get(), &position, &key, &value)) {
      // Names of attributes are interned, normally.
      PyObject* interned = NewRef(key);
      if (PyUnicode_CheckExact(key)) PyUnicode_InternInPlace(&interned);
      const Handle name(interned);
      const Handle held = Handle::Share(value);
      if (PyObject_SetItem(dict.get(), name.get(), value) < 0) return false;
    }
  }
  if (!slots) return true;
  if (!PyDict_Check(slots.get())) {
    return FailUnpickling("slot state is not a dictionary");
  }
  position = 0;
  while (PyDict_Next(slots.get(), &position, &key, &value)) {
    const Handle name = Handle::Share(key);
    const Handle held = Handle::Share(value);
    if (!guard_.AllowsAttribute(key) ||
        PyObject_SetAttr(instance, key, value) < 0) {
      return false;
    }
  }
  return true;
}

bool PyBuilder::Build(Slot* f) {
  PyObject* instance = f[0];
  const Handle state(f[1]);
  bool good;
  if (ABSL_PREDICT_FALSE(guard_.active())) {
    good = GuardedBuild(instance, state.get());
    if (!good) Py_DECREF(instance);
    return good;
  }
  if (PyDict_CheckExact(state.get()) && HasPlainDict(Py_TYPE(instance))) {
    // The instance may still have a __setstate__ of its own.
    const Handle dict(PyObject_GenericGetDict(instance, nullptr));
    if (!dict) {
      Py_DECREF(instance);
      return false;
    }
    if (PyDict_GET_SIZE(dict.get()) == 0) {
      good = FillPlainDict(instance, state.get());
      if (!good) Py_DECREF(instance);
      return good;
    }
  }
  if (!BeforeForeignCode()) {
    Py_DECREF(instance);
    return false;
  }
  Handle setstate;
  good = LookupAttr(instance, state_.str_setstate, setstate.Out());
  if (good && setstate) {
    good = bool(Handle(
        PyObject_CallFunctionObjArgs(setstate.get(), state.get(), nullptr)));
  } else if (good) {
    good = SetState(instance, state.get());
  }
  if (!good) Py_DECREF(instance);
  return good;
}

// --- The rest ----------------------------------------------------------------

bool PyBuilder::Persistent(Slot* f) {
  const Handle id(f[0]);
  if (options_.persistent_load == nullptr) {
    return FailUnpickling(kNoPersistentLoad);
  }
  if (guard_.active() && !guard_.AllowsPersistentId(id.get())) return false;
  if (!BeforeForeignCode()) return false;
  f[0] =
      PyObject_CallFunctionObjArgs(options_.persistent_load, id.get(), nullptr);
  return TakeResult(f, id.get(), nullptr);
}

PyObject* PyBuilder::Extension(int64_t code) {
  const Handle key(PyLong_FromLongLong(code));
  if (!key) return nullptr;
  PyObject* found = PyDict_GetItemWithError(state_.extension_cache, key.get());
  if (found == nullptr && PyErr_Occurred()) return nullptr;
  // A list of names is asked for the name, whoever was here before.
  if (found != nullptr && !guard_.has_list()) return NewRef(found);
  return FindExtension(key.get());
}

PyObject* PyBuilder::FindExtension(PyObject* number) {
  PyObject* found = PyDict_GetItemWithError(state_.inverted_registry, number);
  if (found == nullptr) {
    if (!PyErr_Occurred()) {
      PyErr_Format(PyExc_ValueError, "unregistered extension code %S", number);
    }
    return nullptr;
  }
  if (!PyTuple_Check(found) || PyTuple_GET_SIZE(found) != 2 ||
      !PyUnicode_Check(PyTuple_GET_ITEM(found, 0)) ||
      !PyUnicode_Check(PyTuple_GET_ITEM(found, 1))) {
    PyErr_Format(PyExc_ValueError,
                 "_inverted_registry[%S] isn't a 2-tuple of strings", number);
    return nullptr;
  }
  const Handle pair = Handle::Share(found);
  Handle global(FindGlobal(PyTuple_GET_ITEM(pair.get(), 0),
                           PyTuple_GET_ITEM(pair.get(), 1)));
  if (!global ||
      PyDict_SetItem(state_.extension_cache, number, global.get()) < 0) {
    return nullptr;
  }
  return global.release();
}

PyObject* PyBuilder::NextBuffer() {
  if (options_.buffers == nullptr) {
    FailUnpickling(
        "pickle stream refers to out-of-band data but no *buffers* argument "
        "was given");
    return nullptr;
  }
  if (!BeforeForeignCode()) return nullptr;
  PyObject* buffer = PyIter_Next(options_.buffers);
  if (buffer == nullptr && !PyErr_Occurred()) {
    FailUnpickling("not enough out-of-band buffers");
  }
  if (buffer != nullptr && guard_.has_rules() && !guard_.TakeForeign(buffer)) {
    Py_CLEAR(buffer);
  }
  return buffer;
}

bool PyBuilder::ReadonlyBuffer(Slot* f) {
  Handle buffer(f[0]);
  Handle view(PyMemoryView_FromObject(buffer.get()));
  if (!view) return false;
  Py_buffer* contents = PyMemoryView_GET_BUFFER(view.get());
  if (contents->readonly) {
    f[0] = buffer.release();
  } else {
    contents->readonly = 1;
    f[0] = view.release();
  }
  return true;
}

}  // namespace pickle5::python

// pkl5.Unpickler.

#include <new>

#include "pickle/python/arguments.h"
#include "pickle/python/handle.h"
#include "pickle/python/load/unpickler.h"
#include "pickle/python/object_names.h"
#include "pickle/python/session_type.h"

namespace pickle5::python {
namespace {

int Init(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static constexpr const char* kNames[] = {"file",   "fix_imports", "encoding",
                                           "errors", "buffers",     "allow",
                                           "limits", "on_call"};
  static constexpr Signature kSignature = {"Unpickler", kNames, 8, 1, 1, 0};
  PyObject* values[8];
  if (!ParseArguments(kSignature, arguments, keywords, values)) return -1;
  UnpicklerObject* unpickler = AsUnpickler(self);
  if (!unpickler->CheckIdle()) return -1;
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
  Handle allow;
  parts.safety = {};
  if (!ParseSafety(values[5], values[6], values[7], &parts.safety, &allow)) {
    parts.safety = {};
    return -1;
  }
  Py_XINCREF(parts.safety.on_call);
  Py_XSETREF(unpickler->on_call, parts.safety.on_call);
  Py_XSETREF(unpickler->allow, allow.release());
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
  if (!unpickler->CheckIdle()) return nullptr;
  Handle persistent_load;
  if (!SessionType<UnpicklerObject>::FindHook(self, &persistent_load)) {
    return nullptr;
  }
  const Handle buffers = Handle::Share(unpickler->buffers);
  const Handle allow = Handle::Share(unpickler->allow);
  const Handle on_call = Handle::Share(unpickler->on_call);
  LoadOptions options;
  options.fix_imports = unpickler->fix_imports;
  options.encoding = parts.encoding.c_str();
  options.errors = parts.errors.c_str();
  options.buffers = buffers.get();
  options.persistent_load = persistent_load.get();
  options.safety = parts.safety;
  options.safety.allow = allow.get();
  options.safety.on_call = on_call.get();
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

PyMethodDef methods[] = {
    {"load", Load, METH_NOARGS,
     "load($self, /)\n--\n\nLoad a pickle.\n\n"
     "Read a pickled object representation from the open file object given in\n"
     "the constructor, and return the reconstituted object hierarchy "
     "specified\n"
     "therein."},
    {"find_class", AsMethod(FindClassMethod), METH_FASTCALL,
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

PyMemberDef members[] = {{nullptr, 0, 0, 0, nullptr}};

const char kDoc[] =
    "Unpickler(file, *, fix_imports=True, encoding='ASCII', errors='strict', "
    "buffers=(), allow=None, limits=None, on_call=None)\n--\n\n"
    "This takes a binary file for reading a pickle data stream.\n\n"
    "The arguments and what is loaded are those of pickle.Unpickler. With\n"
    "allow, an iterable of dotted names, only those are looked up and called;\n"
    "limits is a Limits; on_call(func, args, kwargs) says of every call\n"
    "whether it may be made.";

}  // namespace

bool OpenBuffers(PyObject* argument, PyObject** iterator) {
  *iterator = nullptr;
  if (argument == nullptr || argument == Py_None) return true;
  *iterator = PyObject_GetIter(argument);
  return *iterator != nullptr;
}

bool AddUnpicklerTypes(PyObject* module, ModuleState* state) {
  return SessionType<UnpicklerObject>::Add(module, state, kDoc, Init, methods,
                                           members);
}

}  // namespace pickle5::python

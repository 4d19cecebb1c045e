#include "pickle/python/module_state.h"

#include <string_view>

#include "pickle/python/dump/instance_fields.h"
#include "pickle/python/dump/object_walker.h"
#include "pickle/python/handle.h"
#include "pickle/python/load/load_session.h"

namespace pickle5::python {
namespace {

using Member = PyObject* ModuleState::*;

struct NamedMember {
  Member member;
  const char* name;
};

constexpr NamedMember kNames[] = {
    {&ModuleState::str_append, "append"},
    {&ModuleState::str_add, "add"},
    {&ModuleState::str_buffers, "buffers"},
    {&ModuleState::str_class, "__class__"},
    {&ModuleState::str_dict, "__dict__"},
    {&ModuleState::str_dispatch_table, "dispatch_table"},
    {&ModuleState::str_dtype, "dtype"},
    {&ModuleState::str_extend, "extend"},
    {&ModuleState::str_find_class, "find_class"},
    {&ModuleState::str_fspath, "__fspath__"},
    {&ModuleState::str_getinitargs, "__getinitargs__"},
    {&ModuleState::str_getnewargs, "__getnewargs__"},
    {&ModuleState::str_getnewargs_ex, "__getnewargs_ex__"},
    {&ModuleState::str_getstate, "__getstate__"},
    {&ModuleState::str_items, "items"},
    {&ModuleState::str_latin1, "latin1"},
    {&ModuleState::str_main, "__main__"},
    {&ModuleState::str_module, "__module__"},
    {&ModuleState::str_name, "__name__"},
    {&ModuleState::str_new, "__new__"},
    {&ModuleState::str_newobj, "__newobj__"},
    {&ModuleState::str_newobj_ex, "__newobj_ex__"},
    {&ModuleState::str_notes, "__notes__"},
    {&ModuleState::str_peek, "peek"},
    {&ModuleState::str_persistent_id, "persistent_id"},
    {&ModuleState::str_persistent_load, "persistent_load"},
    {&ModuleState::str_qualname, "__qualname__"},
    {&ModuleState::str_read, "read"},
    {&ModuleState::str_readinto, "readinto"},
    {&ModuleState::str_readline, "readline"},
    {&ModuleState::str_reduce, "__reduce__"},
    {&ModuleState::str_reduce_ex, "__reduce_ex__"},
    {&ModuleState::str_reducer_override, "reducer_override"},
    {&ModuleState::str_setstate, "__setstate__"},
    {&ModuleState::str_slotnames, "__slotnames__"},
    {&ModuleState::str_write, "write"},
};

struct Import {
  Member member;
  const char* module;
  const char* attribute;
  PyTypeObject* type;  // which it must have, if not nullptr
};

constexpr Import kImports[] = {
    {&ModuleState::pickling_error, "_pickle", "PicklingError", nullptr},
    {&ModuleState::unpickling_error, "_pickle", "UnpicklingError", nullptr},
    {&ModuleState::dispatch_table, "copyreg", "dispatch_table", &PyDict_Type},
    {&ModuleState::extension_registry, "copyreg", "_extension_registry",
     &PyDict_Type},
    {&ModuleState::inverted_registry, "copyreg", "_inverted_registry",
     &PyDict_Type},
    {&ModuleState::extension_cache, "copyreg", "_extension_cache",
     &PyDict_Type},
    {&ModuleState::slotnames, "copyreg", "_slotnames", nullptr},
    {&ModuleState::name_mapping_2to3, "_compat_pickle", "NAME_MAPPING",
     &PyDict_Type},
    {&ModuleState::import_mapping_2to3, "_compat_pickle", "IMPORT_MAPPING",
     &PyDict_Type},
    {&ModuleState::name_mapping_3to2, "_compat_pickle", "REVERSE_NAME_MAPPING",
     &PyDict_Type},
    {&ModuleState::import_mapping_3to2, "_compat_pickle",
     "REVERSE_IMPORT_MAPPING", &PyDict_Type},
    {&ModuleState::codecs_encode, "codecs", "encode", nullptr},
    {&ModuleState::partial, "functools", "partial", nullptr},
    {&ModuleState::getattr, "builtins", "getattr", nullptr},
};

// What is used of object's own attributes is compared by identity.
PyObject* ObjectAttribute(PyObject* name) {
  PyObject* found = _PyType_Lookup(&PyBaseObject_Type, name);
  Py_XINCREF(found);
  return found;
}

// CPython changed this between bug fix releases: its own pickler tells.
bool FindChainsGetattr(ModuleState* state) {
  const Handle pickler(PyImport_ImportModule("_pickle"));
  if (!pickler) return false;
  const Handle codecs(PyImport_ImportModule("codecs"));
  if (!codecs) return false;
  const Handle codec(PyObject_GetAttrString(codecs.get(), "Codec"));
  if (!codec) return false;
  const Handle encode(PyObject_GetAttrString(codec.get(), "encode"));
  if (!encode) return false;
  const Handle pickled(
      PyObject_CallMethod(pickler.get(), "dumps", "Oi", encode.get(), 2));
  if (!pickled) return false;
  const std::string_view bytes(
      PyBytes_AsString(pickled.get()),
      static_cast<size_t>(PyBytes_Size(pickled.get())));
  state->chains_getattr = bytes.find("\x86R") != std::string_view::npos;
  return true;
}

bool FindNamedTupleCode(ModuleState* state) {
  const Handle collections(PyImport_ImportModule("collections"));
  if (!collections) return false;
  const Handle type(
      PyObject_CallMethod(collections.get(), "namedtuple", "ss", "T", "a"));
  if (!type) return false;
  const Handle function(PyObject_GetAttr(type.get(), state->str_getnewargs));
  if (!function) return false;
  if (PyFunction_Check(function.get())) {
    state->namedtuple_code = NewRef(PyFunction_GET_CODE(function.get()));
  }
  return true;
}

struct IoImport {
  PyObject* IoTypes::*member;
  const char* type;
  const char* method;  // nullptr: the type itself
};

constexpr IoImport kIoImports[] = {
    {&IoTypes::bytes_io, "BytesIO", nullptr},
    {&IoTypes::bytes_io_read, "BytesIO", "read"},
    {&IoTypes::bytes_io_readinto, "BytesIO", "readinto"},
    {&IoTypes::bytes_io_seek, "BytesIO", "seek"},
    {&IoTypes::buffered_reader, "BufferedReader", nullptr},
    {&IoTypes::buffered_random, "BufferedRandom", nullptr},
    {&IoTypes::file_io, "FileIO", nullptr},
    {&IoTypes::raw_io_base, "_RawIOBase", nullptr},
};

bool ImportAll(ModuleState* state) {
  for (const Import& import : kImports) {
    Handle module(PyImport_ImportModule(import.module));
    if (!module) return false;
    PyObject* found = PyObject_GetAttrString(module.get(), import.attribute);
    if (found == nullptr) return false;
    state->*import.member = found;
    if (import.type != nullptr && !PyObject_TypeCheck(found, import.type)) {
      PyErr_Format(PyExc_RuntimeError, "%s.%s should be a %s, not %.200s",
                   import.module, import.attribute, import.type->tp_name,
                   Py_TYPE(found)->tp_name);
      return false;
    }
  }
  return true;
}

// Calls visit with every member that is a reference.
template <class Visit>
void ForEachMember(Visit visit) {
  for (const NamedMember& name : kNames) visit(name.member);
  for (const Import& import : kImports) visit(import.member);
  for (const Member member :
       {&ModuleState::get_int_max_str_digits, &ModuleState::object_reduce_ex,
        &ModuleState::object_reduce, &ModuleState::object_getstate,
        &ModuleState::namedtuple_code, &ModuleState::last_notes}) {
    visit(member);
  }
}

}  // namespace

bool IoTypes::Find() {
  const Handle module(PyImport_ImportModule("_io"));
  if (!module) return false;
  for (const IoImport& import : kIoImports) {
    Handle found(PyObject_GetAttrString(module.get(), import.type));
    if (found && !PyType_Check(found.get())) {
      PyErr_Format(PyExc_RuntimeError, "_io.%s should be a type", import.type);
      return false;
    }
    if (found && import.method != nullptr) {
      found = Handle(PyObject_GetAttrString(found.get(), import.method));
    }
    if (!found) return false;
    this->*import.member = found.release();
  }
  return true;
}

int IoTypes::Traverse(visitproc visit, void* arg) const {
  for (const IoImport& import : kIoImports) Py_VISIT(this->*import.member);
  return 0;
}

void IoTypes::Clear() {
  for (const IoImport& import : kIoImports) Py_CLEAR(this->*import.member);
}

bool ModuleState::Init() {
  for (const NamedMember& name : kNames) {
    this->*name.member = PyUnicode_InternFromString(name.name);
    if (this->*name.member == nullptr) return false;
  }
  object_reduce_ex = ObjectAttribute(str_reduce_ex);
  object_reduce = ObjectAttribute(str_reduce);
  object_getstate = ObjectAttribute(str_getstate);
  PyObject* digits = PySys_GetObject("get_int_max_str_digits");
  Py_XINCREF(digits);
  get_int_max_str_digits = digits;
  reads_fields = InstanceFields::Works();
  return ImportAll(this) && io.Find() && FindChainsGetattr(this) &&
         FindNamedTupleCode(this);
}

int ModuleState::Traverse(visitproc visit, void* arg) const {
  int result = 0;
  ForEachMember([&](Member member) {
    if (result == 0 && this->*member != nullptr) {
      result = visit(this->*member, arg);
    }
  });
  if (result == 0) result = io.Traverse(visit, arg);
  if (result != 0) return result;
  Py_VISIT(pickler_type);
  Py_VISIT(unpickler_type);
  Py_VISIT(pickler_memo_type);
  Py_VISIT(unpickler_memo_type);
  Py_VISIT(tree_node_type);
  Py_VISIT(buffer_type);
  return face.Traverse(visit, arg);
}

void ModuleState::Clear() {
  types.Clear();
  arrays.Clear();
  ForEachMember([this](Member member) { Py_CLEAR(this->*member); });
  io.Clear();
  Py_CLEAR(pickler_type);
  Py_CLEAR(unpickler_type);
  Py_CLEAR(pickler_memo_type);
  Py_CLEAR(unpickler_memo_type);
  Py_CLEAR(tree_node_type);
  Py_CLEAR(buffer_type);
  face.Clear();
}

ModuleState* StateOf(PyObject* module) {
  return *static_cast<ModuleState**>(PyModule_GetState(module));
}

ModuleState* StateOfType(PyTypeObject* type) {
#if PY_VERSION_HEX >= 0x030b0000
  PyObject* module = PyType_GetModuleByDef(type, &module_def);
  return module == nullptr ? nullptr : StateOf(module);
#else
  PyObject* bases = type->tp_mro;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); ++i) {
    auto* base = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(bases, i));
    if (!PyType_HasFeature(base, Py_TPFLAGS_HEAPTYPE)) continue;
    PyObject* module = reinterpret_cast<PyHeapTypeObject*>(base)->ht_module;
    if (module != nullptr && PyModule_GetDef(module) == &module_def) {
      return StateOf(module);
    }
  }
  PyErr_SetString(PyExc_TypeError, "not a type of this module");
  return nullptr;
#endif
}

}  // namespace pickle5::python

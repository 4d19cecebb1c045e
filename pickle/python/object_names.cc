#include "pickle/python/object_names.h"

#include <utility>

#include "pickle/python/exception_cause.h"
#include "pickle/python/version_rules.h"

namespace pickle5::python {
namespace {

// Returns whether a module has the object under that name. -1: an exception is
// set.
int HasObject(const ModuleState& state, PyObject* module_name, PyObject* module,
              PyObject* object, PyObject* names) {
  if (module == Py_None) return 0;
  if (PyUnicode_Check(module_name) &&
      PyUnicode_Compare(module_name, state.str_main) == 0) {
    return 0;
  }
  const Handle found(FollowNames(module, names, nullptr));
  if (!found) return PyErr_Occurred() ? -1 : 0;
  return found.get() == object ? 1 : 0;
}

PyObject* SearchModules(const ModuleState& state, PyObject* object,
                        PyObject* names) {
  PyObject* modules = PySys_GetObject("modules");
  if (modules == nullptr) {
    PyErr_SetString(PyExc_RuntimeError, kNoModules);
    return nullptr;
  }
  // Attributes of modules run code, which may import.
  const Handle items(PyMapping_Items(modules));
  if (!items) return nullptr;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
    PyObject* pair = PyList_GET_ITEM(items.get(), i);
    PyObject* name = PyTuple_GET_ITEM(pair, 0);
    const int has =
        HasObject(state, name, PyTuple_GET_ITEM(pair, 1), object, names);
    if (has < 0) return nullptr;
    if (has > 0) return NewRef(name);
  }
  return NewRef(state.str_main);
}

// Returns whether a part of a path is a private name, which classes mangle.
bool IsPrivate(PyObject* part) {
  const Py_ssize_t size = PyUnicode_GET_LENGTH(part);
  const auto underscore = [part](Py_ssize_t at) {
    return PyUnicode_READ_CHAR(part, at) == '_';
  };
  return size >= 2 && underscore(0) && underscore(1) &&
         !(underscore(size - 1) && underscore(size - 2));
}

// The name of a class without the underscores that it begins with.
PyObject* StripUnderscores(PyObject* name) {
  const Py_ssize_t size = PyUnicode_GET_LENGTH(name);
  Py_ssize_t start = 0;
  while (start < size && PyUnicode_READ_CHAR(name, start) == '_') ++start;
  return PyUnicode_Substring(name, start, size);
}

}  // namespace

void RaiseWithType(PyObject* error, const char* text, PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  const Handle name(kNamesTypesInFull ? FullTypeName(type)
                                      : PyUnicode_FromString(type->tp_name));
  if (name) PyErr_Format(error, text, name.get(), object);
}

PyObject* SplitName(const ModuleState& state, PyObject* object,
                    PyObject* name) {
  const Handle dot(PyUnicode_FromString("."));
  if (!dot) return nullptr;
  Handle parts(PyUnicode_Split(name, dot.get(), -1));
  if (!parts) return nullptr;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(parts.get()); ++i) {
    if (PyUnicode_CompareWithASCIIString(PyList_GET_ITEM(parts.get(), i),
                                         "<locals>") == 0) {
      if (kRaisesFromCauses) {
        PyErr_Format(state.pickling_error, "%s %R", kLocalObject, object);
      } else {
        PyErr_Format(PyExc_AttributeError, "%s %R", kLocalObject, name);
      }
      return nullptr;
    }
  }
  return parts.release();
}

bool MangleName(PyObject* names, Handle* name) {
  Handle outer;  // the part before, as it is written in the source
  bool mangled = false;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); ++i) {
    Handle part = Handle::Share(PyList_GET_ITEM(names, i));
    if (i != 0 && IsPrivate(part.get())) {
      const Handle cls(StripUnderscores(outer.get()));
      if (!cls) return false;
      if (PyUnicode_GET_LENGTH(cls.get()) != 0) {
        PyObject* made = PyUnicode_FromFormat("_%U%U", cls.get(), part.get());
        if (made == nullptr || PyList_SetItem(names, i, made) < 0) return false;
        mangled = true;
      }
    }
    outer = std::move(part);
  }
  if (!mangled) return true;
  const Handle dot(PyUnicode_FromString("."));
  if (dot) name->Reset(PyUnicode_Join(dot.get(), names));
  return dot && *name;
}

void RaiseNotImported(PyObject* error, PyObject* object, PyObject* module) {
  if (!kRaisesFromCauses) {
    PyErr_Format(error, "Can't pickle %R: import of module %R failed", object,
                 module);
    return;
  }
  ExceptionCause cause;
  if (!cause.Is(PyExc_ImportError) && !cause.Is(PyExc_ValueError)) {
    return cause.Restore();
  }
  PyErr_Format(error, "Can't pickle %R: %S", object, cause.value());
  cause.BecomeContext();
}

void RaiseNotFound(PyObject* error, PyObject* object, PyObject* module,
                   PyObject* name) {
  if (!kRaisesFromCauses) {
    PyErr_Format(error, "Can't pickle %R: attribute lookup %S on %S failed",
                 object, name, module);
    return;
  }
  ExceptionCause cause;
  if (!cause.Is(PyExc_AttributeError)) return cause.Restore();
  PyErr_Format(error, "Can't pickle %R: it's not found as %S.%S", object,
               module, name);
  cause.BecomeContext();
}

PyObject* FollowNames(PyObject* object, PyObject* names, Handle* parent,
                      bool raises) {
  Handle current = Handle::Share(object);
  Handle holder;
  const Py_ssize_t count = PyList_GET_SIZE(names);
  for (Py_ssize_t i = 0; i < count; ++i) {
    holder = std::exchange(current, Handle());
    PyObject* name = PyList_GET_ITEM(names, i);
    if (raises) {
      current.Reset(PyObject_GetAttr(holder.get(), name));
    } else if (!LookupAttr(holder.get(), name, current.Out())) {
      return nullptr;
    }
    if (!current) return nullptr;
  }
  if (parent != nullptr) *parent = std::move(holder);
  return current.release();
}

PyObject* FindModuleName(const ModuleState& state, PyObject* object,
                         PyObject* names) {
  Handle name;
  if (!LookupAttr(object, state.str_module, name.Out())) return nullptr;
  // Bound methods of extension types have None there.
  if (name && name.get() != Py_None) return name.release();
  return SearchModules(state, object, names);
}

PyObject* ImportModule(PyObject* name) { return PyImport_Import(name); }

bool MapName(PyObject* names, PyObject* modules, const char* names_table,
             const char* modules_table, Handle* module, Handle* name) {
  const Handle key(PyTuple_Pack(2, module->get(), name->get()));
  if (!key) return false;
  PyObject* found = PyDict_GetItemWithError(names, key.get());
  if (found != nullptr) {
    if (!PyTuple_Check(found) || PyTuple_GET_SIZE(found) != 2) {
      PyErr_Format(PyExc_RuntimeError,
                   "_compat_pickle.%s values should be 2-tuples, not %.200s",
                   names_table, Py_TYPE(found)->tp_name);
      return false;
    }
    PyObject* mapped_module = PyTuple_GET_ITEM(found, 0);
    PyObject* mapped_name = PyTuple_GET_ITEM(found, 1);
    if (!PyUnicode_Check(mapped_module) || !PyUnicode_Check(mapped_name)) {
      PyErr_Format(PyExc_RuntimeError,
                   "_compat_pickle.%s values should be pairs of str, not "
                   "(%.200s, %.200s)",
                   names_table, Py_TYPE(mapped_module)->tp_name,
                   Py_TYPE(mapped_name)->tp_name);
      return false;
    }
    *module = Handle::Share(mapped_module);
    *name = Handle::Share(mapped_name);
    return true;
  }
  if (PyErr_Occurred()) return false;
  found = PyDict_GetItemWithError(modules, module->get());
  if (found == nullptr) return !PyErr_Occurred();
  if (!PyUnicode_Check(found)) {
    PyErr_Format(PyExc_RuntimeError,
                 "_compat_pickle.%s values should be strings, not %.200s",
                 modules_table, Py_TYPE(found)->tp_name);
    return false;
  }
  *module = Handle::Share(found);
  return true;
}

// The attribute of a module, or where a path with dots leads to from there.
static PyObject* FindAttribute(PyObject* module, PyObject* module_name,
                               PyObject* name, bool is_path) {
  if (!is_path || !PyUnicode_Check(name) ||
      PyUnicode_FindChar(name, '.', 0, PY_SSIZE_T_MAX, 1) < 0) {
    return PyObject_GetAttr(module, name);
  }
  const Handle dot(PyUnicode_FromString("."));
  const Handle parts(dot ? PyUnicode_Split(name, dot.get(), -1) : nullptr);
  if (!parts) return nullptr;
  PyObject* found = FollowNames(module, parts.get(), nullptr, /*raises=*/true);
  if (found != nullptr) return found;
  ExceptionCause cause;  // whatever it is
  PyErr_Format(PyExc_AttributeError, "Can't resolve path %R on module %R", name,
               module_name);
  cause.BecomeContext();
  return nullptr;
}

PyObject* FindClass(const ModuleState& state, PyObject* module, PyObject* name,
                    int protocol, bool fix_imports) {
  if (PySys_Audit("pickle.find_class", "OO", module, name) < 0) return nullptr;
  Handle module_name = Handle::Share(module);
  Handle global_name = Handle::Share(name);
  if (protocol < 3 && fix_imports &&
      !MapName(state.name_mapping_2to3, state.import_mapping_2to3,
               "NAME_MAPPING", "IMPORT_MAPPING", &module_name, &global_name)) {
    return nullptr;
  }
  const Handle imported(ImportModule(module_name.get()));
  if (!imported) return nullptr;
  if (kRaisesFromCauses) {
    return FindAttribute(imported.get(), module_name.get(), global_name.get(),
                         /*is_path=*/protocol >= 4);
  }
  PyObject* found = nullptr;
  if (protocol < 4) {
    if (!LookupAttr(imported.get(), global_name.get(), &found)) return nullptr;
  } else {
    const Handle dot(PyUnicode_FromString("."));
    if (!dot) return nullptr;
    const Handle parts(PyUnicode_Split(global_name.get(), dot.get(), -1));
    if (!parts) return nullptr;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(parts.get()); ++i) {
      if (PyUnicode_CompareWithASCIIString(PyList_GET_ITEM(parts.get(), i),
                                           "<locals>") == 0) {
        PyErr_Format(PyExc_AttributeError, kLocalAttribute, global_name.get(),
                     imported.get());
        return nullptr;
      }
    }
    found = FollowNames(imported.get(), parts.get(), nullptr);
  }
  if (found == nullptr && !PyErr_Occurred()) {
    PyErr_Format(PyExc_AttributeError, "Can't get attribute %R on %R",
                 global_name.get(), imported.get());
  }
  return found;
}

}  // namespace pickle5::python

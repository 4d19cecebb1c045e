#include "pickle/python/object_names.h"

#include <utility>

namespace pickle5::python {
namespace {

// Whether a module has the object under that name. -1: an exception is set.
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
    PyErr_SetString(PyExc_RuntimeError, "unable to get sys.modules");
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

}  // namespace

PyObject* SplitName(PyObject* name) {
  const Handle dot(PyUnicode_FromString("."));
  if (!dot) return nullptr;
  Handle parts(PyUnicode_Split(name, dot.get(), -1));
  if (!parts) return nullptr;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(parts.get()); ++i) {
    if (PyUnicode_CompareWithASCIIString(PyList_GET_ITEM(parts.get(), i),
                                         "<locals>") == 0) {
      PyErr_Format(PyExc_AttributeError, "%s %R", kLocalObject, name);
      return nullptr;
    }
  }
  return parts.release();
}

PyObject* FollowNames(PyObject* object, PyObject* names, Handle* parent) {
  Handle current = Handle::Share(object);
  Handle holder;
  const Py_ssize_t count = PyList_GET_SIZE(names);
  for (Py_ssize_t i = 0; i < count; ++i) {
    holder = std::exchange(current, Handle());
    if (!LookupAttr(holder.get(), PyList_GET_ITEM(names, i), current.Out()) ||
        !current) {
      return nullptr;
    }
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
        PyErr_Format(PyExc_AttributeError,
                     "Can't pickle local attribute %R on %R", global_name.get(),
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

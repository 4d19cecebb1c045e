#include "pickle/python/public_face.h"

#include "pickle/python/handle.h"

namespace pickle5::python {
namespace {

constexpr const char* kNames[] = {"Pickler", "Unpickler", "dump",
                                  "dumps",   "load",      "loads"};

// The types are immutable for Python code, but not for their own module.
bool SetModuleOfType(PyObject* object, PyObject* name) {
  auto* type = reinterpret_cast<PyTypeObject*>(object);
  if (PyDict_SetItemString(type->tp_dict, "__module__", name) < 0) return false;
  PyType_Modified(type);
  return true;
}

}  // namespace

bool PublicFace::Bind(PyObject* module) {
  static_assert(sizeof kNames / sizeof *kNames == kCount);
  const Handle stock(PyImport_ImportModule("_pickle"));
  if (!stock) return false;
  for (size_t i = 0; i != kCount; ++i) {
    own_[i] = PyObject_GetAttrString(module, kNames[i]);
    stock_[i] = PyObject_GetAttrString(stock.get(), kNames[i]);
    if (own_[i] == nullptr || stock_[i] == nullptr) return false;
  }
  const Handle name(PyUnicode_InternFromString("pkl5"));
  return name && SetModule(name.get());
}

bool PublicFace::SetModule(PyObject* name) {
  for (PyObject* object : own_) {
    const bool set =
        PyType_Check(object)
            ? SetModuleOfType(object, name)
            : PyObject_SetAttrString(object, "__module__", name) == 0;
    if (!set) return false;
  }
  return true;
}

bool PublicFace::AreTwins(PyObject* one, PyObject* other) const {
  for (size_t i = 0; i != kCount; ++i) {
    if (one == own_[i]) return other == stock_[i];
    if (one == stock_[i]) return other == own_[i];
  }
  return false;
}

int PublicFace::Traverse(visitproc visit, void* arg) const {
  for (size_t i = 0; i != kCount; ++i) {
    Py_VISIT(own_[i]);
    Py_VISIT(stock_[i]);
  }
  return 0;
}

void PublicFace::Clear() {
  for (size_t i = 0; i != kCount; ++i) {
    Py_CLEAR(own_[i]);
    Py_CLEAR(stock_[i]);
  }
}

}  // namespace pickle5::python

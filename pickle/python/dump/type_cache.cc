#include "pickle/python/dump/type_cache.h"

#include <algorithm>

#include "pickle/python/module_state.h"

namespace pickle5::python {
namespace {

PyObject* Lookup(PyTypeObject* type, PyObject* name) {
  return _PyType_Lookup(type, name);
}

// Returns whether object's __reduce_ex__ would be called, and would ask nothing
// of the class but what is checked here.
bool ReducesAsObject(const ModuleState& state, PyTypeObject* type) {
  return Py_TYPE(type) == &PyType_Type &&
         PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) &&
         type->tp_getattro == PyObject_GenericGetAttr &&
         type->tp_new != nullptr &&
         Lookup(type, state.str_class) ==
             Lookup(&PyBaseObject_Type, state.str_class) &&
         Lookup(type, state.str_reduce_ex) == state.object_reduce_ex &&
         Lookup(type, state.str_reduce) == state.object_reduce &&
         Lookup(type, state.str_getstate) == state.object_getstate &&
         Lookup(type, state.str_getnewargs_ex) == nullptr;
}

bool HasDict(PyTypeObject* type) {
#if PY_VERSION_HEX >= 0x030b0000
  if (PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT)) return true;
#endif
  return type->tp_dictoffset != 0;
}

// Where the slots of a class are; a name that stands there twice is the last
// class's. False: they are not only such as __slots__ makes.
bool FindSlots(PyTypeObject* type, PyObject* names, std::vector<Slot>* slots) {
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); ++i) {
    PyObject* name = PyList_GET_ITEM(names, i);
    PyObject* found = PyUnicode_CheckExact(name) ? Lookup(type, name) : nullptr;
    if (found == nullptr || Py_TYPE(found) != &PyMemberDescr_Type) return false;
    const PyMemberDef* member =
        reinterpret_cast<PyMemberDescrObject*>(found)->d_member;
    if (member->type != T_OBJECT_EX) return false;
    const bool known =
        std::any_of(slots->begin(), slots->end(), [&](const Slot& slot) {
          return PyUnicode_Compare(slot.name.get(), name) == 0;
        });
    if (!known) slots->push_back({Handle::Share(name), member->offset});
  }
  return true;
}

// Nothing of C stands in its instances.
bool HasOnlySlots(PyTypeObject* type, size_t slots) {
  Py_ssize_t size = PyBaseObject_Type.tp_basicsize;
  if (type->tp_dictoffset > 0) size += Py_ssize_t{sizeof(PyObject*)};
  if (type->tp_weaklistoffset > 0) size += Py_ssize_t{sizeof(PyObject*)};
  size += static_cast<Py_ssize_t>(slots * sizeof(PyObject*));
  return type->tp_itemsize == 0 && type->tp_basicsize <= size;
}

Shape ShapeOfType(const ModuleState& state, PyTypeObject* type,
                  TypeInfo* info) {
  if (!ReducesAsObject(state, type)) return Shape::kOther;
  PyObject* getnewargs = Lookup(type, state.str_getnewargs);
  // As object's __reduce_ex__ asks for them.
  Handle names = Handle::Share(
      PyDict_GetItemWithError(type->tp_dict, state.str_slotnames));
  if (!names) {
    PyErr_Clear();
    names.Reset(PyObject_CallFunctionObjArgs(
        state.slotnames, reinterpret_cast<PyObject*>(type), nullptr));
  }
  if (!names) {
    PyErr_Clear();
    return Shape::kOther;
  }
  if (!PyList_Check(names.get())) return Shape::kOther;
  std::vector<Slot>* slots = &info->slots;
  info->list = Handle::Share(names.get());
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names.get()); ++i) {
    info->listed.push_back(Handle::Share(PyList_GET_ITEM(names.get(), i)));
  }
  if (getnewargs != nullptr) {
    const bool named =
        PyType_HasFeature(type, Py_TPFLAGS_TUPLE_SUBCLASS) &&
        PyFunction_Check(getnewargs) && !HasDict(type) &&
        PyFunction_GET_CODE(getnewargs) == state.namedtuple_code &&
        info->listed.empty() && type->tp_iter == PyTuple_Type.tp_iter;
    return named ? Shape::kNamedTuple : Shape::kOther;
  }
  constexpr unsigned long kBuiltin =
      Py_TPFLAGS_LONG_SUBCLASS | Py_TPFLAGS_LIST_SUBCLASS |
      Py_TPFLAGS_TUPLE_SUBCLASS | Py_TPFLAGS_BYTES_SUBCLASS |
      Py_TPFLAGS_UNICODE_SUBCLASS | Py_TPFLAGS_DICT_SUBCLASS |
      Py_TPFLAGS_BASE_EXC_SUBCLASS | Py_TPFLAGS_TYPE_SUBCLASS;
  if ((type->tp_flags & kBuiltin) != 0 ||
      !FindSlots(type, names.get(), slots) ||
      !HasOnlySlots(type, info->listed.size())) {
    return Shape::kOther;
  }
  if (slots->empty()) {
    return HasDict(type) && state.reads_fields ? Shape::kPlain : Shape::kOther;
  }
  return HasDict(type) ? Shape::kOther : Shape::kSlots;
}

}  // namespace

const TypeInfo* TypeCache::FindKnownSlow(PyTypeObject* type) {
  const auto found = types_.find(type);
  if (found == types_.end() || found->second->version != TypeVersion(type)) {
    return nullptr;
  }
  last_type_ = type;
  last_ = found->second.get();
  return last_;
}

const TypeInfo* TypeCache::Find(const ModuleState& state, PyTypeObject* type) {
  auto info = std::make_unique<TypeInfo>();
  info->shape = ShapeOfType(state, type, info.get());
  info->version = TypeVersion(type);
  if (info->version == 0) return nullptr;
  if (types_.size() >= kMaxTypes) Clear();
  std::unique_ptr<TypeInfo>& kept = types_[type];
  kept = std::move(info);
  last_type_ = type;
  last_ = kept.get();
  return last_;
}

}  // namespace pickle5::python

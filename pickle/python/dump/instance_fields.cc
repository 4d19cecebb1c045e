#include "pickle/python/dump/instance_fields.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "pickle/python/dict_layout.h"
#include "pickle/python/handle.h"

namespace pickle5::python {

#if PY_VERSION_HEX >= 0x030b0000
bool InstanceFields::Find(PyObject* instance) {
  PyTypeObject* type = Py_TYPE(instance);
  if (!kKnowsDictLayout || !PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT)) {
    return false;
  }
  auto* words = reinterpret_cast<PyObject**>(instance);
  const auto* keys = reinterpret_cast<const DictKeys*>(
      reinterpret_cast<PyHeapTypeObject*>(type)->ht_cached_keys);
  if (keys == nullptr || keys->kind != kSplitKeys) return false;
#if PY_VERSION_HEX >= 0x030d0000
  if (!PyType_HasFeature(type, Py_TPFLAGS_INLINE_VALUES) ||
      words[-3] != nullptr) {
    return false;
  }
  const auto* values = reinterpret_cast<const DictValues*>(
      reinterpret_cast<const char*>(instance) + type->tp_basicsize);
  if (!values->valid) return false;
  values_ = values->values;
  size_ = values->size;
  order_ = reinterpret_cast<const uint8_t*>(values_ + values->capacity);
#else
#if PY_VERSION_HEX >= 0x030c0000
  const auto tagged = reinterpret_cast<uintptr_t>(words[-3]);
  if ((tagged & 1) == 0) return false;
  values_ = reinterpret_cast<PyObject**>(tagged + 1);
#else
  if (words[-3] != nullptr || words[-4] == nullptr) return false;
  values_ = reinterpret_cast<PyObject**>(words[-4]);
#endif
  const auto* bytes = reinterpret_cast<const uint8_t*>(values_);
  size_ = bytes[-2];
  order_ = bytes - 3;
#endif
  entries_ = static_cast<const Entry*>(keys->entries());
  return true;
}

PyObject* InstanceFields::FindDict(PyObject* instance) {
  if (PyType_HasFeature(Py_TYPE(instance), Py_TPFLAGS_MANAGED_DICT)) {
    PyObject* dict = reinterpret_cast<PyObject**>(instance)[-3];
#if PY_VERSION_HEX >= 0x030c0000 && PY_VERSION_HEX < 0x030d0000
    if ((reinterpret_cast<uintptr_t>(dict) & 1) != 0) return nullptr;
#endif
    return dict;
  }
  PyObject** place = _PyObject_GetDictPtr(instance);
  return place == nullptr ? nullptr : *place;
}
#else
bool InstanceFields::Find(PyObject*) { return false; }

PyObject* InstanceFields::FindDict(PyObject* instance) {
  PyObject** place = _PyObject_GetDictPtr(instance);
  return place == nullptr ? nullptr : *place;
}
#endif

namespace {

// Returns true if the instance has these attributes, as "name=value;"; all
// values are texts.
bool HasFields(PyObject* instance, std::string_view wanted) {
  InstanceFields fields;
  if (!fields.Find(instance)) return false;
  std::string found;
  for (Py_ssize_t i = 0; i != fields.size(); ++i) {
    const char* const name = PyUnicode_AsUTF8(fields.name(i));
    const char* const value = PyUnicode_AsUTF8(fields.value(i));
    if (name == nullptr || value == nullptr) break;
    absl::StrAppend(&found, name, "=", value, ";");
  }
  return found == wanted;
}

bool SetText(PyObject* instance, const char* name, const char* text) {
  const Handle value(PyUnicode_FromString(text));
  return value && PyObject_SetAttrString(instance, name, value.get()) == 0;
}

// The class is made without source: compilers of CPython do not stand a lack of
// memory.
bool ReadsNewClass() {
  const Handle type(PyObject_CallFunction(
      reinterpret_cast<PyObject*>(&PyType_Type), "s(){}", "C"));
  if (!type) return false;
  const Handle both(PyObject_CallNoArgs(type.get()));
  const Handle shorter(PyObject_CallNoArgs(type.get()));
  const Handle empty(PyObject_CallNoArgs(type.get()));
  return both && shorter && empty && SetText(both.get(), "b", "x") &&
         SetText(both.get(), "a", "1") && SetText(shorter.get(), "a", "y") &&
         SetText(shorter.get(), "b", "2") &&
         PyObject_SetAttrString(shorter.get(), "a", nullptr) == 0 &&
         HasFields(both.get(), "b=x;a=1;") &&
         HasFields(shorter.get(), "b=2;") && HasFields(empty.get(), "");
}

}  // namespace

bool InstanceFields::Works() {
  const bool works = ReadsNewClass();
  if (!works) PyErr_Clear();
  return works;
}

}  // namespace pickle5::python

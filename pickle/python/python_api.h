#ifndef PICKLE5_PICKLE_PYTHON_PYTHON_API_H_
#define PICKLE5_PICKLE_PYTHON_PYTHON_API_H_

// Python.h, and what differs between the C APIs of CPython 3.9 to 3.15, under
// one name. version_rules.h has what differs in pickle itself.

#ifndef PY_SSIZE_T_CLEAN
#define PY_SSIZE_T_CLEAN
#endif
#include <Python.h>
// After Python.h.
#include <datetime.h>
#include <structmember.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/base/attributes.h"

#if PY_VERSION_HEX < 0x03090000
#error "pkl5 needs CPython 3.9 or later"
#endif
#ifdef Py_GIL_DISABLED
#error "pkl5 needs a CPython with the GIL"
#endif

#if PY_VERSION_HEX >= 0x030d0000
// Exported for CPython's own _pickle, but declared in an internal header.
extern "C" PyAPI_FUNC(int) _PySet_NextEntry(PyObject* set, Py_ssize_t* position,
                                            PyObject** key, Py_hash_t* hash);
#endif

namespace pickle5::python {

// The attribute in *result as a new reference, nullptr if there is none. False:
// an exception is set.
inline bool LookupAttr(PyObject* object, PyObject* name, PyObject** result) {
#if PY_VERSION_HEX >= 0x030d0000
  return PyObject_GetOptionalAttr(object, name, result) >= 0;
#else
  return _PyObject_LookupAttr(object, name, result) >= 0;
#endif
}

// The name of a type with its module, as %T gives it, or before 3.13 as its
// definition has it.
inline PyObject* FullTypeName(PyTypeObject* type) {
#if PY_VERSION_HEX >= 0x030d0000
  return PyType_GetFullyQualifiedName(type);
#else
  return PyUnicode_FromString(type->tp_name);
#endif
}

inline PyObject* NewRef(PyObject* object) {
  Py_INCREF(object);
  return object;
}

// The UTF-8 that a str holds beside its code points because somebody asked for
// it; without data if there is none. Precondition: not a compact ASCII str.
inline std::string_view CachedUtf8(PyObject* text) {
  const auto* compact = reinterpret_cast<PyCompactUnicodeObject*>(text);
  return {compact->utf8, static_cast<size_t>(compact->utf8_length)};
}

// Two's complement of any length.
inline PyObject* LongFromBytes(const uint8_t* bytes, size_t size) {
  return _PyLong_FromByteArray(bytes, size, 1, 1);
}

// Stores `size` bytes of two's complement. False: an exception is set.
inline bool LongAsBytes(PyObject* number, uint8_t* bytes, size_t size) {
  auto* as_long = reinterpret_cast<PyLongObject*>(number);
#if PY_VERSION_HEX >= 0x030d0000
  return _PyLong_AsByteArray(as_long, bytes, size, 1, 1, 1) >= 0;
#else
  return _PyLong_AsByteArray(as_long, bytes, size, 1, 1) >= 0;
#endif
}

// The value of an exact int that takes one digit. False: it takes more.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool CompactInt(PyObject* number,
                                                    int64_t* value) {
  auto* as_long = reinterpret_cast<PyLongObject*>(number);
#if PY_VERSION_HEX >= 0x030c0000
  if (!PyUnstable_Long_IsCompact(as_long)) return false;
  *value = PyUnstable_Long_CompactValue(as_long);
#else
  const Py_ssize_t size = Py_SIZE(number);
  if (size < -1 || size > 1) return false;
  *value = size == 0 ? 0 : size * static_cast<int64_t>(as_long->ob_digit[0]);
#endif
  return true;
}

// The type's version if its attributes are being watched, 0 if not. While a
// type keeps a version, looking a name up on it gives what it gave.
inline unsigned TypeVersion(PyTypeObject* type) {
#if PY_VERSION_HEX < 0x030d0000
  if (!PyType_HasFeature(type, Py_TPFLAGS_VALID_VERSION_TAG)) return 0;
#endif
  return type->tp_version_tag;
}

// A flag of types that Python code cannot change, as static ones are.
#ifdef Py_TPFLAGS_IMMUTABLETYPE
inline constexpr unsigned int kImmutableType = Py_TPFLAGS_IMMUTABLETYPE;
#else
inline constexpr unsigned int kImmutableType = 0;
#endif

// While it lives no garbage is collected, so that making containers runs no
// code of others. CPython 3.9 has no such switch.
class NoCollection {
 public:
  NoCollection(const NoCollection&) = delete;
  NoCollection& operator=(const NoCollection&) = delete;
#if PY_VERSION_HEX >= 0x030a0000
  NoCollection() : enabled_(PyGC_Disable() != 0) {}
  ~NoCollection() {
    if (enabled_) PyGC_Enable();
  }
  static constexpr bool works() { return true; }

 private:
  const bool enabled_;
#else
  NoCollection() = default;
  static constexpr bool works() { return false; }
#endif
};

// A function of another signature, for the ml_meth of a PyMethodDef.
template <class F>
PyCFunction AsMethod(F function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_PYTHON_API_H_

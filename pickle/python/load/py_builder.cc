#include "pickle/python/load/py_builder.h"

#include "pickle/python/dict_layout.h"
#include "pickle/python/handle.h"

namespace pickle5::python {

ABSL_ATTRIBUTE_NOINLINE PyObject* PyBuilder::DecodeText(const uint8_t* p,
                                                        size_t n) {
  return PyUnicode_DecodeUTF8(reinterpret_cast<const char*>(p),
                              static_cast<Py_ssize_t>(n), "surrogatepass");
}

PyObject* PyBuilder::RawUnicodeStr(std::string_view line) {
  const auto size = static_cast<Py_ssize_t>(line.size());
  return line.find('\\') == std::string_view::npos
             ? PyUnicode_DecodeLatin1(line.data(), size, nullptr)
             : PyUnicode_DecodeRawUnicodeEscape(line.data(), size, nullptr);
}

PyObject* PyBuilder::Python2Str(const uint8_t* p, size_t n) {
  if (std::strcmp(options_.encoding, "bytes") == 0) return Bytes(p, n);
  return PyUnicode_Decode(reinterpret_cast<const char*>(p),
                          static_cast<Py_ssize_t>(n), options_.encoding,
                          options_.errors);
}

// --- Containers --------------------------------------------------------------

ABSL_ATTRIBUTE_NOINLINE bool PyBuilder::Grow(PyListObject* list,
                                             Py_ssize_t size) {
  // The first batch is most often the only one.
  const Py_ssize_t capacity = Py_SIZE(list) == 0 ? size : size + size / 8;
  void* items = PyMem_Realloc(
      list->ob_item, static_cast<size_t>(capacity) * sizeof(PyObject*));
  if (items == nullptr) {
    PyErr_NoMemory();
    return false;
  }
  list->ob_item = static_cast<PyObject**>(items);
  list->allocated = capacity;
  return true;
}

bool PyBuilder::AppendBy(PyObject* extend, Slot* f, size_t n) {
  const Handle items(PyList_New(static_cast<Py_ssize_t>(n)));
  if (!items) {
    DropAll(f, n);
    return false;
  }
  for (size_t i = 0; i != n; ++i) {
    PyList_SET_ITEM(items.get(), static_cast<Py_ssize_t>(i), f[i]);
  }
  return bool(
      Handle(PyObject_CallFunctionObjArgs(extend, items.get(), nullptr)));
}

bool PyBuilder::AppendSlow(Slot* f, size_t n) {
  if (n == 0 && !kEmptyItemsNeedMethods) return true;
  if (guard_.active() && !GuardedAppend(f, n)) {
    DropAll(f, n);
    return false;
  }
  PyObject* target = f[-1];
  if (PyList_CheckExact(target)) {
    return Extend(reinterpret_cast<PyListObject*>(target), f, n);
  }
  Handle extend;
  if (!FindMethod(target, state_.str_extend, extend.Out())) {
    DropAll(f, n);
    return false;
  }
  if (extend && n == 0) return true;
  if (extend) return AppendBy(extend.get(), f, n);
  Handle append;
  bool good = RequireMethod(target, state_.str_append, append.Out());
  for (size_t i = 0; i != n; ++i) {
    const Handle item(f[i]);
    good = good && Handle(PyObject_CallFunctionObjArgs(append.get(), item.get(),
                                                       nullptr));
  }
  return good;
}

namespace {

// Where a dict grows beyond the caches near to the processor.
constexpr Py_ssize_t kLargeDict = 2000;
constexpr size_t kAhead = 16;  // slots, two an item

// Sets the items, which it drops. False: an exception is set.
template <bool kPrefetch>
bool SetItemsOfDict(PyObject* dict, PyObject** f, size_t n) {
  for (size_t i = 0; i != n; i += 2) {
    if (kPrefetch && i + kAhead < n && PyUnicode_CheckExact(f[i + kAhead])) {
      PrefetchIndex(dict, PyObject_Hash(f[i + kAhead]));
    }
    if (ABSL_PREDICT_FALSE(PyDict_SetItem(dict, f[i], f[i + 1]) < 0)) {
      for (; i != n; ++i) Py_DECREF(f[i]);
      return false;
    }
    Py_DECREF(f[i]);
    Py_DECREF(f[i + 1]);
  }
  return true;
}

}  // namespace

bool PyBuilder::SetItems(Slot* f, size_t n) {
  if (ABSL_PREDICT_FALSE(guard_.active())) return GuardedSetItems(f, n);
  PyObject* target = f[-1];
  bool good = true;
  if (ABSL_PREDICT_TRUE(PyDict_CheckExact(target))) {
    return PyDict_GET_SIZE(target) < kLargeDict
               ? SetItemsOfDict<false>(target, f, n)
               : SetItemsOfDict<true>(target, f, n);
  }
  for (size_t i = 0; i != n; i += 2) {
    good = good && PyObject_SetItem(target, f[i], f[i + 1]) == 0;
    Py_DECREF(f[i]);
    Py_DECREF(f[i + 1]);
  }
  return good;
}

bool PyBuilder::AddItems(Slot* f, size_t n) {
  if (n == 0 && !kEmptyItemsNeedMethods) return true;
  if (ABSL_PREDICT_FALSE(guard_.active())) return GuardedAddItems(f, n);
  PyObject* target = f[-1];
  const bool is_set = PySet_Check(target);
  Handle add;
  bool good = true;
  if (!is_set) {
    add.Reset(PyObject_GetAttr(target, state_.str_add));
    good = bool(add);
  }
  for (size_t i = 0; i != n; ++i) {
    const Handle item(f[i]);
    if (!good) continue;
    good = is_set ? PySet_Add(target, item.get()) == 0
                  : bool(Handle(PyObject_CallFunctionObjArgs(
                        add.get(), item.get(), nullptr)));
  }
  return good;
}

bool PyBuilder::List(Slot* f, size_t n) {
  PyObject* list = PyList_New(static_cast<Py_ssize_t>(n));
  if (list == nullptr) {
    DropAll(f, n);
    return false;
  }
  for (size_t i = 0; i != n; ++i) {
    PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), f[i]);
  }
  f[0] = list;
  return true;
}

bool PyBuilder::Dict(Slot* f, size_t n) {
  if (ABSL_PREDICT_FALSE(guard_.active())) return GuardedDict(f, n);
  Handle dict(PyDict_New());
  bool good = bool(dict);
  for (size_t i = 0; i != n; i += 2) {
    good = good && PyDict_SetItem(dict.get(), f[i], f[i + 1]) == 0;
    Py_DECREF(f[i]);
    Py_DECREF(f[i + 1]);
  }
  if (!good) return false;
  f[0] = dict.release();
  return true;
}

bool PyBuilder::FrozenSet(Slot* f, size_t n) {
  // Made of a tuple, as CPython makes it.
  if (n == 0) {
    f[0] = PyFrozenSet_New(nullptr);
    return f[0] != nullptr;
  }
  if (ABSL_PREDICT_FALSE(guard_.active())) return GuardedFrozenSet(f, n);
  if (!Tuple(f, n)) return false;
  const Handle items(f[0]);
  f[0] = PyFrozenSet_New(items.get());
  return f[0] != nullptr;
}

}  // namespace pickle5::python

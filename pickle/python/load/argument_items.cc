#include "pickle/python/load/argument_items.h"

#include <cstddef>
#include <new>

namespace pickle5::python {
namespace {

// How many objects are looked into for one argument.
constexpr size_t kMostOpen = 64;

struct Taking {
  std::vector<PyObject*>* items;
  bool failed = false;
};

int Take(PyObject* part, void* taking) {
  auto* to = static_cast<Taking*>(taking);
  // The machine owns what is traversed, and nothing may be thrown over it.
  try {
    to->items->push_back(part);
  } catch (const std::bad_alloc&) {
    to->failed = true;
  }
  return 0;
}

// An array of objects hands them out in a buffer, and traverses none.
void AppendBuffer(PyObject* array, std::vector<PyObject*>* items) {
  Py_buffer view;
  if (PyObject_GetBuffer(array, &view, PyBUF_ANY_CONTIGUOUS | PyBUF_FORMAT) <
      0) {
    PyErr_Clear();
    return;
  }
  Taking taking = {items};
  const bool has_objects =
      view.format != nullptr && view.format[0] == 'O' &&
      view.format[1] == '\0' &&
      view.itemsize == static_cast<Py_ssize_t>(sizeof(PyObject*));
  if (has_objects) {
    PyObject** objects = static_cast<PyObject**>(view.buf);
    const Py_ssize_t size = view.len / view.itemsize;
    for (Py_ssize_t i = 0; i != size; ++i) {
      if (objects[i] != nullptr) Take(objects[i], &taking);
    }
  }
  PyBuffer_Release(&view);
  if (taking.failed) throw std::bad_alloc();
}

// Whether a buffer is handed out by C, not by a __buffer__.
bool HasPlainBuffer(const PyTypeObject* type) {
  const PyTypeObject* base = type;
  while (base != nullptr && (base->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0) {
    base = base->tp_base;
  }
  return base != nullptr && base->tp_as_buffer != nullptr &&
         base->tp_as_buffer->bf_getbuffer != nullptr &&
         type->tp_as_buffer != nullptr &&
         type->tp_as_buffer->bf_getbuffer == base->tp_as_buffer->bf_getbuffer;
}

void AppendReferences(PyObject* object, std::vector<PyObject*>* items) {
  if (PyType_Check(object) || PyModule_Check(object) ||
      PyFunction_Check(object) || PyUnicode_Check(object)) {
    return;
  }
  const PyTypeObject* type = Py_TYPE(object);
  if (PyObject_IS_GC(object) && type->tp_traverse != nullptr) {
    Taking taking = {items};
    type->tp_traverse(object, Take, &taking);
    if (taking.failed) throw std::bad_alloc();
  }
  if (!PyBytes_Check(object) && !PyByteArray_Check(object) &&
      HasPlainBuffer(type)) {
    AppendBuffer(object, items);
  }
}

void AppendItems(PyObject* object, std::vector<PyObject*>* items) {
  Py_ssize_t position = 0;
  PyObject* key;
  if (PyTuple_CheckExact(object) || PyList_CheckExact(object)) {
    PyObject** first = PySequence_Fast_ITEMS(object);
    items->insert(items->end(), first,
                  first + PySequence_Fast_GET_SIZE(object));
  } else if (PyDict_CheckExact(object)) {
    PyObject* value;
    while (PyDict_Next(object, &position, &key, &value)) items->push_back(key);
  } else if (PyAnySet_CheckExact(object)) {
    Py_hash_t hash;
    while (_PySet_NextEntry(object, &position, &key, &hash)) {
      items->push_back(key);
    }
  } else {
    AppendReferences(object, items);
  }
}

}  // namespace

void AppendArgumentItems(PyObject* argument, std::vector<PyObject*>* items) {
  std::vector<PyObject*> open = {argument};
  for (size_t i = 0; i != open.size(); ++i) {
    const size_t begin = items->size();
    AppendItems(open[i], items);
    if (Py_TYPE(open[i])->tp_iternext == nullptr) continue;
    for (size_t part = begin; part != items->size(); ++part) {
      if (open.size() == kMostOpen) return;
      open.push_back((*items)[part]);
    }
  }
}

}  // namespace pickle5::python

// Values that hold no others: runs of them in lists, and pairs with a text, are
// written behind a cursor, without a frame.

#include <bit>

#include "pickle/python/flat_values.h"
#include "pickle/python/object_walker.h"

namespace pickle5::python {

void ObjectWalker::SaveRun(Frame* frame) {
  const PyTypeObject* type =
      Py_TYPE(PyList_GET_ITEM(frame->object, frame->next));
  if (type == &PyLong_Type) {
    SaveIntRun(frame);
  } else if (type == &PyFloat_Type) {
    SaveFloatRun(frame);
  } else if (type == &PyUnicode_Type && RunsHoldTexts()) {
    SaveTextRun(frame);
  }
}

void ObjectWalker::SaveIntRun(Frame* frame) {
  PyObject* list = frame->object;
  uint8_t* at = emitter_.cursor();
  Py_ssize_t next = frame->next;
  do {
    PyObject* item = PyList_GET_ITEM(list, next);
    int64_t value;
    if (Py_TYPE(item) != &PyLong_Type || !CompactInt(item, &value)) break;
    at = Atoms::PutInt(at, value);
    if (++next == frame->limit || next >= PyList_GET_SIZE(list)) break;
    // A full frame may go to a file, where foreign code changes the list.
    at = emitter_.NextBoundary(at);
  } while (next < PyList_GET_SIZE(list));
  frame->next = next;
  emitter_.set_cursor(at);
}

void ObjectWalker::SaveFloatRun(Frame* frame) {
  PyObject* list = frame->object;
  uint8_t* at = emitter_.cursor();
  Py_ssize_t next = frame->next;
  do {
    PyObject* item = PyList_GET_ITEM(list, next);
    if (Py_TYPE(item) != &PyFloat_Type) break;
    at = Atoms::PutFloat(at, std::bit_cast<uint64_t>(PyFloat_AS_DOUBLE(item)));
    if (++next == frame->limit || next >= PyList_GET_SIZE(list)) break;
    at = emitter_.NextBoundary(at);
  } while (next < PyList_GET_SIZE(list));
  frame->next = next;
  emitter_.set_cursor(at);
}

inline uint8_t* ObjectWalker::PutNewText(uint8_t* at, PyObject* text,
                                         bool unique) {
  at = Atoms::PutShortText(at, Opcode::SHORT_BINUNICODE,
                           static_cast<const char*>(PyUnicode_DATA(text)),
                           static_cast<size_t>(PyUnicode_GET_LENGTH(text)));
  return PutMemoize(at, text, unique);
}

inline uint8_t* ObjectWalker::PutText(uint8_t* at, PyObject* text,
                                      bool unique) {
  if (!unique) {
    const uint32_t index = emitter_.IndexOf(text);
    if (index != Memo::kAbsent) return Atoms::PutGet(at, index);
  }
  return PutNewText(at, text, unique);
}

// Texts of which nobody else has a reference.
void ObjectWalker::SaveTextRun(Frame* frame) {
  PyObject* list = frame->object;
  uint8_t* at = emitter_.cursor();
  Py_ssize_t next = frame->next;
  do {
    PyObject* item = PyList_GET_ITEM(list, next);
    if (!IsShortText(item) || Py_REFCNT(item) != 1) break;
    at = PutNewText(at, item, /*unique=*/true);
    if (++next == frame->limit || next >= PyList_GET_SIZE(list)) break;
    at = emitter_.NextBoundary(at);
  } while (next < PyList_GET_SIZE(list));
  frame->next = next;
  emitter_.set_cursor(at);
}

inline uint8_t* ObjectWalker::PutFlat(uint8_t* at, PyObject* object) {
  const PyTypeObject* type = Py_TYPE(object);
  int64_t number;
  if (type == &PyLong_Type && CompactInt(object, &number)) {
    return Atoms::PutInt(at, number);
  }
  if (type == &PyUnicode_Type) {
    return PutText(at, object, IsUnique(object, 1));
  }
  if (type == &PyFloat_Type) {
    return Atoms::PutFloat(at,
                           std::bit_cast<uint64_t>(PyFloat_AS_DOUBLE(object)));
  }
  if (object == Py_None) return Atoms::PutOp(at, Opcode::NONE);
  return Atoms::PutOp(at,
                      object == Py_True ? Opcode::NEWTRUE : Opcode::NEWFALSE);
}

uint8_t* ObjectWalker::PutFlatPair(uint8_t* at, PyObject* key, PyObject* value,
                                   Py_ssize_t own) {
  at = PutText(emitter_.NextBoundary(at), key, IsUnique(key, own));
  return PutFlat(emitter_.NextBoundary(at), value);
}

}  // namespace pickle5::python

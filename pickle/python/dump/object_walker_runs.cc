// Values that hold no others: runs of them in lists, and pairs with a text, are
// written behind a cursor, without a frame.

#include <bit>

#include "absl/base/attributes.h"
#include "pickle/python/dump/flat_values.h"
#include "pickle/python/dump/object_walker.h"

namespace pickle5::python {
namespace {

uint8_t* PutFloat(uint8_t* at, PyObject* number) {
  return Atoms::PutFloat(at,
                         std::bit_cast<uint64_t>(PyFloat_AS_DOUBLE(number)));
}

}  // namespace

ABSL_ATTRIBUTE_ALWAYS_INLINE inline uint8_t* ObjectWalker::PutNewText(
    uint8_t* at, PyObject* text, bool unique) {
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

// Puts items of the top list behind the cursor until put() returns nullptr.
template <class Put>
inline void ObjectWalker::SaveListRun(Put put) {
  Frame* frame = top_;
  PyObject* list = frame->object;
  uint8_t* at = emitter_.cursor();
  Py_ssize_t next = frame->next;
  do {
    uint8_t* behind = put(at, PyList_GET_ITEM(list, next));
    if (behind == nullptr) break;
    at = behind;
    if (++next == frame->limit || next >= PyList_GET_SIZE(list)) break;
    // A full frame may go to a file, where foreign code changes the list.
    at = emitter_.NextBoundary(at);
  } while (next < PyList_GET_SIZE(list));
  frame->next = next;
  emitter_.set_cursor(at);
}

void ObjectWalker::SaveRun() {
  const PyTypeObject* type = Py_TYPE(PyList_GET_ITEM(top_->object, top_->next));
  if (type == &PyLong_Type) {
    SaveListRun([](uint8_t* at, PyObject* item) -> uint8_t* {
      int64_t value;
      return Py_TYPE(item) == &PyLong_Type && CompactInt(item, &value)
                 ? Atoms::PutInt(at, value)
                 : nullptr;
    });
  } else if (type == &PyFloat_Type) {
    SaveListRun([](uint8_t* at, PyObject* item) -> uint8_t* {
      return Py_TYPE(item) == &PyFloat_Type ? PutFloat(at, item) : nullptr;
    });
  } else if (type == &PyUnicode_Type && RunsHoldTexts()) {
    // Nobody else has a reference of them.
    SaveListRun([this](uint8_t* at, PyObject* item) -> uint8_t* {
      return IsShortText(item) && Py_REFCNT(item) == 1
                 ? PutNewText(at, item, /*unique=*/true)
                 : nullptr;
    });
  }
}

uint8_t* ObjectWalker::PutFlat(uint8_t* at, PyObject* object, Py_ssize_t own) {
  const PyTypeObject* type = Py_TYPE(object);
  int64_t number;
  if (type == &PyLong_Type && CompactInt(object, &number)) {
    return Atoms::PutInt(at, number);
  }
  if (type == &PyUnicode_Type) {
    return PutText(at, object, IsUnique(object, own));
  }
  if (type == &PyFloat_Type) return PutFloat(at, object);
  if (object == Py_None) return Atoms::PutOp(at, Opcode::NONE);
  return Atoms::PutOp(at,
                      object == Py_True ? Opcode::NEWTRUE : Opcode::NEWFALSE);
}

uint8_t* ObjectWalker::PutFlatPair(uint8_t* at, PyObject* key, PyObject* value,
                                   Py_ssize_t own) {
  at = PutText(emitter_.NextBoundary(at), key, IsUnique(key, own));
  return PutFlat(emitter_.NextBoundary(at), value, 1);
}

}  // namespace pickle5::python

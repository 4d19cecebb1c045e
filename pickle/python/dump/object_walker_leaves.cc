// Dates and small arrays without their reductions, byte for byte as they would
// come out. The first object of each kind is reduced: that puts the class, or
// the function that is called, into the memo.

#include <cstring>

#include "pickle/python/buffer_view.h"
#include "pickle/python/dump/object_walker.h"

namespace pickle5::python {

bool DatetimeTypes::Find() {
  const auto* api = static_cast<const PyDateTime_CAPI*>(
      PyCapsule_Import(PyDateTime_CAPSULE_NAME, 0));
  if (api == nullptr) return false;
  datetime = api->DateTimeType;
  date = api->DateType;
  time = api->TimeType;
  timedelta = api->DeltaType;
  return true;
}

namespace {

// Where the bit goes that tells the second of two equal times of a day, in the
// bytes of a datetime and of a time (datetime_getstate() and time_getstate() of
// _datetimemodule.c).
constexpr size_t kFoldOfDatetime = 2;
constexpr size_t kFoldOfTime = 0;
constexpr uint8_t kFold = 0x80;

bool IsOfDatetime(PyTypeObject* type) {
  constexpr char kModule[] = "datetime.";
  return std::strncmp(type->tp_name, kModule, sizeof kModule - 1) == 0;
}

}  // namespace

bool ObjectWalker::SaveLeaf(PyObject* object, Py_ssize_t own) {
  PyTypeObject* type = Py_TYPE(object);
  if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) || !lazy_ ||
      options_.keeps_memo || options_.dispatch_table != nullptr ||
      emitter_.protocol() < 4) {
    return false;
  }
  const bool is_array = state_.arrays.IsArray(type);
  if (!is_array && !IsOfDatetime(type)) return false;
  if (HasReducer(object) != 0) return false;
  return is_array ? SaveArray(object, own) : SaveDatetime(object, own);
}

void ObjectWalker::CallWith(size_t arguments, PyObject* object,
                            Py_ssize_t own) {
  emitter_.CloseTuple(arguments);
  NoteTemporary();
  emitter_.Emit(Opcode::REDUCE);
  Memoize(object, IsUnique(object, own), top_->temporary);
}

// --- datetime ----------------------------------------------------------------

// `fold_byte`: where the fold goes, kSize if there is none.
template <size_t kSize>
bool ObjectWalker::SaveState(PyObject* object, Py_ssize_t own,
                             const uint8_t (&data)[kSize], size_t fold_byte,
                             PyObject* tzinfo) {
  const uint32_t type = emitter_.IndexOf(Py_TYPE(object));
  const uint32_t zone = tzinfo == nullptr ? 0 : emitter_.IndexOf(tzinfo);
  if (type >= kOpen || zone >= kOpen) return false;
  char state[kSize];
  std::memcpy(state, data, kSize);
  if (fold_byte != kSize) {
    state[fold_byte] = static_cast<char>(state[fold_byte] | kFold);
  }
  EmitKnownArgument(type);
  emitter_.StartValue();
  emitter_.StartValue();
  emitter_.EmitBytes({state, kSize});
  NoteTemporary();
  if (tzinfo != nullptr) EmitKnownArgument(zone);
  CallWith(tzinfo != nullptr ? 2 : 1, object, own);
  return true;
}

bool ObjectWalker::SaveDatetime(PyObject* object, Py_ssize_t own) {
  const DatetimeTypes& types = state_.datetime_types;
  if (types.datetime == nullptr) {
    // It runs code, but only the first time. The object is reduced.
    const Handle held = Handle::Share(object);
    log_.Settle();
    if (Well() && !state_.datetime_types.Find()) PyErr_Clear();
    return false;
  }
  PyTypeObject* type = Py_TYPE(object);
  if (type == types.datetime) {
    const auto* time = reinterpret_cast<PyDateTime_DateTime*>(object);
    return SaveState(object, own, time->data,
                     time->fold != 0 ? kFoldOfDatetime : sizeof time->data,
                     time->hastzinfo ? time->tzinfo : nullptr);
  }
  if (type == types.date) {
    const auto* date = reinterpret_cast<PyDateTime_Date*>(object);
    return SaveState(object, own, date->data, sizeof date->data, nullptr);
  }
  if (type == types.time) {
    const auto* time = reinterpret_cast<PyDateTime_Time*>(object);
    return SaveState(object, own, time->data,
                     time->fold != 0 ? kFoldOfTime : sizeof time->data,
                     time->hastzinfo ? time->tzinfo : nullptr);
  }
  return type == types.timedelta && SaveTimedelta(object, own);
}

bool ObjectWalker::SaveTimedelta(PyObject* object, Py_ssize_t own) {
  const uint32_t type = emitter_.IndexOf(Py_TYPE(object));
  if (type >= kOpen) return false;
  const auto* delta = reinterpret_cast<PyDateTime_Delta*>(object);
  EmitKnownArgument(type);
  emitter_.StartValue();
  for (const int part : {delta->days, delta->seconds, delta->microseconds}) {
    EmitIntArgument(part);
  }
  CallWith(3, object, own);
  return true;
}

// --- numpy -------------------------------------------------------------------

bool ObjectWalker::SaveArray(PyObject* object, Py_ssize_t own) {
  if (emitter_.protocol() < 5 || options_.buffer_callback != nullptr ||
      options_.buffer_sink != nullptr || file_ != nullptr) {
    return false;
  }
  const Handle dtype(PyObject_GetAttr(object, state_.str_dtype));
  if (!dtype) {
    PyErr_Clear();
    return false;
  }
  const ArrayReduction& arrays = state_.arrays;
  if (!arrays.Knows(dtype.get())) return false;
  const uint32_t known[] = {emitter_.IndexOf(arrays.function()),
                            emitter_.IndexOf(dtype.get()),
                            emitter_.IndexOf(arrays.order())};
  for (const uint32_t index : known) {
    if (index >= kOpen) return false;
  }
  // Where it fails it makes an exception, and others may run.
  const Handle held = Handle::Share(object);
  log_.Settle();
  {
    BufferView view;
    if (!view.Get(object, PyBUF_C_CONTIGUOUS)) {
      PyErr_Clear();
      return false;
    }
    EmitArray(*view, known);
  }
  CallWith(4, object, own + 1);
  // Another thread may have taken it out of its container meanwhile.
  if (Py_REFCNT(object) == 1) log_.Settle();
  return true;
}

// The call and its arguments: `known` are the indices of function, dtype and
// order.
void ObjectWalker::EmitArray(const Py_buffer& view,
                             const uint32_t (&known)[3]) {
  const auto ndim = static_cast<size_t>(view.ndim);
  const std::string_view bytes(static_cast<const char*>(view.buf),
                               static_cast<size_t>(view.len));
  EmitKnownArgument(known[0]);
  emitter_.StartValue();
  emitter_.OpenTuple(4);
  emitter_.StartValue();
  if (view.readonly != 0) {
    emitter_.EmitBytes(bytes);
  } else {
    emitter_.EmitByteArray(bytes);
  }
  emitter_.StartClosing();
  NoteTemporary();
  EmitKnownArgument(known[1]);
  emitter_.StartValue();
  if (ndim == 0) {
    emitter_.EmitEmptyTuple();
  } else {
    emitter_.OpenTuple(ndim);
    for (size_t i = 0; i != ndim; ++i) EmitIntArgument(view.shape[i]);
    emitter_.CloseTuple(ndim);
    NoteTemporary();
  }
  EmitKnownArgument(known[2]);
}

}  // namespace pickle5::python

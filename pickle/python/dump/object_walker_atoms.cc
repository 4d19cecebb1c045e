// Objects that hold no others: numbers, bytes.

#include <cstring>
#include <string_view>

#include "pickle/python/buffer_object.h"
#include "pickle/python/buffer_view.h"
#include "pickle/python/dump/object_walker.h"
#include "pickle/python/version_rules.h"

namespace pickle5::python {
ObjectWalker::Result ObjectWalker::SaveInt(PyObject* number) {
  int64_t value;
  if (ABSL_PREDICT_TRUE(CompactInt(number, &value))) {
    emitter_.EmitInt(value);
    return Result::kDone;
  }
  int overflow;
  value = PyLong_AsLongLongAndOverflow(number, &overflow);
  if (overflow == 0) {
    emitter_.EmitInt(value);
    return Result::kDone;
  }
  if (emitter_.protocol() < 2) {
    // The interpreter may forbid decimal text of that length.
    log_.Settle();
    const Handle text(PyObject_Repr(number));
    if (!text) return Result::kFailed;
  }
  // Of a signed type from 3.14 on.
  const auto bits = static_cast<size_t>(_PyLong_NumBits(number));
  if (bits == static_cast<size_t>(-1) && PyErr_Occurred()) {
    return Result::kFailed;
  }
  size_t size = bits / 8 + 1;
  if (size > 0x7fffffff) {
    PyErr_SetString(PyExc_OverflowError, "int too large to pickle");
    return Result::kFailed;
  }
  std::string bytes(size, '\0');
  auto* data = reinterpret_cast<uint8_t*>(bytes.data());
  if (!LongAsBytes(number, data, size)) return Result::kFailed;
  // A negative number may take one byte less than its magnitude.
  if (size > 1 && data[size - 1] == 0xff && (data[size - 2] & 0x80) != 0) {
    --size;
  }
  emitter_.EmitLong({bytes.data(), size});
  emitter_.StartClosing();
  return Result::kDone;
}

ObjectWalker::Result ObjectWalker::EmitBytes(PyObject* object,
                                             std::string_view bytes,
                                             bool readonly, Py_ssize_t own,
                                             Py_ssize_t callers) {
  const bool unique = IsUnique(object, own);
  const bool temporary = top_->temporary;
  if (readonly && bytes.size() < Atoms::kShortText) {
    emitter_.EmitBytes(bytes);
    Memoize(object, unique, temporary);
    return Result::kDone;
  }
  const Handle held = Handle::Share(object);
  if (bytes.size() >= kUnlockedCopy) log_.Settle();
  if (file_ != nullptr) file_->set_payload_object(object);
  if (readonly) {
    emitter_.EmitBytes(bytes);
  } else {
    emitter_.EmitByteArray(bytes);
  }
  if (file_ != nullptr) file_->set_payload_object(nullptr);
  emitter_.StartClosing();
  if (!Well()) return Result::kFailed;
  Memoize(object, unique, temporary);
  // A file's write() may have taken it out of its container.
  if (Py_REFCNT(object) == 1 + callers) log_.Settle();
  return Result::kDone;
}

ObjectWalker::Result ObjectWalker::SaveBytes(PyObject* bytes, Py_ssize_t own) {
  const std::string_view contents(PyBytes_AS_STRING(bytes),
                                  static_cast<size_t>(PyBytes_GET_SIZE(bytes)));
  if (ABSL_PREDICT_TRUE(emitter_.protocol() >= 3)) {
    return EmitBytes(bytes, contents, /*readonly=*/true, own, /*callers=*/0);
  }
  // Both Python 2 and 3 make a bytes object of this.
  log_.Settle();
  if (contents.empty()) {
    return PushReduction(
        Handle::Share(bytes),
        Py_BuildValue("(O())", reinterpret_cast<PyObject*>(&PyBytes_Type)),
        own);
  }
  return PushReduction(
      Handle::Share(bytes),
      Py_BuildValue("(O(NO))", state_.codecs_encode,
                    PyUnicode_DecodeLatin1(contents.data(),
                                           PyBytes_GET_SIZE(bytes), "strict"),
                    state_.str_latin1),
      own);
}

ObjectWalker::Result ObjectWalker::SaveByteArray(PyObject* bytes,
                                                 Py_ssize_t own) {
  const std::string_view contents(
      PyByteArray_AS_STRING(bytes),
      static_cast<size_t>(PyByteArray_GET_SIZE(bytes)));
  if (emitter_.protocol() >= 5) {
    // Held, so that nobody resizes it while foreign code runs.
    BufferView view;
    if (!view.Get(bytes, PyBUF_SIMPLE)) return Result::kFailed;
    return EmitBytes(bytes, contents, /*readonly=*/false, own, /*callers=*/1);
  }
  log_.Settle();
  auto* type = reinterpret_cast<PyObject*>(&PyByteArray_Type);
  if (contents.empty()) {
    return PushReduction(Handle::Share(bytes), Py_BuildValue("(O())", type),
                         own);
  }
  return PushReduction(Handle::Share(bytes),
                       Py_BuildValue("(O(N))", type, PyBytes_FromObject(bytes)),
                       own);
}

bool ObjectWalker::NoteLayout(const Py_buffer& view) {
  absl::Status status;
  const absl::StatusOr<Buffer> described = BufferOfView(view);
  if (described.ok()) {
    status = options_.buffer_sink->Accept(*described).status();
  } else {
    status = described.status();
  }
  return status.ok() || SetStatusException(status);
}

ObjectWalker::Result ObjectWalker::SavePickleBuffer(PyObject* buffer,
                                                    Py_ssize_t own) {
  if (emitter_.protocol() < 5) {
    PyErr_SetString(state_.pickling_error, kPickleBufferProtocol);
    return Result::kFailed;
  }
  const Py_buffer* view = PyPickleBuffer_GetBuffer(buffer);
  if (view == nullptr) return Result::kFailed;
  if (view->suboffsets != nullptr || !PyBuffer_IsContiguous(view, 'A')) {
    PyErr_SetString(state_.pickling_error,
                    "PickleBuffer can not be pickled when "
                    "pointing to a non-contiguous buffer");
    return Result::kFailed;
  }
  const Handle held = Handle::Share(buffer);
  // A view of its own: whoever is asked may release the buffer.
  BufferView own_view;
  if (!own_view.Get(buffer, PyBUF_FULL_RO)) return Result::kFailed;
  bool in_band = true;
  if (options_.buffer_callback != nullptr) {
    log_.Settle();
    const Handle answer(PyObject_CallFunctionObjArgs(options_.buffer_callback,
                                                     buffer, nullptr));
    if (!answer) return Result::kFailed;
    const int truth = PyObject_IsTrue(answer.get());
    if (truth < 0) return Result::kFailed;
    in_band = truth != 0;
  }
  if (!in_band) {
    emitter_.Emit(Opcode::NEXT_BUFFER);
    if (own_view->readonly) emitter_.Emit(Opcode::READONLY_BUFFER);
    return Result::kDone;
  }
  if (options_.buffer_sink != nullptr && !NoteLayout(*own_view)) {
    return Result::kFailed;
  }
  return EmitBytes(buffer,
                   {static_cast<const char*>(own_view->buf),
                    static_cast<size_t>(own_view->len)},
                   own_view->readonly != 0, own + 1, /*callers=*/1);
}

}  // namespace pickle5::python

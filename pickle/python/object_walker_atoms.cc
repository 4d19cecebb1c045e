// Objects that hold no others: text, numbers, bytes.

#include <cstring>
#include <string_view>

#include "pickle/python/buffer_object.h"
#include "pickle/python/buffer_view.h"
#include "pickle/python/object_walker.h"
#include "pickle/python/version_rules.h"
#include "pickle/utf8.h"

namespace pickle5::python {
namespace {

// Texts of up to so many code points are encoded with room for the longest
// form of each.
constexpr size_t kShortCount = 1024;

template <typename Unit>
void AppendEncoded(const Unit* units, size_t count, std::string* out) {
  if (count > kShortCount) {
    for (size_t i = 0; i != count; ++i) {
      AppendUtf8(static_cast<char32_t>(units[i]), out);
    }
    return;
  }
  char text[4 * kShortCount];
  char* to = text;
  for (size_t i = 0; i != count; ++i) {
    const auto code = static_cast<char32_t>(units[i]);
    if (code < 0x80) {
      *to++ = static_cast<char>(code);
    } else if (code < 0x800) {
      *to++ = static_cast<char>(0xc0 | code >> 6);
      *to++ = static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
      *to++ = static_cast<char>(0xe0 | code >> 12);
      *to++ = static_cast<char>(0x80 | (code >> 6 & 0x3f));
      *to++ = static_cast<char>(0x80 | (code & 0x3f));
    } else {
      *to++ = static_cast<char>(0xf0 | code >> 18);
      *to++ = static_cast<char>(0x80 | (code >> 12 & 0x3f));
      *to++ = static_cast<char>(0x80 | (code >> 6 & 0x3f));
      *to++ = static_cast<char>(0x80 | (code & 0x3f));
    }
  }
  out->assign(text, to);
}

}  // namespace

ObjectWalker::Result ObjectWalker::SaveStr(PyObject* text, Py_ssize_t own) {
  const bool unique = IsUnique(text, own);
  if (EmitKnown(text, unique)) return Result::kDone;
  // Texts of the old kind have no length yet.
  const size_t length = PyUnicode_IS_COMPACT_ASCII(text)
                            ? static_cast<size_t>(PyUnicode_GET_LENGTH(text))
                            : Atoms::kShortText;
  if (ABSL_PREDICT_FALSE(length >= Atoms::kShortText ||
                         emitter_.protocol() < 4)) {
    return SaveLongStr(text, unique);
  }
  emitter_.set_cursor(Atoms::PutShortText(
      emitter_.cursor(), Opcode::SHORT_BINUNICODE,
      static_cast<const char*>(PyUnicode_DATA(text)), length));
  Memoize(text, unique, top_->temporary);
  return Result::kDone;
}

ABSL_ATTRIBUTE_NOINLINE ObjectWalker::Result ObjectWalker::SaveLongStr(
    PyObject* text, bool unique) {
#if PY_VERSION_HEX < 0x030c0000
  if (PyUnicode_READY(text) < 0) return Result::kFailed;
#endif
  std::string_view utf8;
  if (PyUnicode_IS_COMPACT_ASCII(text)) {
    utf8 = {static_cast<const char*>(PyUnicode_DATA(text)),
            static_cast<size_t>(PyUnicode_GET_LENGTH(text))};
  } else if (!EncodeUtf8(text, &utf8)) {
    return Result::kFailed;
  }
  if (utf8.size() >= kUnlockedCopy) log_.Settle();
  const Handle held = Handle::Share(text);
  emitter_.EmitStr(utf8);
  emitter_.StartClosing();
  if (!Well()) return Result::kFailed;
  Memoize(text, unique, top_->temporary);
  // A file's write() may have taken it out of its container.
  if (Py_REFCNT(text) == 1) log_.Settle();
  return Result::kDone;
}

bool ObjectWalker::EncodeUtf8(PyObject* text, std::string_view* utf8) {
  constexpr size_t kKept = size_t{1} << 16;
  const size_t length = static_cast<size_t>(PyUnicode_GET_LENGTH(text));
  text_.clear();
  if (text_.capacity() > kKept) text_ = std::string();
  // What most text needs; the rest grows.
  text_.reserve(length + length / 2 + 8);
  const void* data = PyUnicode_DATA(text);
  switch (PyUnicode_KIND(text)) {
    case PyUnicode_1BYTE_KIND:
      AppendEncoded(static_cast<const Py_UCS1*>(data), length, &text_);
      break;
    case PyUnicode_2BYTE_KIND:
      AppendEncoded(static_cast<const Py_UCS2*>(data), length, &text_);
      break;
    default:
      AppendEncoded(static_cast<const Py_UCS4*>(data), length, &text_);
      break;
  }
  *utf8 = text_;
  return true;
}

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

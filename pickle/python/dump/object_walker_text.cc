// Text. It is encoded where it goes; the UTF-8 stays in the str, as CPython
// leaves it there, where that is known to serve.

#include <string_view>

#include "pickle/python/dump/object_walker.h"
#include "pickle/python/large_bytes.h"
#include "pickle/text/text_encoder.h"

namespace pickle5::python {
namespace {

// What Emitter::OpenStr() takes as an upper bound.
constexpr size_t kMaxBound = size_t{1} << 16;
constexpr auto kMinBounded = static_cast<Py_ssize_t>(Atoms::kShortText);

// Calls `call` with the code points of a text and their number.
template <typename Call>
auto WithUnits(PyObject* text, Call call) {
  const auto count = static_cast<size_t>(PyUnicode_GET_LENGTH(text));
  const void* data = PyUnicode_DATA(text);
  switch (PyUnicode_KIND(text)) {
    case PyUnicode_1BYTE_KIND:
      return call(static_cast<const uint8_t*>(data), count);
    case PyUnicode_2BYTE_KIND:
      return call(static_cast<const uint16_t*>(data), count);
    default:
      return call(static_cast<const uint32_t*>(data), count);
  }
}

uint8_t* PutUtf8Of(uint8_t* at, PyObject* text) {
  return WithUnits(text, [at](const auto* units, size_t count) {
    return PutUtf8(at, units, count);
  });
}

size_t Utf8SizeOf(PyObject* text) {
  return WithUnits(text, [](const auto* units, size_t count) {
    return Utf8Size(units, count);
  });
}

// The longest form of a code point of the text's kind.
size_t MaxUtf8Size(PyObject* text) {
  return static_cast<size_t>(PyUnicode_GET_LENGTH(text)) *
         (PyUnicode_KIND(text) == PyUnicode_4BYTE_KIND   ? 4
          : PyUnicode_KIND(text) == PyUnicode_2BYTE_KIND ? 3
                                                         : 2);
}

bool CanHoldUtf8(PyObject* text) {
  const auto count = static_cast<size_t>(PyUnicode_GET_LENGTH(text));
  const void* data = PyUnicode_DATA(text);
  switch (PyUnicode_KIND(text)) {
    case PyUnicode_1BYTE_KIND:
      return true;
    case PyUnicode_2BYTE_KIND:
      return !HasSurrogates(static_cast<const uint16_t*>(data), count);
    default:
      return !HasSurrogates(static_cast<const uint32_t*>(data), count);
  }
}

}  // namespace

ObjectWalker::Result ObjectWalker::SaveStr(PyObject* text, Py_ssize_t own) {
  const bool unique = IsUnique(text, own);
  if (EmitKnown(text, unique)) return Result::kDone;
  // Texts of the old kind have no length yet.
  const size_t length = PyUnicode_IS_COMPACT_ASCII(text)
                            ? static_cast<size_t>(PyUnicode_GET_LENGTH(text))
                            : Atoms::kShortText;
  if (ABSL_PREDICT_FALSE(length >= Atoms::kShortText || emitter_.forms() < 4)) {
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
  if (emitter_.forms() >= 4 && !PyUnicode_IS_COMPACT_ASCII(text) &&
      MaxUtf8Size(text) < Atoms::kShortText) {
    uint8_t* const at = emitter_.cursor();
    uint8_t* const behind = PutUtf8Of(at + 2, text);
    Atoms::PutOp(at, Opcode::SHORT_BINUNICODE,
                 static_cast<uint8_t>(behind - at - 2));
    emitter_.set_cursor(behind);
    Memoize(text, unique, top_->temporary);
    return Result::kDone;
  }
  const Handle held = Handle::Share(text);
  const std::string_view utf8 = HeldUtf8(text);
  if (utf8.data() != nullptr) {
    if (utf8.size() >= kUnlockedCopy) log_.Settle();
    emitter_.EmitStr(utf8);
  } else if (!EmitEncoded(text)) {
    return Result::kFailed;
  }
  emitter_.StartClosing();
  if (!Well()) return Result::kFailed;
  Memoize(text, unique, top_->temporary);
  // A file's write() may have taken it out of its container.
  if (Py_REFCNT(text) == 1) log_.Settle();
  return Result::kDone;
}

std::string_view ObjectWalker::HeldUtf8(PyObject* text) {
  if (!emitter_.binary()) return {};
  const Py_ssize_t length = PyUnicode_GET_LENGTH(text);
  if (PyUnicode_IS_COMPACT_ASCII(text)) {
    return {static_cast<const char*>(PyUnicode_DATA(text)),
            static_cast<size_t>(length)};
  }
  const std::string_view cached = CachedUtf8(text);
  if (cached.data() != nullptr || length < EncodedTexts::kMinLength ||
      top_->temporary || !state_.encoded_texts.Again(text) ||
      !CanHoldUtf8(text)) {
    return cached;
  }
  Py_ssize_t size;
  const char* data = PyUnicode_AsUTF8AndSize(text, &size);
  if (data == nullptr) {
    PyErr_Clear();
    return {};
  }
  return {data, static_cast<size_t>(size)};
}

bool ObjectWalker::EmitEncoded(PyObject* text) {
  if (!emitter_.binary()) {
    uint8_t* at =
        emitter_.OpenStr(WithUnits(text, [](const auto* units, size_t count) {
          return RawUnicodeEscapeSize(units, count);
        }));
    if (at == nullptr) return true;
    emitter_.CloseStr(WithUnits(text, [at](const auto* units, size_t count) {
      return PutRawUnicodeEscape(at, units, count);
    }));
    return true;
  }
  // A text that stays within a frame may be counted while it is encoded.
  size_t size = MaxUtf8Size(text);
  if (size >= kMaxBound || PyUnicode_GET_LENGTH(text) < kMinBounded) {
    size = Utf8SizeOf(text);
  }
  const bool is_payload =
      options_.payload_store != nullptr ||
      (file_ != nullptr && size >= ByteWriter::kLargePayload);
  if (!is_payload) {
    uint8_t* const at = emitter_.OpenStr(size);
    if (at != nullptr) emitter_.CloseStr(PutUtf8Of(at, text));
    return true;
  }
  size = Utf8SizeOf(text);
  const Handle bytes(NewBytes(size, /*writable=*/false));
  if (!bytes) return false;
  PutUtf8Of(ContentsOf(bytes.get()), text);
  if (file_ != nullptr) file_->set_payload_object(bytes.get());
  emitter_.EmitStr(
      {reinterpret_cast<const char*>(ContentsOf(bytes.get())), size});
  if (file_ != nullptr) file_->set_payload_object(nullptr);
  return true;
}

}  // namespace pickle5::python

#include "pickle/python/load/load_session.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "pickle/python/buffer_object.h"
#include "pickle/python/handle.h"
#include "pickle/python/large_bytes.h"
#include "pickle/python/load/line_errors.h"
#include "pickle/python/version_rules.h"
#include "pickle/text/text_argument.h"

namespace pickle5::python {
namespace {

using internal::Flow;

// Declared lengths beyond this are believed as the bytes arrive.
constexpr uint64_t kBelieved = uint64_t{256} << 20;
// Of those under an active guard.
constexpr uint64_t kBelievedOfStrangers = uint64_t{1} << 20;
// An opcode and its length of eight bytes.
constexpr ptrdiff_t kLongHeader = 9;

// Payloads from so many bytes on are not read through a piece of a BytesIO.
constexpr uint64_t kLargeOfMemory = uint64_t{4} << 10;

// What CPython raises for a rule that the machine found broken.
PyObject* ExceptionOf(const ModuleState& state, ErrorCode code) {
  switch (code) {
    case ErrorCode::kBadInt:
    case ErrorCode::kBadFloat:
    case ErrorCode::kDigitsLimit:
      return PyExc_ValueError;
    case ErrorCode::kFloatRange:
    case ErrorCode::kIndex:  // of the memo: lists raise an error of their own
      return PyExc_OverflowError;
    default:
      return state.unpickling_error;
  }
}

// What CPython says of an UnpicklingError that names nothing of the pickle;
// nullptr for others.
const char* TextOf(const internal::Fault& fault, Opcode opcode) {
  switch (fault.code) {
    case ErrorCode::kTruncated:
      return "pickle data was truncated";
    case ErrorCode::kFrame:
      return fault.rule == internal::kNestedFrame
                 ? "beginning of a new frame before end of current frame"
                 : "pickle exhausted before end of frame";
    case ErrorCode::kNegativeLength:
      return opcode == Opcode::LONG4
                 ? "LONG pickle has negative byte count"
                 : "BINSTRING pickle has negative byte count";
    case ErrorCode::kOddItems:
      return opcode == Opcode::DICT ? "odd number of items for DICT"
                                    : "odd number of items for SETITEMS";
    case ErrorCode::kExtCode:
      return "EXT specifies code <= 0";
    case ErrorCode::kPersidAscii:
      return "persistent IDs in protocol 0 must be ASCII strings";
    case ErrorCode::kNoMark:
      return "could not find MARK";
    case ErrorCode::kStackUnderflow:
      return "unpickling stack underflow";
    case ErrorCode::kUnexpectedMark:
      return "unexpected MARK found";
    default:
      return nullptr;
  }
}

}  // namespace

void LoadSession::Start(const LoadOptions& options, bool has_text) {
  builder_.Start(options);
  ReadOptions read;
  read.mode = Mode::kCompat;
  read.limits = options.safety.limits;
  if (options.safety.limits_digits) {
    // The interpreter's own limit is for who sets none.
  } else if (has_text && state_.get_int_max_str_digits != nullptr) {
    const Handle digits(PyObject_CallNoArgs(state_.get_int_max_str_digits));
    const long limit = digits ? PyLong_AsLong(digits.get()) : 0;
    if (PyErr_Occurred()) PyErr_Clear();
    read.limits.max_digits =
        limit > 0 ? static_cast<uint64_t>(limit) : Limits::kUnlimited;
  } else if (state_.get_int_max_str_digits == nullptr) {
    read.limits.max_digits = Limits::kUnlimited;
  }
  at_end_ = false;
  machine_.StartNext(read);
}

PyObject* LoadSession::LoadBytes(const uint8_t* data, size_t size,
                                 const LoadOptions& options) {
  ForgetMemo();
  Start(options, size != 0 && *data != static_cast<uint8_t>(Opcode::PROTO));
  machine_.SetInput(data, data + size, /*streaming=*/false);
  builder_.guard().cost().set_input(size);
  at_end_ = true;
  PyObject* result = Finish(machine_.Run());
  Clear();
  return result;
}

PyObject* LoadSession::LoadDetached(const DetachedPickle& pickle,
                                    const LoadOptions& options) {
  ForgetMemo();
  Start(options, /*has_text=*/false);
  machine_.set_large_payload(1);
  const uint8_t* at = pickle.others.data();
  const uint8_t* end = at + pickle.others.nbytes();
  uint64_t position = 0;
  bool good = true;
  for (const DetachedPayload& payload : pickle.payloads) {
    const uint8_t* next = at + (payload.position - position);
    good = TakeDetached(at, next, payload);
    if (!good) break;
    at = next;
    position = payload.position;
  }
  PyObject* result = nullptr;
  if (good) {
    machine_.SetInput(at, end, /*streaming=*/false);
    at_end_ = true;
    result = Finish(machine_.Run());
  }
  Clear();
  return result;
}

bool LoadSession::TakeDetached(const uint8_t* begin, const uint8_t* end,
                               const DetachedPayload& payload) {
  machine_.SetInput(begin, end, /*streaming=*/true);
  const Flow flow = machine_.Run();
  const auto wanted = machine_.payload();
  if (flow == Flow::kPayload && machine_.cursor() + wanted.header == end &&
      payload.Fits(wanted.opcode, wanted.size)) {
    PyObject* made = MakeDetached(wanted.opcode, payload);
    return made != nullptr && machine_.Deliver(made) == Flow::kNext;
  }
  if (flow == Flow::kError) {
    Finish(flow);
  } else {
    PyErr_Format(state_.unpickling_error,
                 "at byte %llu: no opcode takes the payload that stands there",
                 static_cast<unsigned long long>(machine_.offset()));
  }
  return false;
}

PyObject* LoadSession::MakeDetached(Opcode opcode,
                                    const DetachedPayload& payload) {
  const Buffer& bytes = payload.bytes;
  if (payload.is_buffer) {
    return ViewOfBuffer(state_, payload.readonly ? bytes.AsReadonly() : bytes);
  }
  if (opcode == Opcode::BINUNICODE || opcode == Opcode::BINUNICODE8) {
    return PyBuilder::Str(bytes.data(), bytes.nbytes());
  }
  return CopyBytes(bytes.data(), bytes.nbytes(), opcode == Opcode::BYTEARRAY8);
}

void LoadSession::Clear() {
  // References end and code may run: an exception waits.
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* traceback = nullptr;
  const bool failed = PyErr_Occurred() != nullptr;
  if (failed) PyErr_Fetch(&type, &value, &traceback);
  const bool large = machine_.memo.count() > kKeptMemo;
  machine_.Clear();
  builder_.guard().Forget();
  if (large) machine_.memo.FreeStorage();
  if (failed) PyErr_Restore(type, value, traceback);
}

PyObject* LoadSession::Finish(Flow flow) {
  if (flow == Flow::kStop) return machine_.TakeResult();
  if (flow == Flow::kNeedMore || flow == Flow::kPayload) {
    if (CheckDeclaredLength()) SetTruncated();
  } else if (!PyErr_Occurred()) {
    SetException();
  }
  return nullptr;
}

PyObject* LoadSession::LoadFile(FileInput& input, const LoadOptions& options) {
  bool more = true;
  if (input.begin() == input.end() && !input.Pull(1, /*line=*/false, &more)) {
    return nullptr;
  }
  Start(options, more && *input.begin() != static_cast<uint8_t>(Opcode::PROTO));
  at_end_ = !more;
  machine_.set_large_payload(input.is_memory() ? kLargeOfMemory : 1);
  if (input.is_memory()) builder_.set_input(&input);
  PyObject* result = RunFile(input);
  builder_.set_input(nullptr);
  return result;
}

PyObject* LoadSession::RunFile(FileInput& input) {
  for (;;) {
    machine_.SetInput(input.begin(), input.end(), /*streaming=*/!at_end_);
    builder_.guard().cost().set_input(machine_.offset());
    const Flow flow = machine_.Run();
    input.Consume(machine_.cursor());
    if (flow == Flow::kStop) {
      Handle result(machine_.TakeResult());
      return input.Finish(machine_.frame_end()) ? result.release() : nullptr;
    }
    if ((flow != Flow::kNeedMore && flow != Flow::kPayload) || at_end_) {
      Finish(flow);
      LeaveAtError(input);
      return nullptr;
    }
    if (!Continue(input, flow)) return nullptr;
  }
}

void LoadSession::LeaveAtError(FileInput& input) {
  input.ConsumeOpcode(input.begin(), machine_.frame_end());
  if (!input.is_memory()) return;
  PyObject* type;
  PyObject* value;
  PyObject* traceback;
  PyErr_Fetch(&type, &value, &traceback);
  if (!input.Finish(machine_.frame_end())) PyErr_Clear();
  PyErr_Restore(type, value, traceback);
}

bool LoadSession::NeedsLine() const {
  const uint8_t* at = machine_.cursor();
  // The opcode may not be there yet.
  if (machine_.needed() == 1) return false;
  return ShapeOf(InfoOf(static_cast<Opcode>(*at)).argument).lines != 0;
}

bool LoadSession::Continue(FileInput& input, Flow flow) {
  if (!CheckDeclaredLength()) return false;
  if (flow == Flow::kPayload) {
    switch (machine_.payload().opcode) {
      case Opcode::SHORT_BINBYTES:
      case Opcode::BINBYTES:
      case Opcode::BINBYTES8:
      case Opcode::BYTEARRAY8:
        return DeliverBytes(input);
      case Opcode::SHORT_BINUNICODE:
      case Opcode::BINUNICODE:
      case Opcode::BINUNICODE8: {
        bool delivered;
        if (!DeliverText(input, &delivered)) return false;
        if (delivered) return true;
        break;
      }
      default:
        break;
    }
  }
  bool more;
  const auto there =
      static_cast<uint64_t>(machine_.input_end() - machine_.cursor());
  const uint64_t wanted =
      std::min(machine_.needed(), std::max(kBelieved, 2 * there));
  if (!input.Pull(wanted, NeedsLine(), &more)) return false;
  at_end_ = !more;
  return true;
}

bool LoadSession::CheckPayloadSize(uint64_t size) {
  if (size <= static_cast<uint64_t>(PY_SSIZE_T_MAX)) return true;
  PyErr_Format(PyExc_OverflowError,
               "payload exceeds system's maximum size of %zd bytes",
               PY_SSIZE_T_MAX);
  return false;
}

bool LoadSession::ReadPayload(FileInput& input, uint64_t size, bool as_bytes,
                              PyObject** made) {
  uint64_t capacity = std::min(
      size, builder_.guard().active() ? kBelievedOfStrangers : kBelieved);
  *made = NewBytes(static_cast<size_t>(capacity), !as_bytes);
  uint64_t filled = 0;
  while (*made != nullptr) {
    char* start = reinterpret_cast<char*>(ContentsOf(*made));
    bool done;
    if (!input.Read(start + filled, capacity - filled, /*as_read=*/false,
                    &done)) {
      return false;
    }
    if (!done) {
      SetTruncated();
      return false;
    }
    filled = capacity;
    if (filled == size) return true;
    capacity = std::min(size, 2 * capacity);
    if (as_bytes) {
      _PyBytes_Resize(made, static_cast<Py_ssize_t>(capacity));
    } else if (PyByteArray_Resize(*made, static_cast<Py_ssize_t>(capacity)) <
               0) {
      return false;
    }
  }
  return false;
}

bool LoadSession::DeliverBytes(FileInput& input) {
  const auto payload = machine_.payload();
  if (!CheckPayloadSize(payload.size)) return false;
  input.Consume(machine_.cursor() + payload.header);
  PyObject* made = nullptr;
  if (!ReadPayload(input, payload.size, payload.opcode != Opcode::BYTEARRAY8,
                   &made)) {
    Py_XDECREF(made);
    return false;
  }
  return machine_.Deliver(made) == Flow::kNext;
}

PyObject* LoadSession::ReadAscii(FileInput& input, size_t size) {
  // Most text is ASCII: it is read to where it will stand.
  Handle text(PyUnicode_New(static_cast<Py_ssize_t>(size), 0x7f));
  if (!text) return nullptr;
  auto* bytes = PyUnicode_1BYTE_DATA(text.get());
  UseHugePages(bytes, size);
  bool done;
  if (!input.Read(reinterpret_cast<char*>(bytes), size, /*as_read=*/true,
                  &done)) {
    return nullptr;
  }
  if (!done) {
    SetTruncated();
    return nullptr;
  }
  return IsAscii(bytes, size) ? text.release() : PyBuilder::Str(bytes, size);
}

bool LoadSession::DeliverText(FileInput& input, bool* delivered) {
  const auto payload = machine_.payload();
  *delivered = true;
  if (input.reads_in_place() && payload.size >= kLargeOfMemory &&
      payload.size <= kBelieved) {
    input.Consume(machine_.cursor() + payload.header);
    PyObject* text = ReadAscii(input, static_cast<size_t>(payload.size));
    return text != nullptr && machine_.Deliver(text) == Flow::kNext;
  }
  const uint8_t* start = machine_.cursor();
  input.Consume(start + payload.header);
  *delivered = !input.is_memory() && input.CanFetch() &&
               payload.size <= static_cast<uint64_t>(PY_SSIZE_T_MAX);
  if (!*delivered) {
    input.Consume(start);
    return true;
  }
  const auto size = static_cast<size_t>(payload.size);
  bool done;
  if (!input.Fetch(size, &done)) return false;
  if (!done) {
    SetTruncated();
    return false;
  }
  PyObject* text = PyBuilder::Str(input.begin(), size);
  input.Consume(input.begin() + size);
  return text != nullptr && machine_.Deliver(text) == Flow::kNext;
}

void LoadSession::SetTruncated() {
  const bool inside = machine_.cursor() != nullptr && machine_.needed() != 1;
  if (inside) {
    PyErr_SetString(state_.unpickling_error, "pickle data was truncated");
  } else {
    PyErr_SetString(PyExc_EOFError, "Ran out of input");
  }
}

bool LoadSession::CheckDeclaredLength() {
  const uint8_t* at = machine_.cursor();
  if (at == nullptr || machine_.input_end() - at < kLongHeader) return true;
  const char* format = nullptr;
  switch (static_cast<Opcode>(*at)) {
    case Opcode::FRAME:
      format = "FRAME length exceeds system's maximum of %zd bytes";
      break;
    case Opcode::BINUNICODE8:
      format = "BINUNICODE exceeds system's maximum size of %zd bytes";
      break;
    case Opcode::BINBYTES8:
      format = "BINBYTES exceeds system's maximum size of %zd bytes";
      break;
    case Opcode::BYTEARRAY8:
      format = "BYTEARRAY8 exceeds system's maximum size of %zd bytes";
      break;
    default:
      return true;
  }
  constexpr auto kMaximum = static_cast<uint64_t>(PY_SSIZE_T_MAX);
  const auto length = internal::ReadLittle<uint64_t>(at + 1);
  if (length > kMaximum) {
    PyErr_Format(PyExc_OverflowError, format, PY_SSIZE_T_MAX);
    return false;
  }
  const auto opcode = static_cast<Opcode>(*at);
  const bool is_read = opcode == Opcode::FRAME || opcode == Opcode::BINUNICODE8;
  if (is_read && length > kMaximum - machine_.offset() - kLongHeader) {
    PyErr_SetString(state_.unpickling_error,
                    "read would overflow (invalid bytecode)");
    return false;
  }
  return true;
}

std::string_view LoadSession::Lines() const {
  const char* lines = reinterpret_cast<const char*>(machine_.cursor()) + 1;
  return {lines,
          static_cast<size_t>(
              reinterpret_cast<const char*>(machine_.input_end()) - lines)};
}

void LoadSession::SetBadString() {
  const std::string_view lines = Lines();
  const std::string_view line = lines.substr(0, lines.find('\n'));
  const bool quoted = line.size() >= 2 && line.front() == line.back() &&
                      (line.front() == '\'' || line.front() == '"');
  if (quoted) {
    PyErr_SetString(PyExc_ValueError, "bad escape in a string");
  } else {
    PyErr_SetString(state_.unpickling_error,
                    "the STRING opcode argument must be quoted");
  }
}

void LoadSession::SetException() {
  if (const Handle refusal = builder_.guard().TakeRefusal()) {
    const auto refused = static_cast<Opcode>(*machine_.cursor());
    PyErr_Format(state_.unpickling_error, "at byte %llu: %s: %U",
                 static_cast<unsigned long long>(machine_.offset()),
                 std::string(InfoOf(refused).name).c_str(), refusal.get());
    return;
  }
  const internal::Fault& fault = machine_.last_fault();
  const uint8_t* at = machine_.cursor();
  const Opcode opcode =
      at < machine_.input_end() ? static_cast<Opcode>(*at) : Opcode::STOP;
  if (const char* text = fault.code == ErrorCode::kPersidAscii &&
                                 !kPersistentIdsAreReadFirst &&
                                 !builder_.has_persistent_load()
                             ? kNoPersistentLoad
                             : TextOf(fault, opcode)) {
    PyErr_SetString(state_.unpickling_error, text);
    return;
  }
  switch (fault.code) {
    case ErrorCode::kMemoryLimit:
      PyErr_NoMemory();
      return;
    case ErrorCode::kUtf8:
    case ErrorCode::kBadUnicode:
    case ErrorCode::kBadInt:
    case ErrorCode::kBadFloat:
    case ErrorCode::kDigitsLimit:
    case ErrorCode::kFloatRange:
    case ErrorCode::kIndex:
      if (RaiseLineError(opcode, Lines())) return;
      break;
    case ErrorCode::kBadOpcode: {
      const int code = *at;
      const bool printable =
          code >= 0x20 && code <= 0x7e && code != '\'' && code != '\\';
      PyErr_Format(state_.unpickling_error,
                   printable ? "invalid load key, '%c'."
                             : "invalid load key, '\\x%02x'.",
                   code);
      return;
    }
    case ErrorCode::kProto:
      PyErr_Format(PyExc_ValueError, "unsupported pickle protocol: %d",
                   static_cast<int>(at[1]));
      return;
    case ErrorCode::kMemoMissing: {
      uint64_t index = at[1];
      if (opcode == Opcode::GET) {
        const std::string_view lines = Lines();
        (void)ParseGetIndex(lines.substr(0, lines.find('\n')), Mode::kCompat,
                            &index);
      } else if (opcode == Opcode::LONG_BINGET) {
        index = internal::ReadLittle<uint32_t>(at + 1);
      }
      PyErr_Format(state_.unpickling_error,
                   "Memo value not found at index %lld",
                   static_cast<long long>(index));
      return;
    }
    case ErrorCode::kBadString:
      SetBadString();
      return;
    default:
      break;
  }
  PyErr_SetString(ExceptionOf(state_, fault.code),
                  std::string(machine_.error().message()).c_str());
}

PyObject* LoadSession::CopyMemo() const {
  Handle dict(PyDict_New());
  if (!dict) return nullptr;
  bool good = true;
  machine_.memo.ForEach([&](uint64_t index, PyObject* object) {
    if (!good) return;
    const Handle key(PyLong_FromUnsignedLongLong(index));
    good = key && PyDict_SetItem(dict.get(), key.get(), object) == 0;
  });
  return good ? dict.release() : nullptr;
}

bool LoadSession::SetMemo(PyObject* dict) {
  // Checked first: nothing is changed by a bad one.
  Py_ssize_t position = 0;
  PyObject* key;
  PyObject* value;
  while (PyDict_Next(dict, &position, &key, &value)) {
    if (!PyLong_Check(key)) {
      PyErr_SetString(PyExc_TypeError, "memo key must be integers");
      return false;
    }
    const Py_ssize_t index = PyLong_AsSsize_t(key);
    if (index == -1 && PyErr_Occurred()) return false;
    if (index < 0) {
      PyErr_SetString(PyExc_ValueError, "memo key must be positive integers.");
      return false;
    }
  }
  const Handle held(PyDict_Copy(dict));
  if (!held) return false;
  ForgetMemo();
  position = 0;
  while (PyDict_Next(held.get(), &position, &key, &value)) {
    if (!machine_.memo.Put(PyLong_AsSize_t(key), value)) {
      PyErr_NoMemory();
      return false;
    }
    // Whoever made it, it was no pickle that a guard has seen.
    if (!builder_.guard().TakeForeign(value)) return false;
  }
  return true;
}

int LoadSession::TraverseMemo(visitproc visit, void* arg) const {
  int result = 0;
  machine_.memo.ForEach([&](uint64_t, PyObject* object) {
    if (result == 0) result = visit(object, arg);
  });
  return result != 0 ? result : builder_.guard().Traverse(visit, arg);
}

}  // namespace pickle5::python

#include "pickle/python/look/opcode_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "pickle/protocol/opcode.h"

namespace pickle5::python {
namespace {

template <class T>
T Little(std::string_view argument) {
  T value;
  std::memcpy(&value, argument.data(), sizeof value);
  return value;
}

PyObject* BigEndianDouble(std::string_view argument) {
  return PyFloat_FromDouble(
      std::bit_cast<double>(__builtin_bswap64(Little<uint64_t>(argument))));
}

PyObject* Text(std::string_view bytes) {
  return PyUnicode_DecodeUTF8(
      bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "surrogatepass");
}

// Decimal digits that int() takes without a second look; nullptr without an
// exception: there is something else. 00 and 01 are bools.
PyObject* PlainDecimal(std::string_view line) {
  constexpr size_t kDigits = 18;
  if (line.empty() || line.size() > kDigits) return nullptr;
  if (line[0] == '0' && line.size() > 1) return nullptr;
  int64_t value = 0;
  for (const char c : line) {
    if (c < '0' || c > '9') return nullptr;
    value = value * 10 + (c - '0');
  }
  return PyLong_FromLongLong(value);
}

// Printable ASCII without escapes; a newline between two of them is a blank.
PyObject* PlainNames(std::string_view lines) {
  for (const char c : lines) {
    if ((c < ' ' && c != '\n') || c > '~' || c == '\\') return nullptr;
  }
  if (lines.empty()) return Text(lines);
  // Not a shared text of one character, which must not be written to.
  PyObject* text = PyUnicode_New(static_cast<Py_ssize_t>(lines.size()), 0x7f);
  if (text == nullptr) return nullptr;
  auto* bytes = PyUnicode_1BYTE_DATA(text);
  std::memcpy(bytes, lines.data(), lines.size());
  std::replace(bytes, bytes + lines.size(), Py_UCS1{'\n'}, Py_UCS1{' '});
  return text;
}

}  // namespace

PyObject* OpcodeReader::ReadAsPickletools(std::string_view bytes,
                                          Py_ssize_t* taken) {
  const Handle io(PyImport_ImportModule("io"));
  if (!io) return nullptr;
  const Handle file(PyObject_CallMethod(io.get(), "BytesIO", "y#", bytes.data(),
                                        static_cast<Py_ssize_t>(bytes.size())));
  if (!file) return nullptr;
  const Handle descriptor(PyObject_GetAttrString(info_, "arg"));
  if (!descriptor) return nullptr;
  if (descriptor.get() == Py_None) {
    *taken = 0;
    return NewRef(Py_None);
  }
  Handle value(
      PyObject_CallMethod(descriptor.get(), "reader", "O", file.get()));
  if (!value) return nullptr;
  const Handle end(PyObject_CallMethod(file.get(), "tell", nullptr));
  if (!end) return nullptr;
  *taken = PyLong_AsSsize_t(end.get());
  return PyErr_Occurred() ? nullptr : value.release();
}

PyObject* OpcodeReader::ReadArgument() {
  const std::string_view argument = token_.argument;
  const auto size = static_cast<Py_ssize_t>(argument.size());
  PyObject* plain = nullptr;
  switch (token_.info->argument) {
    case ArgumentKind::kNone:
      return NewRef(Py_None);
    case ArgumentKind::kUint1:
      return PyLong_FromLong(Little<uint8_t>(argument));
    case ArgumentKind::kUint2:
      return PyLong_FromLong(Little<uint16_t>(argument));
    case ArgumentKind::kInt4:
      return PyLong_FromLong(Little<int32_t>(argument));
    case ArgumentKind::kUint4:
      return PyLong_FromUnsignedLong(Little<uint32_t>(argument));
    case ArgumentKind::kUint8:
      return PyLong_FromUnsignedLongLong(Little<uint64_t>(argument));
    case ArgumentKind::kFloat8:
      return BigEndianDouble(argument);
    case ArgumentKind::kLong1:
    case ArgumentKind::kLong4:
      return LongFromBytes(reinterpret_cast<const uint8_t*>(argument.data()),
                           argument.size());
    case ArgumentKind::kString1:
    case ArgumentKind::kString4:
      return PyUnicode_DecodeLatin1(argument.data(), size, nullptr);
    case ArgumentKind::kBytes1:
    case ArgumentKind::kBytes4:
    case ArgumentKind::kBytes8:
      return PyBytes_FromStringAndSize(argument.data(), size);
    case ArgumentKind::kByteArray8:
      return PyByteArray_FromStringAndSize(argument.data(), size);
    case ArgumentKind::kUnicodeString1:
    case ArgumentKind::kUnicodeString4:
    case ArgumentKind::kUnicodeString8:
      return Text(argument);
    case ArgumentKind::kDecimalNlShort:
      plain = PlainDecimal(argument);
      break;
    case ArgumentKind::kStringNlNoEscape:
    case ArgumentKind::kStringNlNoEscapePair:
      plain = PlainNames(argument);
      break;
    default:
      break;
  }
  if (plain != nullptr || PyErr_Occurred()) return plain;
  Py_ssize_t taken;
  return ReadAsPickletools(token_.bytes.substr(1), &taken);
}

OpcodeReader::Result OpcodeReader::Next() {
  switch (scanner_.Next(token_)) {
    case Scanner::Result::kEnd:
      return Result::kEnd;
    case Scanner::Result::kNeedMore:
      return Result::kNeedMore;
    case Scanner::Result::kError:
      return Fail();
    case Scanner::Result::kToken:
      break;
  }
  place_ = at_ + token_.offset;
  info_ = PyTuple_GET_ITEM(infos_, static_cast<uint8_t>(token_.opcode()));
  argument_.Reset(ReadArgument());
  return argument_ ? Result::kOpcode : Result::kFailed;
}

OpcodeReader::Result OpcodeReader::Fail() {
  place_ = next_place();
  const std::string_view rest = scanner_.rest();
  if (rest.empty()) {
    PyErr_SetString(PyExc_ValueError, "pickle exhausted before seeing STOP");
    return Result::kFailed;
  }
  info_ = PyTuple_GET_ITEM(infos_, static_cast<uint8_t>(rest[0]));
  if (info_ == Py_None) {
    const Handle code(PyBytes_FromStringAndSize(rest.data(), 1));
    if (code) {
      PyErr_Format(PyExc_ValueError, "at position %llu, opcode %R unknown",
                   static_cast<unsigned long long>(place_), code.get());
    }
    return Result::kFailed;
  }
  Py_ssize_t taken;
  argument_.Reset(ReadAsPickletools(rest.substr(1), &taken));
  if (!argument_) return Result::kFailed;
  const std::string_view left = rest.substr(1 + static_cast<size_t>(taken));
  at_ = place_ + 1 + static_cast<uint64_t>(taken);
  scanner_ = Scanner(left);
  return Result::kOpcode;
}

// --- The iterator ------------------------------------------------------------

namespace {

struct IteratorObject {
  PyObject ob_base;
  PyObject* data;  // bytes that the reader looks at
  PyObject* read;  // nullptr: there are no more
  PyObject* infos;
  OpcodeReader* reader;
  size_t chunk;
  bool running;
};

constexpr size_t kFirstChunk = 4096;
constexpr size_t kLastChunk = size_t{1} << 20;

IteratorObject* As(PyObject* self) {
  return reinterpret_cast<IteratorObject*>(self);
}

std::string_view View(PyObject* bytes) {
  return {PyBytes_AS_STRING(bytes),
          static_cast<size_t>(PyBytes_GET_SIZE(bytes))};
}

PyObject* New(PyTypeObject* type, PyObject* arguments, PyObject*) {
  PyObject* data;
  PyObject* read;
  unsigned long long place;
  PyObject* infos;
  if (!PyArg_ParseTuple(arguments, "O!OKO!", &PyBytes_Type, &data, &read,
                        &place, &PyTuple_Type, &infos)) {
    return nullptr;
  }
  if (PyTuple_GET_SIZE(infos) != 256) {
    PyErr_SetString(PyExc_ValueError, "there are 256 opcode bytes");
    return nullptr;
  }
  Handle self(type->tp_alloc(type, 0));
  if (!self) return nullptr;
  IteratorObject* iterator = As(self.get());
  iterator->data = NewRef(data);
  if (read != Py_None) iterator->read = NewRef(read);
  iterator->infos = NewRef(infos);
  iterator->chunk = kFirstChunk;
  iterator->reader = new (std::nothrow) OpcodeReader(View(data), place, infos);
  return iterator->reader == nullptr ? PyErr_NoMemory() : self.release();
}

// Appends what read() gives to the bytes that no opcode covers yet. *more:
// there was something. False: an exception is set.
bool ReadMore(IteratorObject* iterator, bool* more) {
  *more = false;
  if (iterator->read == nullptr) return true;
  const Handle chunk(PyObject_CallFunction(
      iterator->read, "n", static_cast<Py_ssize_t>(iterator->chunk)));
  if (!chunk) return false;
  if (!PyBytes_Check(chunk.get())) {
    PyErr_Format(PyExc_TypeError, "read() gave %.200s, not bytes",
                 Py_TYPE(chunk.get())->tp_name);
    return false;
  }
  if (PyBytes_GET_SIZE(chunk.get()) == 0) return true;
  const std::string_view rest = iterator->reader->rest();
  Handle data(PyBytes_FromStringAndSize(rest.data(),
                                        static_cast<Py_ssize_t>(rest.size())));
  PyObject* joined = data.release();
  PyBytes_Concat(&joined, chunk.get());
  if (joined == nullptr) return false;
  iterator->reader->Resume(View(joined));
  Py_SETREF(iterator->data, joined);
  // An opcode that needs many chunks is read in few of them.
  iterator->chunk =
      std::max(std::min(2 * iterator->chunk, kLastChunk), View(joined).size());
  *more = true;
  return true;
}

OpcodeReader::Result NextOpcode(IteratorObject* iterator) {
  OpcodeReader& reader = *iterator->reader;
  OpcodeReader::Result result = reader.Next();
  while (result == OpcodeReader::Result::kNeedMore) {
    bool more;
    if (!ReadMore(iterator, &more)) return OpcodeReader::Result::kFailed;
    result = more ? reader.Next() : reader.Fail();
  }
  return result;
}

PyObject* Next(PyObject* self) {
  IteratorObject* iterator = As(self);
  if (iterator->running) {
    PyErr_SetString(PyExc_ValueError, "iterator already executing");
    return nullptr;
  }
  iterator->running = true;
  const OpcodeReader::Result result = NextOpcode(iterator);
  iterator->running = false;
  if (result != OpcodeReader::Result::kOpcode) return nullptr;
  OpcodeReader* reader = iterator->reader;
  const Handle place(PyLong_FromUnsignedLongLong(reader->place()));
  if (!place) return nullptr;
  return PyTuple_Pack(3, reader->info(), reader->argument().get(), place.get());
}

PyObject* NextPlace(PyObject* self, void*) {
  return PyLong_FromUnsignedLongLong(As(self)->reader->next_place());
}

int Traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(As(self)->read);
  Py_VISIT(As(self)->infos);
  return 0;
}

int Clear(PyObject* self) {
  Py_CLEAR(As(self)->read);
  return 0;
}

void Dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Clear(self);
  delete As(self)->reader;
  Py_XDECREF(As(self)->infos);
  Py_XDECREF(As(self)->data);
  type->tp_free(self);
  Py_DECREF(type);
}

PyGetSetDef getsets[] = {
    {"place", NextPlace, nullptr, "Of the next opcode.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyType_Slot slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(New)},
    {Py_tp_dealloc, reinterpret_cast<void*>(Dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(Traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(Clear)},
    {Py_tp_iter, reinterpret_cast<void*>(PyObject_SelfIter)},
    {Py_tp_iternext, reinterpret_cast<void*>(Next)},
    {Py_tp_getset, getsets},
    {0, nullptr},
};

}  // namespace

PyType_Spec opcode_iterator_spec = {
    "pkl5._pkl5.OpcodeIterator", sizeof(IteratorObject), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};

}  // namespace pickle5::python

#include "pickle/python/load/file_input.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "pickle/protocol/opcode.h"
#include "pickle/protocol/scanner.h"

namespace pickle5::python {
namespace {

// Instances have a __dict__, in which methods may be replaced.
bool IsPlain(PyObject* file) {
  PyObject** dict = _PyObject_GetDictPtr(file);
  return dict == nullptr || *dict == nullptr || PyDict_GET_SIZE(*dict) == 0;
}

PyObject* CallWithSize(PyObject* method, size_t size) {
  const Handle number(PyLong_FromSize_t(size));
  return number ? PyObject_CallOneArg(method, number.get()) : nullptr;
}

}  // namespace

bool FileInput::Open(const ModuleState& state, PyObject* file) {
  Close();
  const IoTypes& io = state.io;
  const auto* type = reinterpret_cast<PyObject*>(Py_TYPE(file));
  is_io_ = (type == io.bytes_io || type == io.buffered_reader ||
            type == io.buffered_random || type == io.file_io) &&
           IsPlain(file);
  if (is_io_ && type == io.bytes_io) {
    file_ = Handle::Share(file);
    way_ = Way::kMemory;
    state_ = &state;
    return true;
  }
  if (!LookupAttr(file, state.str_peek, peek_.Out()) ||
      !LookupAttr(file, state.str_readinto, readinto_.Out()) ||
      !LookupAttr(file, state.str_read, read_.Out()) ||
      !LookupAttr(file, state.str_readline, readline_.Out())) {
    Close();
    return false;
  }
  if (!read_ || !readline_) {
    Close();
    PyErr_SetString(PyExc_TypeError,
                    "file must have 'read' and 'readline' attributes");
    return false;
  }
  way_ = peek_ ? Way::kPeeks : Way::kReads;
  is_raw_ =
      PyObject_TypeCheck(file, reinterpret_cast<PyTypeObject*>(io.raw_io_base));
  state_ = &state;
  return true;
}

void FileInput::Close() {
  state_ = nullptr;
  DropView();
  at_ = end_ = stands_ = frame_end_ = nullptr;
  file_.Reset();
  read_.Reset();
  readinto_.Reset();
  readline_.Reset();
  peek_.Reset();
  is_io_ = is_raw_ = false;
}

int FileInput::Traverse(visitproc visit, void* arg) const {
  Py_VISIT(file_.get());
  Py_VISIT(read_.get());
  Py_VISIT(readinto_.get());
  Py_VISIT(readline_.get());
  Py_VISIT(peek_.get());
  return 0;
}

void FileInput::DropView() {
  bytes_.Reset();
  if (view_.obj != nullptr) PyBuffer_Release(&view_);
}

PyObject* FileInput::CallRead(size_t size) {
  if (way_ != Way::kMemory) return CallWithSize(read_.get(), size);
  const Handle number(PyLong_FromSize_t(size));
  if (!number) return nullptr;
  PyObject* arguments[] = {file_.get(), number.get()};
  return PyObject_Vectorcall(state_->io.bytes_io_read, arguments, 2, nullptr);
}

bool FileInput::SetWindow(PyObject* result) {
  Handle held(result);
  DropView();
  at_ = end_ = stands_ = frame_end_ = nullptr;
  if (result != nullptr && PyBytes_CheckExact(result)) {
    at_ = reinterpret_cast<const uint8_t*>(PyBytes_AS_STRING(result));
    end_ = stands_ = at_ + PyBytes_GET_SIZE(result);
    bytes_ = std::move(held);
    return true;
  }
  if (result == nullptr ||
      PyObject_GetBuffer(result, &view_, PyBUF_CONTIG_RO) < 0) {
    return false;
  }
  at_ = static_cast<const uint8_t*>(view_.buf);
  end_ = stands_ = at_ + view_.len;
  return true;
}

void FileInput::MakeOwn(size_t size) {
  const size_t there = static_cast<size_t>(end_ - at_);
  if (size > capacity_) {
    const size_t grown = std::max({size, capacity_ * 2, size_t{256}});
    std::unique_ptr<uint8_t[]> block(new uint8_t[grown]);
    if (there != 0) std::memcpy(block.get(), at_, there);
    own_ = std::move(block);
    capacity_ = grown;
  } else if (there != 0) {
    std::memmove(own_.get(), at_, there);
  }
  DropView();
  at_ = own_.get();
  end_ = stands_ = at_ + there;
  frame_end_ = nullptr;
}

void FileInput::AppendBytes(const void* bytes, size_t size) {
  const auto there = static_cast<size_t>(end_ - at_);
  MakeOwn(there + size);
  if (size != 0) std::memcpy(own_.get() + there, bytes, size);
  end_ += size;
  stands_ = end_;
}

bool FileInput::AppendResult(PyObject* result) {
  const Handle held(result);
  if (result != nullptr && PyBytes_CheckExact(result)) {
    AppendBytes(PyBytes_AS_STRING(result),
                static_cast<size_t>(PyBytes_GET_SIZE(result)));
    return true;
  }
  Py_buffer view;
  if (result == nullptr ||
      PyObject_GetBuffer(result, &view, PyBUF_CONTIG_RO) < 0) {
    return false;
  }
  try {
    AppendBytes(view.buf, static_cast<size_t>(view.len));
  } catch (const std::bad_alloc&) {
    PyBuffer_Release(&view);
    throw;
  }
  PyBuffer_Release(&view);
  return true;
}

bool FileInput::AppendRead(size_t size, bool partial) {
  size_t there = static_cast<size_t>(end_ - at_);
  if (is_io_ && size >= kInPlace && size <= kBelieved) {
    MakeOwn(there + size);
    size_t count;
    const bool good =
        ReadInto(reinterpret_cast<char*>(own_.get()) + there, size,
                 partial ? None::kEnds : None::kAsRead, &count);
    end_ += count;
    stands_ = end_;
    return good;
  }
  for (;;) {
    Handle result(CallRead(size));
    if (partial && result.get() == Py_None) return true;
    if (!AppendResult(result.release())) return false;
    const size_t got = static_cast<size_t>(end_ - at_) - there;
    if (!is_raw_ || got == 0 || got >= size) return true;
    size -= got;
    there += got;
    partial = true;
  }
}

bool FileInput::AppendLines(int lines) {
  for (; lines != 0; --lines) {
    const auto there = end_ - at_;
    if (!AppendResult(PyObject_CallNoArgs(readline_.get()))) return false;
    if (end_ - at_ == there || end_[-1] != '\n') break;
  }
  return true;
}

bool FileInput::MoveTo(const uint8_t* place) {
  const uint8_t* from = stands_;
  stands_ = place;
  if (place >= from) {
    return place == from ||
           bool(Handle(CallRead(static_cast<size_t>(place - from))));
  }
  const Handle back(PyLong_FromSsize_t(place - from));
  const Handle whence(PyLong_FromLong(1));
  if (!back || !whence) return false;
  PyObject* arguments[] = {file_.get(), back.get(), whence.get()};
  return bool(Handle(
      PyObject_Vectorcall(state_->io.bytes_io_seek, arguments, 3, nullptr)));
}

bool FileInput::Land() {
  if (way_ == Way::kMemory) return MoveTo(std::max(at_, frame_end_));
  // What read() gave cannot be given back.
  return stands_ >= at_ || MoveTo(at_);
}

void FileInput::ConsumeOpcode(const uint8_t* opcode, const uint8_t* frame_end) {
  frame_end_ = frame_end;
  at_ = end_;
  if (opcode == end_) return;
  Scanner scanner({reinterpret_cast<const char*>(opcode),
                   static_cast<size_t>(end_ - opcode)});
  Token token;
  const Scanner::Result result = scanner.Next(token);
  // A FRAME at which a load ends is one whose bytes are not all there.
  if (result == Scanner::Result::kToken &&
      *opcode != static_cast<uint8_t>(Opcode::FRAME)) {
    at_ = opcode + token.bytes.size();
  }
  if (result == Scanner::Result::kError) at_ = opcode + 1;
}

bool FileInput::PullMemory(uint64_t needed, bool line, bool* more) {
  // What is there of the opcode is read once more.
  const auto there = static_cast<uint64_t>(end_ - at_);
  if (there != 0 && !MoveTo(at_)) return false;
  uint64_t size = std::max<uint64_t>(needed, piece_);
  if (line) size = std::max(size, 2 * there);
  size = std::min<uint64_t>(size, PY_SSIZE_T_MAX);
  piece_ = std::min(2 * piece_, kLastPiece);
  if (!SetWindow(CallRead(size))) return false;
  *more = static_cast<uint64_t>(end_ - at_) >= needed;
  return true;
}

bool FileInput::Fetch(size_t size, bool* done) {
  *done = false;
  if (!Land()) return false;
  if (way_ == Way::kPeeks && size < static_cast<size_t>(kPeek)) {
    PyObject* shown = CallWithSize(peek_.get(), kPeek);
    if (shown != nullptr) {
      if (!SetWindow(shown)) return false;
      stands_ = at_;
      *done = static_cast<size_t>(end_ - at_) >= size;
      if (*done) return true;
    } else {
      if (!PyErr_ExceptionMatches(PyExc_NotImplementedError)) return false;
      PyErr_Clear();
      peek_.Reset();
      way_ = Way::kReads;
    }
  }
  if (!SetWindow(CallRead(size))) return false;
  auto got = static_cast<size_t>(end_ - at_);
  if (is_raw_ && got != 0 && got < size) {
    if (!AppendRead(size - got, /*partial=*/true)) return false;
    got = static_cast<size_t>(end_ - at_);
  }
  *done = got >= size;
  return true;
}

bool FileInput::PullArgument() {
  const OpcodeInfo* info = FindOpcode(*at_);
  if (info == nullptr) return true;
  const ArgumentShape shape = ShapeOf(info->argument);
  if (shape.lines != 0) return AppendLines(shape.lines);
  if (shape.fixed == 0) return true;
  if (!AppendRead(shape.fixed, /*partial=*/false)) return false;
  // Short texts come with their length: the machine runs once for both.
  const bool is_text = info->opcode == Opcode::SHORT_BINUNICODE ||
                       info->opcode == Opcode::BINUNICODE;
  if (!is_text || end_ - at_ != 1 + ptrdiff_t{shape.fixed}) return true;
  uint32_t size = 0;  // little-endian, as the machine is
  std::memcpy(&size, at_ + 1, shape.fixed);
  return size == 0 || size >= kInPlace || AppendRead(size, /*partial=*/false);
}

bool FileInput::Pull(uint64_t needed, bool line, bool* more) {
  *more = false;
  if (way_ == Way::kMemory) return PullMemory(needed, line, more);
  if (at_ == end_) {
    // Most often for the next opcode.
    const size_t size =
        static_cast<size_t>(std::min<uint64_t>(needed, PY_SSIZE_T_MAX));
    if (!Fetch(size, more)) return false;
    return way_ == Way::kPeeks || size != 1 || !*more || PullArgument();
  }
  // Peeked bytes are taken from the file before what follows them.
  if (!MoveTo(end_)) return false;
  const auto there = static_cast<uint64_t>(end_ - at_);
  if (line) {
    if (!AppendLines(1)) return false;
    *more = static_cast<uint64_t>(end_ - at_) > there && end_[-1] == '\n';
    return true;
  }
  const uint64_t missing = std::min<uint64_t>(needed - there, PY_SSIZE_T_MAX);
  const uint64_t asked =
      there >= 9 && *at_ == static_cast<uint8_t>(Opcode::FRAME) ? 9 : 1;
  if (!AppendRead(static_cast<size_t>(missing), there > asked)) return false;
  *more = static_cast<uint64_t>(end_ - at_) >= needed;
  return true;
}

bool FileInput::ReadInto(char* destination, size_t size, None none,
                         size_t* count) {
  *count = 0;
  while (*count != size) {
    const size_t left = size - *count;
    const Handle view(PyMemoryView_FromMemory(
        destination + *count, static_cast<Py_ssize_t>(left), PyBUF_WRITE));
    if (!view) return false;
    PyObject* arguments[] = {file_.get(), view.get()};
    const Handle result(way_ == Way::kMemory
                            ? PyObject_Vectorcall(state_->io.bytes_io_readinto,
                                                  arguments, 2, nullptr)
                            : PyObject_CallOneArg(readinto_.get(), view.get()));
    if (!result) return false;
    if (result.get() == Py_None) {
      // Of a non-blocking file that has nothing now.
      if (*count != 0 || none == None::kEnds) return true;
      Py_buffer nothing;
      if (none == None::kAsRead) {
        return PyObject_GetBuffer(Py_None, &nothing, PyBUF_CONTIG_RO) == 0;
      }
    }
    const Py_ssize_t got = PyLong_AsSsize_t(result.get());
    if (got < 0) {
      if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "readinto() returned negative size");
      }
      return false;
    }
    if (got == 0) return true;
    if (static_cast<size_t>(got) > left) {
      PyErr_SetString(PyExc_ValueError,
                      "readinto() returned more than there is room for");
      return false;
    }
    *count += static_cast<size_t>(got);
  }
  return true;
}

bool FileInput::Read(char* destination, size_t size, bool as_read, bool* done) {
  const size_t there = std::min(size, static_cast<size_t>(end_ - at_));
  if (there != 0) std::memcpy(destination, at_, there);
  at_ += there;
  destination += there;
  size_t left = size - there;
  *done = left == 0;
  if (*done) return true;
  if (!Land()) return false;
  if (way_ == Way::kMemory || readinto_) {
    size_t count;
    None none = as_read ? None::kAsRead : None::kError;
    if (as_read && there != 0) none = None::kEnds;
    if (!ReadInto(destination, left, none, &count)) return false;
    *done = count == left;
    return true;
  }
  for (;;) {
    const Handle bytes(CallRead(left));
    if (!bytes) return false;
    if (!PyBytes_Check(bytes.get())) {
      PyErr_Format(PyExc_ValueError, "read() returned non-bytes object (%R)",
                   Py_TYPE(bytes.get()));
      return false;
    }
    const size_t got =
        std::min(left, static_cast<size_t>(PyBytes_GET_SIZE(bytes.get())));
    *done = got == left;
    if (!*done && (!is_raw_ || got == 0)) return true;
    std::memcpy(destination, PyBytes_AS_STRING(bytes.get()), got);
    if (*done) return true;
    destination += got;
    left -= got;
  }
}

bool FileInput::Finish(const uint8_t* frame_end) {
  frame_end_ = frame_end;
  const bool landed = Land();
  piece_ = kFirstPiece;
  if (landed && stands_ > at_) {
    // The rest of a frame, which the file does not have any more, is of the
    // next pickle.
    if (way_ == Way::kMemory) Cut();
    return true;
  }
  DropView();
  at_ = end_ = stands_ = frame_end_ = nullptr;
  if (capacity_ > kKept) {
    own_.reset();
    capacity_ = 0;
  }
  return landed;
}

}  // namespace pickle5::python

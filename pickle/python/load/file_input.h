#ifndef PICKLE5_PICKLE_PYTHON_LOAD_FILE_INPUT_H_
#define PICKLE5_PICKLE_PYTHON_LOAD_FILE_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "pickle/python/handle.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// Reads a Python file no further than to the end of the pickle, with the calls
// that _pickle makes: read() and readline() of what is needed, or peek() where
// the file has it. No byte is asked for that the pickle does not need, so that
// a pipe or socket whose writer waits blocks nobody.
//
// An io.BytesIO is read in larger pieces. Of these the rest is given back at
// the end of the pickle and before foreign code runs.
//
// Errors: a Python exception is set.
class FileInput {
 public:
  FileInput() = default;
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;
  ~FileInput() { DropView(); }

  // Looks up the methods. False: an exception is set.
  bool Open(const ModuleState& state, PyObject* file);
  bool is_open() const { return state_ != nullptr; }
  void Close();
  int Traverse(visitproc visit, void* arg) const;

  // The bytes at hand.
  const uint8_t* begin() const { return at_; }
  const uint8_t* end() const { return end_; }
  bool is_memory() const { return way_ == Way::kMemory; }

  // Reads until `needed` bytes from begin() on are there. `line`: up to the
  // next newline instead. *more: they are there. False: an exception.
  bool Pull(uint64_t needed, bool line, bool* more);
  // The bytes before `next` are done with.
  void Consume(const uint8_t* next) { at_ = next; }
  // Reads `size` bytes to `destination`, straight from the file where it can.
  // `as_read`: where CPython calls read(). *done: they were all there.
  bool Read(char* destination, size_t size, bool as_read, bool* done);
  // True if Read() can stand for read(): the file does what io promises.
  bool reads_in_place() const { return is_io_; }

  // Reads `size` bytes anew, to begin(). *done: they were all there.
  // Precondition: CanFetch().
  bool Fetch(size_t size, bool* done);
  // True if the file has the bytes at hand still, or none are.
  bool CanFetch() const {
    return at_ == end_ || (way_ == Way::kPeeks && stands_ <= at_);
  }

  // Moves begin() behind the opcode at `opcode`, and the file behind it or to
  // `frame_end`, where CPython has read to; nullptr: no frame is open.
  void ConsumeOpcode(const uint8_t* opcode, const uint8_t* frame_end);
  // Moves the file to where CPython leaves it. False: an exception is set.
  bool Land();
  // Forgets what the file has still, after Land(), and returns the new end().
  const uint8_t* Cut() { return end_ = stands_; }
  // Leaves the file behind the pickle or the frame that it ends in.
  bool Finish(const uint8_t* frame_end);

 private:
  enum class Way : uint8_t { kReads, kPeeks, kMemory };
  // What readinto() means by None, which a non-blocking file gives if it has
  // nothing now: an error, that of read(), or the end.
  enum class None : uint8_t { kError, kAsRead, kEnds };
  // A pickle for which fewer bytes are needed is peeked for, as in CPython.
  static constexpr Py_ssize_t kPeek = Py_ssize_t{128} << 10;
  static constexpr size_t kFirstPiece = 128;
  static constexpr size_t kLastPiece = size_t{8} << 10;
  // Declared lengths beyond this are believed as the bytes arrive.
  static constexpr size_t kBelieved = size_t{1} << 20;
  // For less a bytes object is made sooner than a memoryview.
  static constexpr size_t kInPlace = size_t{4} << 10;
  static constexpr size_t kKept = size_t{256} << 10;

  PyObject* CallRead(size_t size);
  bool MoveTo(const uint8_t* place);
  // Takes what a method returned as the bytes at hand.
  bool SetWindow(PyObject* result);
  // Adds to them: they are in own_ then.
  void AppendBytes(const void* bytes, size_t size);
  bool AppendResult(PyObject* result);
  // `partial`: a part of what CPython asks for is at hand, so that None, which
  // stands for nothing yet, ends it.
  bool AppendRead(size_t size, bool partial);
  bool AppendLines(int lines);
  // Makes room for `size` bytes from begin() on in own_, and moves the bytes at
  // hand there.
  void MakeOwn(size_t size);
  bool ReadInto(char* destination, size_t size, None none, size_t* count);
  bool PullMemory(uint64_t needed, bool line, bool* more);
  // Reads the argument of the opcode at hand, as far as its length is known.
  bool PullArgument();
  void DropView();

  const ModuleState* state_ = nullptr;
  Handle file_;  // kMemory
  Handle read_;
  Handle readinto_;
  Handle readline_;
  Handle peek_;
  Way way_ = Way::kReads;
  bool is_io_ = false;   // one of CPython's own, which do what they promise
  bool is_raw_ = false;  // read() may give less though there is more
  size_t piece_ = kFirstPiece;

  // The bytes at hand are in bytes_, view_ or own_.
  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  // The place of the file in them: end_; before at_ where they were peeked.
  const uint8_t* stands_ = nullptr;
  // The end of the frame that at_ is in, or nullptr.
  const uint8_t* frame_end_ = nullptr;
  Handle bytes_;
  Py_buffer view_ = {};
  std::unique_ptr<uint8_t[]> own_;
  size_t capacity_ = 0;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_LOAD_FILE_INPUT_H_

#ifndef PICKLE5_PICKLE_PYTHON_FILE_INPUT_H_
#define PICKLE5_PICKLE_PYTHON_FILE_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pickle/python/handle.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// Reads a Python file no further than to the end of the pickle: as much as is
// needed, with read() and readline(), or from what peek() shows.
//
// Errors: a Python exception is set.
class FileInput {
 public:
  // Looks up the methods. False: an exception is set.
  bool Open(const ModuleState& state, PyObject* file);
  bool is_open() const { return bool(read_); }
  void Close();
  int Traverse(visitproc visit, void* arg) const;

  const uint8_t* begin() const { return data_.data() + begin_; }
  const uint8_t* end() const { return data_.data() + data_.size(); }

  // Reads until `needed` bytes from begin() on are there. `line`: the next
  // newline will do as well. *more: something was read. False: an exception.
  bool Pull(uint64_t needed, bool line, bool* more);
  // The bytes before `next` are done with.
  void Consume(const uint8_t* next);
  // Reads `size` bytes to `destination`, straight from the file where it can.
  // *done: they were all there.
  bool Read(char* destination, size_t size, bool* done);
  // Leaves the file behind what was consumed.
  bool Finish();

 private:
  static constexpr Py_ssize_t kPeek = Py_ssize_t{128} << 10;

  // Moves the file over what was peeked and is not read yet.
  bool SkipPeeked(size_t count);
  bool Peek();
  // Appends what a method returned.
  bool AppendResult(PyObject* result);
  void DropConsumed();

  Handle read_;
  Handle readinto_;
  Handle readline_;
  Handle peek_;
  std::vector<uint8_t> data_;
  size_t begin_ = 0;
  size_t peeked_ = 0;  // bytes at the end of data_ that are still in the file
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_FILE_INPUT_H_

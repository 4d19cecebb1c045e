#ifndef PICKLE5_PICKLE_PYTHON_LOOK_OPCODE_READER_H_
#define PICKLE5_PICKLE_PYTHON_LOOK_OPCODE_READER_H_

#include <cstdint>
#include <string_view>

#include "pickle/protocol/scanner.h"
#include "pickle/python/handle.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// The opcodes of a pickle as pickletools.genops() gives them: its OpcodeInfo
// objects, its arguments, its exceptions.
//
// What is binary is read here. Lines with anything unusual in them, and all
// that is damaged, are given to the `reader` of pickletools' own descriptors,
// which finds the same value or raises the same exception.
//
// Lifetime: references are borrowed: `infos` is a tuple of 256, by opcode byte,
//           of OpcodeInfo or None.
// Errors:   a Python exception is set.
class OpcodeReader {
 public:
  // `at`: the number that stands for the place of the first opcode.
  OpcodeReader(std::string_view pickle, uint64_t at, PyObject* infos)
      : scanner_(pickle), at_(at), infos_(infos) {}

  enum class Result : uint8_t {
    kOpcode,
    kEnd,       // STOP was read
    kNeedMore,  // the bytes end: Resume(), or Fail() if that was all
    kFailed,
  };
  // Reads the next opcode: (info, argument, place) are then to be had.
  Result Next();
  PyObject* info() const { return info_; }
  Handle& argument() { return argument_; }
  uint64_t place() const { return place_; }
  const Token& token() const { return token_; }

  // As Scanner has them.
  void Resume(std::string_view rest) { scanner_.Resume(rest); }
  std::string_view rest() const { return scanner_.rest(); }
  // Of the next opcode.
  uint64_t next_place() const { return at_ + scanner_.offset(); }
  // Reads what cannot be scanned: kFailed, but for what pickletools can read.
  Result Fail();

 private:
  PyObject* ReadArgument();
  // Returns what pickletools reads at `bytes`, and how much it took.
  PyObject* ReadAsPickletools(std::string_view bytes, Py_ssize_t* taken);

  Scanner scanner_;
  uint64_t at_;
  PyObject* infos_;
  Token token_;
  PyObject* info_ = nullptr;
  Handle argument_;
  uint64_t place_ = 0;
};

// The type of iterators over opcodes: OpcodeIterator(data, read, place, infos).
// `data` is bytes; `read` is None or reads more of them.
extern PyType_Spec opcode_iterator_spec;

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_LOOK_OPCODE_READER_H_

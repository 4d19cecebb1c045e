#ifndef PICKLE5_FUZZ_EMBEDDED_PYTHON_H_
#define PICKLE5_FUZZ_EMBEDDED_PYTHON_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "pickle/python/handle.h"
#include "pickle/value/value.h"

namespace pickle5 {

// The system's CPython, with the functions of symbolic_unpickler.py.
//
// Order:   one in a process.
// Errors:  ends the process where CPython fails in what is not its unpickler.
// Threads: one.
class EmbeddedPython {
 public:
  EmbeddedPython();

  // What CPython's C unpickler makes of a pickle, in which all classes are
  // symbols; none, and the exception's text in *error, if it refuses. 8-bit
  // strings are read as `encoding` says, a StringEncoding.
  python::Handle Load(std::string_view pickle, int encoding,
                      std::string* error);

  // What a pickle can say of an object, as text.
  std::string Tree(PyObject* object);

  // The object that a Value describes.
  python::Handle Replay(Value root);

  // EXT1, EXT2 and EXT4 of the code give a symbol from now on.
  void RegisterExtension(int32_t code);
  void ForgetExtensions();

 private:
  python::Handle module_;
  python::Handle symbol_;
};

}  // namespace pickle5

#endif  // PICKLE5_FUZZ_EMBEDDED_PYTHON_H_

#ifndef PICKLE5_PICKLE_PYTHON_UNPICKLER_H_
#define PICKLE5_PICKLE_PYTHON_UNPICKLER_H_

#include <string>

#include "pickle/python/file_input.h"
#include "pickle/python/load_session.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// What an Unpickler holds beyond Python references.
struct UnpicklerParts {
  explicit UnpicklerParts(ModuleState* state) : session(state) {}

  LoadSession session;
  FileInput input;
  std::string encoding;
  std::string errors;
};

// An instance of pkl5.Unpickler. References are owned; those that may be
// missing are nullptr.
struct UnpicklerObject {
  PyObject ob_base;
  ModuleState* state;
  UnpicklerParts* parts;
  PyObject* buffers;          // an iterator
  PyObject* persistent_load;  // set on the instance
  bool fix_imports;
  bool running;
};

inline UnpicklerObject* AsUnpickler(PyObject* object) {
  return reinterpret_cast<UnpicklerObject*>(object);
}

// Refuses what must not be done while the unpickler is at work. False: an
// exception is set.
bool CheckIdle(const UnpicklerObject* unpickler);

// The `memo` attribute.
PyObject* GetUnpicklerMemo(PyObject* self, void*);
int SetUnpicklerMemo(PyObject* self, PyObject* value, void*);
extern PyType_Spec unpickler_memo_spec;

// The argument `buffers` as an iterator, *iterator = nullptr if there are none.
// False: an exception is set.
bool OpenBuffers(PyObject* argument, PyObject** iterator);

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_UNPICKLER_H_

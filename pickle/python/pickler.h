#ifndef PICKLE5_PICKLE_PYTHON_PICKLER_H_
#define PICKLE5_PICKLE_PYTHON_PICKLER_H_

#include "pickle/python/module_state.h"
#include "pickle/python/object_walker.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// An instance of pkl5.Pickler. References are owned; those that may be missing
// are nullptr.
struct PicklerObject {
  PyObject ob_base;
  ModuleState* state;
  ObjectWalker* walker;
  PyObject* write;  // nullptr until __init__() was called
  PyObject* buffer_callback;
  PyObject* persistent_id;  // set on the instance
  PyObject* dispatch_table;
  int protocol;
  int bin;
  int fast;
  bool fix_imports;
  bool running;
};

inline PicklerObject* AsPickler(PyObject* object) {
  return reinterpret_cast<PicklerObject*>(object);
}

// Refuses what must not be done while the pickler is at work. False: an
// exception is set.
bool CheckIdle(const PicklerObject* pickler);

// The `memo` attribute.
PyObject* GetPicklerMemo(PyObject* self, void*);
int SetPicklerMemo(PyObject* self, PyObject* value, void*);
extern PyType_Spec pickler_memo_spec;

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_PICKLER_H_

#ifndef PICKLE5_PICKLE_PYTHON_LOAD_UNPICKLER_H_
#define PICKLE5_PICKLE_PYTHON_LOAD_UNPICKLER_H_

#include <string>

#include "pickle/python/load/file_input.h"
#include "pickle/python/load/load_session.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// The parts of an Unpickler besides Python references.
struct UnpicklerParts {
  explicit UnpicklerParts(ModuleState* state) : session(state) {}

  LoadSession session;
  FileInput input;
  std::string encoding;
  std::string errors;
  Safety safety;  // of references that the Unpickler holds
};

// An instance of pkl5.Unpickler; see SessionType. References are owned; those
// that may be missing are nullptr.
struct UnpicklerObject {
  using Parts = UnpicklerParts;

  PyObject ob_base;
  ModuleState* state;
  PyObject* module;
  UnpicklerParts* parts;
  PyObject* buffers;  // an iterator
  PyObject* hook;     // persistent_load, set on the instance
  PyObject* allow;
  PyObject* on_call;
  bool fix_imports;
  bool running;

  static constexpr PyObject* UnpicklerObject::*kReferences[] = {
      &UnpicklerObject::buffers, &UnpicklerObject::hook,
      &UnpicklerObject::allow, &UnpicklerObject::on_call};
  static constexpr auto kType = &ModuleState::unpickler_type;
  static constexpr auto kMemoType = &ModuleState::unpickler_memo_type;
  static constexpr auto kHookName = &ModuleState::str_persistent_load;
  static constexpr char kName[] = "_pickle.Unpickler";
  static constexpr char kMemoName[] = "_pickle.UnpicklerMemoProxy";
  static constexpr char kNotMemo[] =
      "'memo' attribute must be an UnpicklerMemoProxy object or dict, "
      "not %.200s";

  static UnpicklerParts* TakeParts(ModuleState* state) {
    return new UnpicklerParts(state);
  }
  void GiveParts() const { delete parts; }
  LoadSession& Memo() { return parts->session; }
  int VisitParts(visitproc visit, void* arg) const {
    const int result = parts->input.Traverse(visit, arg);
    return result != 0 ? result : parts->session.TraverseMemo(visit, arg);
  }
  void ClearParts() {
    parts->input.Close();
    parts->session.ForgetMemo();
  }
  void AttributesChanged() {}
  bool CheckIdle() const {
    if (!running) return true;
    PyErr_SetString(PyExc_RuntimeError, "Unpickler is already at work");
    return false;
  }
};

inline UnpicklerObject* AsUnpickler(PyObject* object) {
  return reinterpret_cast<UnpicklerObject*>(object);
}

// The argument `buffers` as an iterator, *iterator = nullptr if there are none.
// False: an exception is set.
bool OpenBuffers(PyObject* argument, PyObject** iterator);

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_LOAD_UNPICKLER_H_

#ifndef PICKLE5_PICKLE_PYTHON_DUMP_PICKLER_H_
#define PICKLE5_PICKLE_PYTHON_DUMP_PICKLER_H_

#include <memory>
#include <utility>

#include "pickle/python/dump/object_walker.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// An instance of pkl5.Pickler; see SessionType. References are owned; those
// that may be missing are nullptr.
struct PicklerObject {
  using Parts = ObjectWalker;

  PyObject ob_base;
  ModuleState* state;
  PyObject* module;
  ObjectWalker* parts;
  PyObject* write;  // nullptr until __init__() was called
  PyObject* buffer_callback;
  PyObject* hook;  // persistent_id, set on the instance
  PyObject* dispatch_table;
  int protocol;
  int bin;
  int fast;
  bool fix_imports;
  bool running;

  static constexpr PyObject* PicklerObject::*kReferences[] = {
      &PicklerObject::write, &PicklerObject::buffer_callback,
      &PicklerObject::hook, &PicklerObject::dispatch_table};
  static constexpr auto kType = &ModuleState::pickler_type;
  static constexpr auto kMemoType = &ModuleState::pickler_memo_type;
  static constexpr auto kHookName = &ModuleState::str_persistent_id;
  static constexpr char kName[] = "_pickle.Pickler";
  static constexpr char kMemoName[] = "_pickle.PicklerMemoProxy";
  static constexpr char kNotMemo[] =
      "'memo' attribute must be a PicklerMemoProxy object or dict, "
      "not %.200s";

  // Most live for one small dump: the walker is one that was used before.
  static ObjectWalker* TakeParts(ModuleState* state) {
    return state->spare_walker != nullptr ? state->spare_walker.release()
                                          : new ObjectWalker(state);
  }
  void GiveParts() {
    std::unique_ptr<ObjectWalker> walker(parts);
    if (state->spare_walker == nullptr) state->spare_walker = std::move(walker);
  }
  ObjectWalker& Memo() { return *parts; }
  int VisitParts(visitproc visit, void* arg) const {
    return parts->TraverseMemo(visit, arg);
  }
  void ClearParts() { parts->ForgetMemo(); }
  void AttributesChanged() { parts->SetForms(fast != 0, bin != 0); }
  bool CheckIdle() const {
    if (!running) return true;
    PyErr_SetString(PyExc_RuntimeError, "Pickler is already at work");
    return false;
  }
};

inline PicklerObject* AsPickler(PyObject* object) {
  return reinterpret_cast<PicklerObject*>(object);
}

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_DUMP_PICKLER_H_

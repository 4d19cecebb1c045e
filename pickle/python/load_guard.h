#ifndef PICKLE5_PICKLE_PYTHON_LOAD_GUARD_H_
#define PICKLE5_PICKLE_PYTHON_LOAD_GUARD_H_

#include <utility>

#include "pickle/hash_table.h"
#include "pickle/limits.h"
#include "pickle/python/handle.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// The arguments allow, limits and on_call of whatever loads. Borrowed, or
// nullptr where they are not given.
struct Safety {
  PyObject* allow = nullptr;  // a frozenset of str
  PyObject* on_call = nullptr;
  Limits limits;
  bool limits_digits = false;
};

// Reads what was given, nullptr or None where nothing was; *allow is the new
// frozenset, which `safety` borrows. False: an exception is set.
bool ParseGivenSafety(PyObject* allow_argument, PyObject* limits,
                      PyObject* on_call, Safety* safety, Handle* allow);
// The same, where most often nothing is given; *safety is new.
inline bool ParseSafety(PyObject* allow_argument, PyObject* limits,
                        PyObject* on_call, Safety* safety, Handle* allow) {
  return (allow_argument == nullptr && limits == nullptr &&
          on_call == nullptr) ||
         ParseGivenSafety(allow_argument, limits, on_call, safety, allow);
}

// Stands between a pickle and the code that it asks for.
//
// With `allow`, only globals on that list are looked up, only they are called,
// and they are never filled or given a state. With `on_call`, each call is made
// only if it says so.
//
// Errors:   a refusal is kept for TakeRefusal(), as the place of the opcode is
//           known once the machine has stopped; else an exception is set.
// Lifetime: what allowed names gave is kept as long as the memo that may have
//           it: until Forget().
class LoadGuard {
 public:
  explicit LoadGuard(const ModuleState& state) : state_(state) {}

  void Start(const Safety& safety) {
    allow_ = safety.allow;
    on_call_ = safety.on_call;
    active_ = allow_ != nullptr || on_call_ != nullptr;
    refusal_.Reset();
  }
  bool active() const { return active_; }
  bool has_list() const { return allow_ != nullptr; }

  // Whether a global may be looked up. `maps_names`: the names are Python 2's.
  bool AllowsGlobal(PyObject* module, PyObject* name, bool maps_names);
  // Takes note of what the lookup gave. May throw std::bad_alloc.
  bool Admit(PyObject* global);
  // `keywords` may be nullptr.
  bool AllowsCall(PyObject* callable, PyObject* arguments, PyObject* keywords);
  bool AllowsFilling(PyObject* target);

  // The rule that was broken, empty if none was.
  Handle TakeRefusal() { return std::move(refusal_); }

  void Forget() {
    if (!admitted_.empty()) ForgetSlow();
  }
  int Traverse(visitproc visit, void* arg) const;

 private:
  bool Refuse(PyObject* rule) {
    refusal_.Reset(rule);
    return false;
  }

  void ForgetSlow();

  const ModuleState& state_;
  PyObject* allow_ = nullptr;
  PyObject* on_call_ = nullptr;
  bool active_ = false;
  Handle refusal_;
  // By address: comparing objects could run code.
  internal::HashSet<PyObject*> admitted_;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_LOAD_GUARD_H_

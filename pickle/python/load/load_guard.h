#ifndef PICKLE5_PICKLE_PYTHON_LOAD_LOAD_GUARD_H_
#define PICKLE5_PICKLE_PYTHON_LOAD_LOAD_GUARD_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "pickle/protocol/hash_table.h"
#include "pickle/protocol/limits.h"
#include "pickle/python/handle.h"
#include "pickle/python/load/key_cost.h"
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
  uint64_t max_key_depth = kKeyDepth;
  uint64_t max_key_work = kKeyWork;
  bool limits_keys = false;

  // What holds for keys where a list or a hook is given and no limit.
  static constexpr uint64_t kKeyDepth = 1000;
  static constexpr uint64_t kKeyWork = 100'000'000;
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
// With `allow`, only globals on that list are looked up, and only they are
// called. With `on_call`, each call is made only if it says so. With either,
// only what the load made is filled or given a state: what opcodes made, and
// what a call gave that nobody else held then, or that was handed to it. What a
// call or a state would make of memory is looked at by pkl5.safe.checks.
// With any of these or limits of keys, what is hashed is measured before.
//
// Errors:   a refusal is kept for TakeRefusal(), as the place of the opcode is
//           known once the machine has stopped; else an exception is set.
// Lifetime: globals, and what the load did not make, are kept as long as the
//           memo that may have them: until Forget().
class LoadGuard {
 public:
  explicit LoadGuard(const ModuleState& state) : state_(state) {}

  void Start(const Safety& safety) {
    allow_ = safety.allow;
    on_call_ = safety.on_call;
    active_ = has_rules() || safety.limits_keys;
    refusal_.Reset();
    if (active_) cost_.Start(safety.max_key_depth, safety.max_key_work);
  }
  bool active() const { return active_; }
  bool has_list() const { return allow_ != nullptr; }
  // Methods are those of classes, never of instances.
  bool has_rules() const { return allow_ != nullptr || on_call_ != nullptr; }
  KeyCost& cost() { return cost_; }

  // Returns whether a global may be looked up. `maps_names`: the names are
  // Python 2's.
  bool AllowsGlobal(PyObject* module, PyObject* name, bool maps_names);
  // Takes note of what the lookup gave.
  bool Admit(PyObject* global);
  // `keywords` may be nullptr, here and below.
  bool AllowsCall(PyObject* callable, PyObject* arguments, PyObject* keywords);
  // Takes note of what a call gave; `arguments` may be no tuple.
  bool TakeResult(PyObject* result, PyObject* arguments, PyObject* keywords);
  // Takes note of an object that the load did not make.
  bool TakeForeign(PyObject* object);

  bool AllowsFilling(PyObject* target);
  bool AllowsState(PyObject* instance, PyObject* state);
  // Returns whether the instance's own dict, a new reference, may be filled.
  bool AllowsDict(PyObject* instance, PyObject* dict);
  bool AllowsAttribute(PyObject* name);
  // Returns whether what is put into `target` may stay there.
  bool AllowsItem(PyObject* target, PyObject* item);
  bool AllowsKey(PyObject* container, size_t size, PyObject* key) {
    return cost_.AllowsKey(container, size, key) || RefuseCost();
  }
  bool AllowsPersistentId(PyObject* id) {
    return cost_.AllowsArgument(id) || RefuseCost();
  }
  // The cost's rule was broken. Returns false.
  bool RefuseCost();

  // The rule that was broken, empty if none was.
  Handle TakeRefusal() { return std::move(refusal_); }

  void Forget() {
    if (!globals_.empty() || !foreign_.empty() || !nests_.empty()) {
      ForgetSlow();
    }
    if (active_) cost_.Forget();
  }
  int Traverse(visitproc visit, void* arg) const;

 private:
  bool Refuse(PyObject* rule) {
    refusal_.Reset(rule);
    return false;
  }
  // Asks pkl5.safe.checks for the check of a callable, or of a type's states:
  // None, or what gives the broken rule.
  bool FindCheck(const char* function, PyObject* object, PyObject** check);
  bool Check(PyObject* check, PyObject* first, PyObject* second,
             PyObject* third);
  bool CheckState(PyObject* instance, PyObject* state);
  void FindArrays();
  // How deep objects that end by recursion are in one another.
  uint32_t NestOf(PyObject* object) const;
  // Raises *nest to the greatest in the object, or in what built-in containers
  // within it hold.
  bool NestIn(PyObject* object, uint32_t* nest);
  // Takes note of an object that holds one of that nest; `is_new`: and no
  // other.
  bool KeepNest(PyObject* object, uint32_t nest, bool is_new);

  void ForgetSlow();

  const ModuleState& state_;
  PyObject* allow_ = nullptr;
  PyObject* on_call_ = nullptr;
  bool active_ = false;
  bool has_arrays_ = false;  // NumPy is there
  Handle refusal_;
  KeyCost cost_;
  // All by address: comparing objects could run code.
  internal::HashSet<PyObject*> globals_;  // owned
  internal::HashSet<PyObject*> foreign_;  // owned
  // Checks, of globals and of types; both owned.
  internal::HashMap<PyObject*, PyObject*> call_checks_;
  internal::HashMap<PyObject*, PyObject*> state_checks_;
  // Of objects whose types know no trashcan, and of those that hold them. By
  // address: of one that has ended it may be too much.
  internal::HashMap<PyObject*, uint32_t> nests_;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_LOAD_LOAD_GUARD_H_

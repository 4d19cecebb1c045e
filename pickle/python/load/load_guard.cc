#include "pickle/python/load/load_guard.h"

#include <algorithm>
#include <new>
#include <vector>

#include "pickle/python/object_names.h"

namespace pickle5::python {
namespace {

PyObject* Given(PyObject* argument) {
  return argument == Py_None ? nullptr : argument;
}

struct NamedLimit {
  const char* name;
  uint64_t Limits::*limit;
};

constexpr NamedLimit kLimits[] = {
    {"max_opcodes", &Limits::max_opcodes}, {"max_memo", &Limits::max_memo},
    {"max_payload", &Limits::max_payload}, {"max_line", &Limits::max_line},
    {"max_digits", &Limits::max_digits},
};

// Those that another class of limits may not have.
struct KeyLimit {
  const char* name;
  uint64_t Safety::*limit;
};

constexpr KeyLimit kKeyLimits[] = {
    {"max_key_depth", &Safety::max_key_depth},
    {"max_key_work", &Safety::max_key_work},
};

bool ParseKeyLimits(PyObject* argument, Safety* safety) {
  for (const KeyLimit& named : kKeyLimits) {
    const Handle name(PyUnicode_FromString(named.name));
    Handle value;
    if (!name || !LookupAttr(argument, name.get(), value.Out())) return false;
    if (!value || value.get() == Py_None) continue;
    safety->*named.limit = PyLong_AsUnsignedLongLong(value.get());
    if (PyErr_Occurred()) return false;
    safety->limits_keys = true;
  }
  return true;
}

bool ParseLimits(PyObject* argument, Safety* safety) {
  for (const NamedLimit& named : kLimits) {
    const Handle value(PyObject_GetAttrString(argument, named.name));
    if (!value) return false;
    if (value.get() == Py_None) continue;
    const unsigned long long limit = PyLong_AsUnsignedLongLong(value.get());
    if (PyErr_Occurred()) return false;
    safety->limits.*named.limit = limit;
    if (named.limit == &Limits::max_digits) safety->limits_digits = true;
  }
  return ParseKeyLimits(argument, safety);
}

bool ParseAllow(PyObject* argument, Handle* allow) {
  if (PyUnicode_Check(argument)) {
    PyErr_SetString(PyExc_TypeError,
                    "allow must be an iterable of dotted names, not a str");
    return false;
  }
  allow->Reset(PyFrozenSet_New(argument));
  if (!*allow) return false;
  const Handle names(PySequence_List(allow->get()));
  if (!names) return false;
  for (Py_ssize_t i = 0; i != PyList_GET_SIZE(names.get()); ++i) {
    PyObject* name = PyList_GET_ITEM(names.get(), i);
    if (!PyUnicode_CheckExact(name)) {
      PyErr_Format(PyExc_TypeError, "allow has a %.200s, not a str",
                   Py_TYPE(name)->tp_name);
      return false;
    }
    const Py_ssize_t dot = PyUnicode_FindChar(
        name, '.', 0, PyUnicode_GET_LENGTH(name), /*direction=*/1);
    if (dot <= 0 || dot + 1 == PyUnicode_GET_LENGTH(name)) {
      PyErr_Format(PyExc_ValueError,
                   "allow has %R, which is no dotted name as in "
                   "'collections.deque'",
                   name);
      return false;
    }
  }
  return true;
}

}  // namespace

bool ParseGivenSafety(PyObject* allow_argument, PyObject* limits,
                      PyObject* on_call, Safety* safety, Handle* allow) {
  if (limits = Given(limits); limits != nullptr) {
    if (!ParseLimits(limits, safety)) return false;
  }
  if (allow_argument = Given(allow_argument); allow_argument != nullptr) {
    if (!ParseAllow(allow_argument, allow)) return false;
    safety->allow = allow->get();
  }
  safety->on_call = Given(on_call);
  if (safety->on_call != nullptr && !PyCallable_Check(safety->on_call)) {
    PyErr_Format(PyExc_TypeError, "on_call must be callable, not %.200s",
                 Py_TYPE(safety->on_call)->tp_name);
    return false;
  }
  return true;
}

bool LoadGuard::AllowsGlobal(PyObject* module, PyObject* name,
                             bool maps_names) {
  if (allow_ == nullptr) return true;
  Handle module_name = Handle::Share(module);
  Handle global_name = Handle::Share(name);
  if (maps_names &&
      !MapName(state_.name_mapping_2to3, state_.import_mapping_2to3,
               "NAME_MAPPING", "IMPORT_MAPPING", &module_name, &global_name)) {
    return false;
  }
  const Handle dotted(
      PyUnicode_FromFormat("%U.%U", module_name.get(), global_name.get()));
  if (!dotted) return false;
  const int allowed = PySet_Contains(allow_, dotted.get());
  if (allowed != 0) return allowed > 0;
  return Refuse(PyUnicode_FromFormat("%U is not allowed", dotted.get()));
}

bool LoadGuard::FindCheck(const char* function, PyObject* object,
                          PyObject** check) {
  *check = nullptr;
  const Handle module(PyImport_ImportModule("pkl5.safe.checks"));
  if (!module) return false;
  Handle found(PyObject_CallMethod(module.get(), function, "(O)", object));
  if (!found) return false;
  if (found.get() != Py_None) *check = found.release();
  return true;
}

void LoadGuard::FindArrays() {
  if (has_arrays_) return;
  PyObject* modules = PySys_GetObject("modules");
  has_arrays_ = modules != nullptr && PyDict_Check(modules) &&
                PyDict_GetItemString(modules, "numpy") != nullptr;
}

bool LoadGuard::Admit(PyObject* global) {
  if (!has_rules()) return true;
  // The machine owns what is on its stack, and nothing may be thrown over it.
  try {
    if (!globals_.insert(global).second) return true;
    Py_INCREF(global);
    FindArrays();
    PyObject* check;
    if (!has_arrays_) return true;
    if (!FindCheck("of_call", global, &check)) return false;
    Handle held(check);
    if (check != nullptr) {
      call_checks_.try_emplace(global, check);
      held.release();
    }
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return false;
  }
  return true;
}

bool LoadGuard::RefuseCost() {
  return cost_.rule() != nullptr ? Refuse(PyUnicode_FromString(cost_.rule()))
                                 : false;
}

bool LoadGuard::Check(PyObject* check, PyObject* first, PyObject* second,
                      PyObject* third) {
  Handle rule(
      PyObject_CallFunctionObjArgs(check, first, second, third, nullptr));
  if (!rule) return false;
  return rule.get() == Py_None || Refuse(PyObject_Str(rule.get()));
}

bool LoadGuard::AllowsCall(PyObject* callable, PyObject* arguments,
                           PyObject* keywords) {
  if (allow_ != nullptr && !globals_.contains(callable)) {
    return Refuse(PyUnicode_FromFormat(
        "what is called, of type %.200s, is no allowed global",
        Py_TYPE(callable)->tp_name));
  }
  if (!cost_.AllowsArgument(arguments) ||
      (keywords != nullptr && !cost_.AllowsArgument(keywords))) {
    return RefuseCost();
  }
  const auto check = call_checks_.find(callable);
  if (on_call_ == nullptr && check == call_checks_.end()) return true;
  if (!PyTuple_Check(arguments)) {
    return Refuse(PyUnicode_FromString("the arguments are no tuple"));
  }
  const Handle none(keywords == nullptr ? PyDict_New() : nullptr);
  if (keywords == nullptr && !none) return false;
  if (check != call_checks_.end() &&
      !Check(check->second, callable, arguments,
             keywords == nullptr ? none.get() : keywords)) {
    return false;
  }
  if (on_call_ == nullptr) return true;
  const Handle answer(PyObject_CallFunctionObjArgs(
      on_call_, callable, arguments,
      keywords == nullptr ? none.get() : keywords, nullptr));
  if (!answer) return false;
  const int allowed = PyObject_IsTrue(answer.get());
  if (allowed != 0) return allowed > 0;
  const char* name = PyType_Check(callable)
                         ? reinterpret_cast<PyTypeObject*>(callable)->tp_name
                         : Py_TYPE(callable)->tp_name;
  return Refuse(PyUnicode_FromFormat("on_call refused the call of %s %.200s",
                                     PyType_Check(callable) ? "the class" : "a",
                                     name));
}

// --- Results -----------------------------------------------------------------

namespace {

// Returns whether it can be filled or given a state at all.
bool IsAtom(PyObject* object) {
  return object == Py_None || PyBool_Check(object) ||
         PyLong_CheckExact(object) || PyFloat_CheckExact(object) ||
         PyUnicode_CheckExact(object) || PyBytes_CheckExact(object) ||
         PyTuple_CheckExact(object);
}

// The references to an object from what it alone holds.
class OwnReferences {
 public:
  explicit OwnReferences(PyObject* object) : object_(object) {}

  // May throw std::bad_alloc.
  Py_ssize_t Count() {
    open_.push_back(object_);
    for (size_t i = 0; i != open_.size(); ++i) {
      const traverseproc traverse = Py_TYPE(open_[i])->tp_traverse;
      if (PyObject_IS_GC(open_[i]) && traverse != nullptr) {
        traverse(open_[i], Visit, this);
      }
    }
    if (failed_) throw std::bad_alloc();
    return count_;
  }

 private:
  static constexpr size_t kMost = 256;

  static int Visit(PyObject* part, void* self) {
    auto* references = static_cast<OwnReferences*>(self);
    if (part == references->object_) {
      ++references->count_;
    } else if (Py_REFCNT(part) == 1 && references->open_.size() < kMost) {
      try {
        references->open_.push_back(part);
      } catch (const std::bad_alloc&) {
        references->failed_ = true;
      }
    }
    return 0;
  }

  PyObject* const object_;
  std::vector<PyObject*> open_;
  Py_ssize_t count_ = 0;
  bool failed_ = false;
};

bool Holds(PyObject* arguments, PyObject* keywords, PyObject* object) {
  if (PyTuple_Check(arguments)) {
    for (Py_ssize_t i = 0; i != PyTuple_GET_SIZE(arguments); ++i) {
      if (PyTuple_GET_ITEM(arguments, i) == object) return true;
    }
  }
  if (keywords == nullptr) return false;
  Py_ssize_t position = 0;
  PyObject* key;
  PyObject* value;
  while (PyDict_Next(keywords, &position, &key, &value)) {
    if (value == object) return true;
  }
  return false;
}

}  // namespace

bool LoadGuard::TakeForeign(PyObject* object) {
  if (IsAtom(object)) return true;
  try {
    if (foreign_.insert(object).second) Py_INCREF(object);
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return false;
  }
  return true;
}

bool LoadGuard::TakeResult(PyObject* result, PyObject* arguments,
                           PyObject* keywords) {
  uint32_t nest = 0;
  if (!NestIn(arguments, &nest) ||
      (keywords != nullptr && !NestIn(keywords, &nest)) ||
      !KeepNest(result, nest, /*is_new=*/Py_REFCNT(result) == 1)) {
    return false;
  }
  // Whoever else held it would see it change.
  if (!has_rules() || Py_REFCNT(result) == 1 || IsAtom(result) ||
      PyType_Check(result) || Holds(arguments, keywords, result)) {
    return true;
  }
  try {
    if (Py_REFCNT(result) == 1 + OwnReferences(result).Count()) return true;
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return false;
  }
  return TakeForeign(result);
}

// --- Nests -------------------------------------------------------------------

namespace {

// Built-in containers, which end in the trashcan and are looked into instead.
bool IsOpen(PyObject* object) {
  return PyTuple_CheckExact(object) || PyList_CheckExact(object) ||
         PyDict_CheckExact(object) || PyAnySet_CheckExact(object);
}

constexpr uint64_t kMostDepth = uint64_t{1} << 31;
// How deep arrays may be nested, unless max_key_depth is less.
constexpr uint64_t kMostArrays = 128;

uint64_t PartsOf(PyObject* container) {
  if (PyDict_CheckExact(container)) {
    return static_cast<uint64_t>(PyDict_GET_SIZE(container));
  }
  if (PyAnySet_CheckExact(container)) {
    return static_cast<uint64_t>(PySet_GET_SIZE(container));
  }
  return static_cast<uint64_t>(PySequence_Fast_GET_SIZE(container));
}

// Calls `take` with each object that the built-in container holds.
template <typename Take>
void ForEachPart(PyObject* container, const Take& take) {
  Py_ssize_t position = 0;
  PyObject* key;
  if (PyDict_CheckExact(container)) {
    PyObject* value;
    while (PyDict_Next(container, &position, &key, &value)) {
      take(key);
      take(value);
    }
  } else if (PyAnySet_CheckExact(container)) {
    Py_hash_t hash;
    while (_PySet_NextEntry(container, &position, &key, &hash)) take(key);
  } else {
    for (; position != PySequence_Fast_GET_SIZE(container); ++position) {
      take(PySequence_Fast_GET_ITEM(container, position));
    }
  }
}

}  // namespace

uint32_t LoadGuard::NestOf(PyObject* object) const {
  if (nests_.empty() || IsAtom(object)) return 0;
  const auto found = nests_.find(object);
  return found == nests_.end() ? 0 : found->second;
}

bool LoadGuard::NestIn(PyObject* object, uint32_t* nest) {
  if (nests_.empty()) return true;
  if (!IsOpen(object)) {
    *nest = std::max(*nest, NestOf(object));
    return true;
  }
  if (PyTuple_CheckExact(object) && PyTuple_GET_SIZE(object) <= 2) {
    // Most often arguments that hold nothing.
    bool is_flat = true;
    ForEachPart(object, [&](PyObject* part) {
      is_flat = is_flat && !IsOpen(part);
      *nest = std::max(*nest, NestOf(part));
    });
    if (is_flat) return true;
  }
  // The machine owns what is on its stack, and nothing may be thrown over it.
  try {
    std::vector<PyObject*> open = {object};
    internal::HashSet<PyObject*> seen;
    while (!open.empty()) {
      PyObject* container = open.back();
      open.pop_back();
      if (!cost_.AllowsLook(PartsOf(container))) return RefuseCost();
      ForEachPart(container, [&](PyObject* part) {
        if (!IsOpen(part)) {
          *nest = std::max(*nest, NestOf(part));
        } else if (PartsOf(part) != 0 && seen.insert(part).second) {
          open.push_back(part);
        }
      });
    }
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return false;
  }
  return true;
}

bool LoadGuard::KeepNest(PyObject* object, uint32_t nest, bool is_new) {
  if (IsAtom(object) || IsOpen(object) || PyType_Check(object)) return true;
  const auto* maker = reinterpret_cast<PyTypeObject*>(state_.unpickling_error);
  // Instances of the classes of Python's own making end in the trashcan; it
  // takes some levels before it does, with all that is between them.
  const bool ends_flat = PyObject_IS_GC(object) &&
                         Py_TYPE(object)->tp_dealloc == maker->tp_dealloc;
  // What is no container, such as a date, was not filled either.
  const bool is_leaf =
      nest == 0 && (ends_flat || (!PyObject_IS_GC(object) && is_new));
  if (is_leaf) {
    // Another object may have been there before.
    if (is_new && !nests_.empty()) nests_.erase(object);
    return true;
  }
  if (!ends_flat && nest >= cost_.max_depth()) {
    return Refuse(PyUnicode_FromFormat(
        "objects of type %.200s are nested beyond max_key_depth",
        Py_TYPE(object)->tp_name));
  }
  // Arrays are no part of garbage collection, and take some kilobytes each.
  uint64_t own = nest;
  if (!PyObject_IS_GC(object)) {
    own += 1 + std::min(cost_.max_depth(), kMostDepth) / kMostArrays;
  } else if (!ends_flat) {
    ++own;
  }
  try {
    uint32_t& kept = nests_[object];
    const auto level = static_cast<uint32_t>(std::min(own, kMostDepth));
    kept = is_new ? level : std::max(kept, level);
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return false;
  }
  return true;
}

bool LoadGuard::AllowsItem(PyObject* target, PyObject* item) {
  if (!cost_.AllowsState(item)) return RefuseCost();
  uint32_t nest = 0;
  if (!NestIn(item, &nest)) return false;
  return nest == 0 || KeepNest(target, nest, /*is_new=*/false);
}

// --- Filling -----------------------------------------------------------------

bool LoadGuard::AllowsFilling(PyObject* target) {
  cost_.NoteChange(target);
  if (!has_rules()) return true;
  if (globals_.contains(target) || PyType_Check(target) ||
      PyModule_Check(target) || PyFunction_Check(target)) {
    return Refuse(PyUnicode_FromFormat(
        "a global, class, function or module, of type %.200s, would be changed",
        Py_TYPE(target)->tp_name));
  }
  return !foreign_.contains(target) ||
         Refuse(PyUnicode_FromFormat(
             "an object that the pickle did not make, of type %.200s, would be "
             "changed",
             Py_TYPE(target)->tp_name));
}

bool LoadGuard::AllowsState(PyObject* instance, PyObject* state) {
  if (!AllowsFilling(instance)) return false;
  if (!cost_.AllowsState(state)) return RefuseCost();
  uint32_t nest = 0;
  if (!NestIn(state, &nest) || !KeepNest(instance, nest, /*is_new=*/false)) {
    return false;
  }
  if (!has_rules()) return true;
  FindArrays();
  return !has_arrays_ || CheckState(instance, state);
}

bool LoadGuard::CheckState(PyObject* instance, PyObject* state) {
  auto* type = reinterpret_cast<PyObject*>(Py_TYPE(instance));
  PyObject* check = nullptr;
  try {
    const auto known = state_checks_.find(type);
    if (known != state_checks_.end()) {
      check = known->second;
    } else {
      if (!FindCheck("of_state", type, &check)) return false;
      Handle held(check);
      state_checks_.try_emplace(type, check);
      Py_INCREF(type);
      held.release();
    }
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return false;
  }
  return check == nullptr || Check(check, instance, state, nullptr);
}

bool LoadGuard::AllowsDict(PyObject* instance, PyObject* dict) {
  // It and the caller hold it.
  if (!has_rules() || dict == instance || Py_REFCNT(dict) <= 2) return true;
  return Refuse(PyUnicode_FromFormat(
      "the __dict__ of a %.200s, which others share, would be changed",
      Py_TYPE(instance)->tp_name));
}

bool LoadGuard::AllowsAttribute(PyObject* name) {
  if (!has_rules() || !PyUnicode_Check(name) ||
      (PyUnicode_CompareWithASCIIString(name, "__class__") != 0 &&
       PyUnicode_CompareWithASCIIString(name, "__dict__") != 0)) {
    return true;
  }
  return Refuse(
      PyUnicode_FromFormat("%U of an instance would be changed", name));
}

void LoadGuard::ForgetSlow() {
  nests_.clear();
  has_arrays_ = false;
  const auto calls = std::exchange(call_checks_, {});
  const auto states = std::exchange(state_checks_, {});
  const auto globals = std::exchange(globals_, {});
  const auto foreign = std::exchange(foreign_, {});
  for (const auto& [global, check] : calls) Py_DECREF(check);
  for (const auto& [type, check] : states) {
    Py_XDECREF(check);
    Py_DECREF(type);
  }
  for (PyObject* global : globals) Py_DECREF(global);
  for (PyObject* object : foreign) Py_DECREF(object);
}

int LoadGuard::Traverse(visitproc visit, void* arg) const {
  for (const auto& [global, check] : call_checks_) Py_VISIT(check);
  for (const auto& [type, check] : state_checks_) {
    Py_VISIT(type);
    Py_VISIT(check);
  }
  for (PyObject* global : globals_) Py_VISIT(global);
  for (PyObject* object : foreign_) Py_VISIT(object);
  return cost_.Traverse(visit, arg);
}

}  // namespace pickle5::python

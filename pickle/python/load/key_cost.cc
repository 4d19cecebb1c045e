#include "pickle/python/load/key_cost.h"

#include <time.h>

#include <algorithm>
#include <new>

#include "pickle/python/handle.h"
#include "pickle/python/load/argument_items.h"

namespace pickle5::python {
namespace {

constexpr uint64_t kEndless = uint64_t{1} << 62;
// What takes less is measured anew.
constexpr uint64_t kWorthKeeping = 64;
// What one comparison takes, beside those of the parts.
constexpr uint64_t kWorkOfComparing = 7;
// What a byte of input adds to the bound.
constexpr uint64_t kWorkPerByte = 16;

// Containers from that size on are timed, every so many keys.
constexpr size_t kLarge = 4096;
// Where the time for a key is long, and the least time that is.
constexpr uint64_t kLongPlacing = 20'000;
constexpr uint64_t kLongTime = 2'000'000'000;

constexpr char kTooDeep[] =
    "tuples or frozensets are nested beyond max_key_depth";
constexpr char kTooMuch[] =
    "hashing and comparing keys takes more than max_key_work";

uint64_t Now(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<uint64_t>(now.tv_nsec);
}

uint64_t Sum(uint64_t left, uint64_t right) {
  return std::min(left + right, kEndless);
}

uint64_t DigitsOf(PyObject* number) {
#if PY_VERSION_HEX >= 0x030c0000
  return reinterpret_cast<PyLongObject*>(number)->long_value.lv_tag >> 3;
#else
  const Py_ssize_t size = Py_SIZE(number);
  return static_cast<uint64_t>(size < 0 ? -size : size);
#endif
}

bool IsHashed(PyObject* object) {
  return PyTuple_Check(object) || PyFrozenSet_Check(object);
}

bool CanChange(PyObject* object) {
  return PyList_CheckExact(object) || PyDict_CheckExact(object);
}

Py_ssize_t SizeOf(PyObject* container) {
  if (PyDict_CheckExact(container)) return PyDict_GET_SIZE(container);
  return PyList_CheckExact(container) ? PyList_GET_SIZE(container) : 0;
}

// Returns whether hashing it runs no code of a class.
bool HasPlainHash(PyObject* object) {
  return PyLong_CheckExact(object) || PyFloat_CheckExact(object) ||
         PyComplex_CheckExact(object) || PyTuple_CheckExact(object) ||
         PyFrozenSet_CheckExact(object);
}

// Returns whether equal hashes say equal values, or cannot be had by choice.
bool HasSafeHash(PyObject* object) {
  int64_t value;
  return PyUnicode_CheckExact(object) || PyBytes_CheckExact(object) ||
         (PyLong_CheckExact(object) && CompactInt(object, &value));
}

}  // namespace

void KeyCost::Start(uint64_t max_depth, uint64_t max_work) {
  max_depth_ = max_depth;
  max_work_ = max_work;
  input_ = work_ = time_ = placed_ = start_cpu_ = 0;
  rule_ = nullptr;
}

// --- Measuring ---------------------------------------------------------------

uint64_t KeyCost::LeafWork(PyObject* object) {
  if (PyUnicode_Check(object)) {
    return 1 + static_cast<uint64_t>(PyUnicode_GET_LENGTH(object)) / 128;
  }
  if (PyLong_Check(object)) return 1 + DigitsOf(object) / 4;
  if (PyBytes_Check(object)) {
    return 1 + static_cast<uint64_t>(PyBytes_GET_SIZE(object)) / 128;
  }
  return 1;
}

PyObject* KeyCost::NextPart(Frame* frame) {
  PyObject* container = frame->container;
  if (PyTuple_Check(container)) {
    return frame->position < PyTuple_GET_SIZE(container)
               ? PyTuple_GET_ITEM(container, frame->position++)
               : nullptr;
  }
  if (PyList_CheckExact(container)) {
    return frame->position < PyList_GET_SIZE(container)
               ? PyList_GET_ITEM(container, frame->position++)
               : nullptr;
  }
  PyObject* key;
  if (PyDict_CheckExact(container)) {
    PyObject* value;
    return PyDict_Next(container, &frame->position, &key, &value) ? value
                                                                  : nullptr;
  }
  Py_hash_t hash;
  return _PySet_NextEntry(container, &frame->position, &key, &hash) ? key
                                                                    : nullptr;
}

const KeyCost::Measured* KeyCost::Find(PyObject* object) const {
  const auto found = measured_.find(object);
  if (found == measured_.end()) return nullptr;
  const Measured& measured = found->second;
  const bool holds =
      !CanChange(object) ||
      (measured.generation == generation_ && measured.size == SizeOf(object));
  return holds ? &measured : nullptr;
}

bool KeyCost::Take(PyObject* part) {
  if (!Charge(1)) return false;
  Cost cost;
  if (!IsHashed(part) && !CanChange(part)) {
    cost.work = LeafWork(part);
  } else if (const Measured* known = Find(part); known != nullptr) {
    cost = known->cost;
  } else if (CanChange(part) && !open_.insert(part).second) {
    cost.work = 1;
  } else {
    frames_.push_back({part, 0, {0, 1}});
    return true;
  }
  Cost& outer = frames_.back().cost;
  outer.depth = std::max(outer.depth, cost.depth);
  outer.work = Sum(outer.work, cost.work);
  return true;
}

bool KeyCost::Close(Cost* done) {
  PyObject* container = frames_.back().container;
  *done = frames_.back().cost;
  frames_.pop_back();
  if (IsHashed(container)) {
    if (++done->depth > max_depth_) return Break(kTooDeep);
    if (done->work > max_work_) return Break(kTooMuch);
  } else {
    // Neither can be hashed.
    done->depth = 0;
    open_.erase(container);
  }
  if (done->work >= kWorthKeeping) {
    const auto [place, is_new] = measured_.try_emplace(container);
    place->second = {*done, SizeOf(container), generation_};
    if (is_new) Py_INCREF(container);
  }
  if (!frames_.empty()) {
    Cost& outer = frames_.back().cost;
    outer.depth = std::max(outer.depth, done->depth);
    outer.work = Sum(outer.work, done->work);
  }
  return true;
}

bool KeyCost::Walk(Cost* cost) {
  while (!frames_.empty()) {
    PyObject* part = NextPart(&frames_.back());
    if (part != nullptr ? !Take(part) : !Close(cost)) return false;
  }
  return true;
}

bool KeyCost::Measure(PyObject* object, Cost* cost) {
  rule_ = nullptr;
  if (!IsHashed(object) && !CanChange(object)) {
    *cost = {0, LeafWork(object)};
    return true;
  }
  if (const Measured* known = Find(object); known != nullptr) {
    *cost = known->cost;
    return true;
  }
  // The machine owns what is on its stack, and nothing may be thrown over it.
  try {
    frames_.clear();
    open_.clear();
    if (CanChange(object)) open_.insert(object);
    frames_.push_back({object, 0, {0, 1}});
    return Walk(cost);
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return false;
  }
}

bool KeyCost::Charge(uint64_t work) {
  work_ = Sum(work_, work);
  const uint64_t allowed = Sum(std::min(max_work_, kEndless),
                               std::min(input_, kEndless >> 8) * kWorkPerByte);
  return work_ <= allowed || Break(kTooMuch);
}

// --- Keys --------------------------------------------------------------------

bool KeyCost::CountCollision(PyObject* container, PyObject* key,
                             uint64_t work) {
  if (HasSafeHash(key) && hashes_.empty()) return true;
  const Py_hash_t hash = PyObject_Hash(key);
  if (hash == -1 && PyErr_Occurred()) return false;
  try {
    const std::pair<PyObject*, Py_hash_t> place(container, hash);
    if (HasSafeHash(key)) {
      const auto found = hashes_.find(place);
      return found == hashes_.end() ||
             Charge(found->second * (work + kWorkOfComparing));
    }
    if (counted_.insert(container).second) Py_INCREF(container);
    return Charge(hashes_[place]++ * (work + kWorkOfComparing));
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return false;
  }
}

bool KeyCost::AllowsKeySlow(PyObject* container, size_t size, PyObject* key) {
  Cost cost;
  if (!Measure(key, &cost) || !Charge(cost.work - 1)) return false;
  return size < kFewKeys || CountCollision(container, key, cost.work);
}

KeyCost::Stopwatch::Stopwatch(KeyCost& cost, size_t size, size_t added)
    : cost_(cost), large_(size >= kLarge || added >= kLarge) {
  if (!large_) return;
  if (cost.start_cpu_ == 0) cost.start_cpu_ = Now(CLOCK_THREAD_CPUTIME_ID);
  begin_ = Now(CLOCK_MONOTONIC);
}

bool KeyCost::Stopwatch::Continues() {
  if (!large_) return true;
  const uint64_t now = Now(CLOCK_MONOTONIC);
  cost_.time_ += now - begin_;
  begin_ = now;
  const uint64_t most = kLongTime + ++cost_.placed_ * kLongPlacing;
  // A process that was stopped, or waited for others, has worked less.
  return cost_.time_ <= most ||
         Now(CLOCK_THREAD_CPUTIME_ID) - cost_.start_cpu_ <= most ||
         cost_.Break("placing keys takes longer than keys do");
}

// --- Arguments ---------------------------------------------------------------

namespace {

// Whether comparing it runs no code of a class.
bool IsPlainValue(PyObject* object) {
  if (!PyTuple_CheckExact(object)) {
    return PyLong_Check(object) || PyFloat_CheckExact(object) ||
           PyComplex_CheckExact(object) || PyUnicode_CheckExact(object) ||
           PyBytes_CheckExact(object) || object == Py_None;
  }
  for (Py_ssize_t i = 0; i != PyTuple_GET_SIZE(object); ++i) {
    PyObject* part = PyTuple_GET_ITEM(object, i);
    if (PyTuple_CheckExact(part) || !IsPlainValue(part)) return false;
  }
  return true;
}

}  // namespace

bool KeyCost::CountItem(PyObject* key, uint64_t work, Places* places) {
  const uint32_t known = std::min(places->count, Places::kKnown);
  for (uint32_t i = 0; i != known; ++i) {
    PyObject* other = places->known[i];
    if (other == key) return true;
    if (!IsPlainValue(key) || !IsPlainValue(other)) continue;
    if (!Charge(work)) return false;
    const int equal = PyObject_RichCompareBool(key, other, Py_EQ);
    if (equal != 0) return equal > 0;
  }
  if (!Charge(places->count * (work + kWorkOfComparing))) return false;
  if (known != Places::kKnown) places->known[known] = key;
  ++places->count;
  return true;
}

bool KeyCost::AllowsItems(PyObject* argument) {
  if (PyUnicode_CheckExact(argument) || PyBytes_CheckExact(argument) ||
      PyLong_CheckExact(argument) ||
      ((PyTuple_CheckExact(argument) || PyList_CheckExact(argument)) &&
       PySequence_Fast_GET_SIZE(argument) < Py_ssize_t{kFewKeys})) {
    return true;
  }
  std::vector<PyObject*> items;
  AppendArgumentItems(argument, &items);
  if (items.size() < kFewKeys) return true;
  if (!Charge(items.size() / 4)) return false;
  internal::HashMap<Py_hash_t, Places> hashes;
  for (PyObject* item : items) {
    // Of pairs a dict is made.
    PyObject* first = nullptr;
    if ((PyTuple_CheckExact(item) || PyList_CheckExact(item)) &&
        PySequence_Fast_GET_SIZE(item) == 2) {
      first = PySequence_Fast_GET_ITEM(item, 0);
    }
    for (PyObject* key : {item, first}) {
      if (key == nullptr || !HasPlainHash(key) || HasSafeHash(key)) continue;
      Cost cost;
      if (!Measure(key, &cost)) return false;
      const Py_hash_t hash = PyObject_Hash(key);
      if (hash == -1 && PyErr_Occurred()) {
        PyErr_Clear();  // it holds what cannot be hashed
      } else if (!CountItem(key, cost.work, &hashes[hash])) {
        return false;
      }
    }
  }
  return true;
}

bool KeyCost::AllowsArgument(PyObject* object) {
  Cost cost;
  if (!Measure(object, &cost) || !Charge(cost.work)) return false;
  try {
    if (PyTuple_Check(object)) {
      for (Py_ssize_t i = 0; i != PyTuple_GET_SIZE(object); ++i) {
        if (!AllowsItems(PyTuple_GET_ITEM(object, i))) return false;
      }
    } else if (PyDict_CheckExact(object)) {
      Py_ssize_t position = 0;
      PyObject* name;
      PyObject* value;
      while (PyDict_Next(object, &position, &name, &value)) {
        if (!AllowsItems(value)) return false;
      }
    }
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return false;
  }
  return true;
}

bool KeyCost::AllowsState(PyObject* object) {
  Cost cost;
  return Measure(object, &cost);
}

// --- What is kept ------------------------------------------------------------

void KeyCost::NoteChangeSlow(PyObject* container) {
  if (CanChange(container) && measured_.contains(container)) ++generation_;
}

void KeyCost::Forget() {
  hashes_.clear();
  open_.clear();
  frames_.clear();
  if (measured_.empty() && counted_.empty()) return;
  const auto measured = std::exchange(measured_, {});
  const auto counted = std::exchange(counted_, {});
  for (const auto& [object, cost] : measured) Py_DECREF(object);
  for (PyObject* container : counted) Py_DECREF(container);
}

int KeyCost::Traverse(visitproc visit, void* arg) const {
  for (const auto& [object, cost] : measured_) Py_VISIT(object);
  for (PyObject* container : counted_) Py_VISIT(container);
  return 0;
}

}  // namespace pickle5::python

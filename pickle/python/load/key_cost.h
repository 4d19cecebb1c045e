#ifndef PICKLE5_PICKLE_PYTHON_LOAD_KEY_COST_H_
#define PICKLE5_PICKLE_PYTHON_LOAD_KEY_COST_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "pickle/protocol/hash_table.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// Bounds what Python may take to hash and compare the objects of one load.
//
// Python hashes a tuple by recursion, and again in each place in which it
// stands: depth is stack, and the size of the unfolded tuple is time. Both are
// measured before anything is hashed, without running any code. Ints and floats
// have hashes that a pickle can choose: those that collide in one container are
// counted as the comparisons that they cause.
//
// A unit of work is an object that is hashed or compared, or 128 bytes of text,
// or 4 digits of an int: some 5 ns.
//
// Errors:   functions return false, and rule() is what was broken; nullptr: an
//           exception is set.
// Lifetime: what has been measured is kept until Forget().
class KeyCost {
 public:
  KeyCost() = default;
  KeyCost(const KeyCost&) = delete;
  KeyCost& operator=(const KeyCost&) = delete;
  ~KeyCost() { Forget(); }

  void Start(uint64_t max_depth, uint64_t max_work);
  // The bytes read so far: longer pickles may take longer.
  void set_input(uint64_t bytes) { input_ = bytes; }

  // Returns whether a key or item of `container`, which holds `size` objects
  // now, may be hashed and compared.
  bool AllowsKey(PyObject* container, size_t size, PyObject* key) {
    if (size < kFewKeys && PyUnicode_CheckExact(key) &&
        PyUnicode_GET_LENGTH(key) < kShortText) {
      return true;
    }
    return AllowsKeySlow(container, size, key);
  }
  // Returns whether what is called with the object may hash its parts.
  bool AllowsArgument(PyObject* object);
  // Returns whether an instance may hold the object.
  bool AllowsState(PyObject* object);
  // Returns whether so many objects may be looked at, which takes less than
  // hashing.
  bool AllowsLook(uint64_t objects) { return Charge(objects / 4 + 1); }

  // Around what puts keys into a container. Long probing, which neither equal
  // hashes nor comparisons show, is told by its time.
  class Stopwatch {
   public:
    Stopwatch(KeyCost& cost, size_t size, size_t added);
    // To be asked now and then.
    bool Continues();

   private:
    KeyCost& cost_;
    bool large_;
    uint64_t begin_ = 0;
  };

  // A container that may have been measured is about to change.
  void NoteChange(PyObject* container) {
    if (!measured_.empty()) NoteChangeSlow(container);
  }

  const char* rule() const { return rule_; }
  uint64_t max_depth() const { return max_depth_; }
  void Forget();
  int Traverse(visitproc visit, void* arg) const;

 private:
  static constexpr size_t kFewKeys = 32;
  static constexpr Py_ssize_t kShortText = 256;

  struct Cost {
    // Tuples and frozensets within one another, down to what is none.
    uint64_t depth = 0;
    uint64_t work = 0;
  };
  // One that may be met again. Those that can be changed count while
  // `generation` is theirs and they have that size.
  struct Measured {
    Cost cost;
    Py_ssize_t size = 0;
    uint64_t generation = 0;
  };
  struct Frame {
    PyObject* container;
    Py_ssize_t position;
    Cost cost;
  };

  // The different items of one hash: how many, and the first of them.
  struct Places {
    static constexpr uint32_t kKnown = 4;
    uint32_t count = 0;
    PyObject* known[kKnown] = {};
  };

  static uint64_t LeafWork(PyObject* object);
  static PyObject* NextPart(Frame* frame);
  bool AllowsKeySlow(PyObject* container, size_t size, PyObject* key);
  bool Measure(PyObject* object, Cost* cost);
  bool Walk(Cost* cost);
  // Adds a part to the innermost frame, or opens a frame for it.
  bool Take(PyObject* part);
  bool Close(Cost* done);
  const Measured* Find(PyObject* object) const;
  bool Charge(uint64_t work);
  bool CountCollision(PyObject* container, PyObject* key, uint64_t work);
  // Returns whether a set or dict can be made of what the argument gives.
  bool AllowsItems(PyObject* argument);
  bool CountItem(PyObject* key, uint64_t work, Places* places);
  bool Break(const char* rule) {
    rule_ = rule;
    return false;
  }
  void NoteChangeSlow(PyObject* container);

  uint64_t max_depth_ = 0;
  uint64_t max_work_ = 0;
  uint64_t input_ = 0;
  uint64_t work_ = 0;
  uint64_t generation_ = 0;
  // Of keys put into large containers: nanoseconds, and how many.
  uint64_t time_ = 0;
  uint64_t placed_ = 0;
  uint64_t start_cpu_ = 0;
  const char* rule_ = nullptr;
  std::vector<Frame> frames_;
  // Containers that can be changed in frames_, by which alone cycles close.
  internal::HashSet<PyObject*> open_;
  internal::HashMap<PyObject*, Measured> measured_;  // owned
  // How many keys with that hash the container was given, but for text and
  // small ints; and the containers, owned.
  internal::HashMap<std::pair<PyObject*, Py_hash_t>, uint32_t> hashes_;
  internal::HashSet<PyObject*> counted_;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_LOAD_KEY_COST_H_

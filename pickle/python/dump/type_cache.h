#ifndef PICKLE5_PICKLE_PYTHON_DUMP_TYPE_CACHE_H_
#define PICKLE5_PICKLE_PYTHON_DUMP_TYPE_CACHE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "pickle/protocol/hash_table.h"
#include "pickle/python/handle.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

struct ModuleState;

// How instances of a class are reduced, where that needs no code to be run.
enum class Shape : uint8_t {
  kOther,       // ask its __reduce_ex__
  kPlain,       // object's own; attributes in a __dict__
  kSlots,       // object's own; attributes in slots, no __dict__
  kNamedTuple,  // collections.namedtuple's own
};

struct Slot {
  Handle name;
  Py_ssize_t offset;
};

struct TypeInfo {
  unsigned version = 0;
  Shape shape = Shape::kOther;
  std::vector<Slot> slots;
  // copyreg's list of their names, and what it held, twice where classes
  // redefine a slot.
  Handle list;
  std::vector<Handle> listed;

  // Returns whether the list is what it was: changing it changes no version.
  bool IsAsListed() const {
    if (PyList_GET_SIZE(list.get()) != static_cast<Py_ssize_t>(listed.size())) {
      return false;
    }
    Py_ssize_t i = 0;
    for (const Handle& name : listed) {
      if (PyList_GET_ITEM(list.get(), i++) != name.get()) return false;
    }
    return true;
  }
};

// Facts about classes, valid while they keep their version.
//
// Classes are told by their address and version: versions are not given twice,
// so that nothing need be known of classes that die.
class TypeCache {
 public:
  // Returns what is known, or nullptr. Runs no code.
  const TypeInfo* FindKnown(PyTypeObject* type) {
    if (type == last_type_ && last_->version == TypeVersion(type)) {
      return last_;
    }
    return FindKnownSlow(type);
  }
  // Finds out what is not known. nullptr: it may not be cached. Runs foreign
  // code, and may throw std::bad_alloc.
  const TypeInfo* Find(const ModuleState& state, PyTypeObject* type);
  void Clear() {
    types_.clear();
    last_type_ = nullptr;
  }

 private:
  static constexpr size_t kMaxTypes = 4096;

  const TypeInfo* FindKnownSlow(PyTypeObject* type);

  internal::HashMap<PyTypeObject*, std::unique_ptr<TypeInfo>> types_;
  PyTypeObject* last_type_ = nullptr;
  const TypeInfo* last_ = nullptr;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_DUMP_TYPE_CACHE_H_

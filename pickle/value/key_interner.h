#ifndef PICKLE5_PICKLE_VALUE_KEY_INTERNER_H_
#define PICKLE5_PICKLE_VALUE_KEY_INTERNER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pickle/value/value.h"

namespace pickle5::internal {

// Gives equal keys the same number and others another.
//
// Cost: linear in what is new; what was numbered is remembered.
class KeyInterner {
 public:
  enum class Objects {
    // Objects, buffers and all that Python cannot hash are equal only if they
    // are the same: how keys of one dict or items of one set are told apart.
    kByIdentity,
    // As Equal() compares.
    kByContent,
  };

  explicit KeyInterner(Objects objects);
  ~KeyInterner();

  struct Key {
    uint64_t number;
    // False: the key reaches a cycle; the number is then a hash, the same for
    // equal keys and perhaps for others.
    bool exact;
  };
  Key Of(Value key);

 private:
  class Table;
  std::unique_ptr<Table> table_;
};

// One key of a dict or item of a set: where it first and where it last stands
// among ValueAccess::items().
struct DistinctEntry {
  size_t first;
  size_t last;
};

// The entries of a dict (keys at even places) or set as Python would have
// them, in the order in which they first stand.
std::vector<DistinctEntry> DistinctEntries(Value container);
// The same with `keys`, kByIdentity, which remembers the keys of containers it
// has seen inside.
std::vector<DistinctEntry> DistinctEntries(Value container, KeyInterner* keys);
// The same of items in any other place; `stride` is 2 where keys and values
// stand in turn.
std::vector<DistinctEntry> DistinctEntries(std::span<const Value> items,
                                           size_t stride,
                                           KeyInterner* keys = nullptr);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_KEY_INTERNER_H_

#ifndef PICKLE5_PICKLE_VALUE_DICT_INDEX_H_
#define PICKLE5_PICKLE_VALUE_DICT_INDEX_H_

#include <cstddef>
#include <memory>
#include <string_view>

#include "pickle/export.h"
#include "pickle/value/value.h"

namespace pickle5 {

// A hash table over the keys of a dict, or of an object with entries(), for
// many look-ups in a large one.
//
// Lifetime: the dict must not change, and its Document must not be loaded anew
//           or cleared, while the index is in use.
// Errors:   a value without entries() has no keys; only std::bad_alloc is
// thrown. Threads:  look-ups are safe from many threads at once. Cost:     O(n)
// to build, O(1) a look-up of a scalar key. The hash is seeded:
//           nobody can choose keys that collide. Keys that reach cycles are an
//           exception; each look-up of one may compare with all of them.
class PICKLE5_EXPORT DictIndex {
 public:
  explicit DictIndex(Value dict);
  ~DictIndex();
  DictIndex(DictIndex&&) noexcept;
  DictIndex& operator=(DictIndex&&) noexcept;

  // As Value::Find: the value of a key, null if there is none.
  Value Find(Value key) const;
  Value Find(std::string_view key) const;

  // Distinct keys, as Value::size.
  size_t size() const;

 private:
  class Table;
  std::unique_ptr<Table> table_;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_VALUE_DICT_INDEX_H_

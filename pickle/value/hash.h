#ifndef PICKLE5_PICKLE_VALUE_HASH_H_
#define PICKLE5_PICKLE_VALUE_HASH_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "pickle/export.h"
#include "pickle/value/value.h"

namespace pickle5 {

// A hash that is the same for values that are Equal(), as Python's hash():
// 1, 1.0 and True have one hash. nullopt for what Python cannot hash: list,
// dict, set, bytearray, and a tuple or frozenset that holds one.
//
// The seed differs from process to process.
//
// Errors: only std::bad_alloc is thrown.
// Cost:   linear in the value; each node is looked at once. No recursion.
PICKLE5_EXPORT std::optional<uint64_t> Hash(Value value);

namespace internal {

// Hash() of any value, by content, unhashable or not.
uint64_t ContentHash(Value value);

// The same for many values that may share parts: no node is looked at twice.
class ContentHasher {
 public:
  ContentHasher();
  ~ContentHasher();
  uint64_t Of(Value value);

 private:
  class State;
  std::unique_ptr<State> state_;
};

// ContentHash() of a str.
uint64_t StrHash(std::string_view text);
// A hash of the outermost level, which values in cycles are content with.
uint64_t ShallowHash(Value value);

}  // namespace internal
}  // namespace pickle5

#endif  // PICKLE5_PICKLE_VALUE_HASH_H_

#ifndef PICKLE5_PICKLE_VALUE_UNION_FIND_H_
#define PICKLE5_PICKLE_VALUE_UNION_FIND_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pickle/protocol/hash_table.h"

namespace pickle5::internal {

// Nodes known, or assumed until a difference turns up, to be equal.
class UnionFind {
 public:
  // False if the two are in one class already.
  bool Unite(uint64_t a, uint64_t b) {
    const size_t p = Root(Place(a));
    const size_t q = Root(Place(b));
    if (p == q) return false;
    parents_[p] = q;
    return true;
  }

 private:
  size_t Place(uint64_t node) {
    const auto [place, fresh] = places_.try_emplace(node, parents_.size());
    if (fresh) parents_.push_back(parents_.size());
    return place->second;
  }
  size_t Root(size_t i) {
    while (parents_[i] != i) {
      parents_[i] = parents_[parents_[i]];
      i = parents_[i];
    }
    return i;
  }

  HashMap<uint64_t, size_t> places_;
  std::vector<size_t> parents_;
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_UNION_FIND_H_

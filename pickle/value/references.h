#ifndef PICKLE5_PICKLE_VALUE_REFERENCES_H_
#define PICKLE5_PICKLE_VALUE_REFERENCES_H_

#include <cstdint>

#include "pickle/protocol/hash_table.h"
#include "pickle/value/value.h"

namespace pickle5::internal {

// Returns whether the value has state, items or effects behind its
// construction.
bool HasPosts(Value v);

// Which nodes of a graph stand in several places, for printing: the first time
// with a number, from then on as a reference to it. None, numbers and short
// text have no numbers, nor have the empty tuple, and globals and extension
// codes without posts; what is long has one, so that a print is not longer
// than a small multiple of the graph.
//
// Cost: linear in the graph. No recursion.
class References {
 public:
  explicit References(Value root);

  struct Mark {
    uint64_t number = 0;  // from 1 on in the order of Meet(); 0: none needed
    bool again = false;   // it has been met before
  };
  Mark Meet(Value v);
  // Returns whether Meet() gives it a number.
  bool Has(Value v) const;

 private:
  struct Place {
    bool repeated = false;
    uint64_t number = 0;
  };

  uint64_t root_;
  uint64_t last_number_ = 0;
  HashMap<uint64_t, Place> places_;
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_REFERENCES_H_

#ifndef PICKLE5_PICKLE_VALUE_PLACEMENT_H_
#define PICKLE5_PICKLE_VALUE_PLACEMENT_H_

#include <cstdint>

#include "pickle/value/node.h"
#include "pickle/value/value.h"

namespace pickle5::internal {

// Notes that a place of a graph built by hand refers to the value.
inline void Place(Value v) {
  if (!ValueAccess::has_node(v)) return;
  uint32_t& flags = ValueAccess::header(v)->flags;
  flags |= (flags & NodeHeader::kPlaced) != 0 ? NodeHeader::kShared
                                              : NodeHeader::kPlaced;
}

// Notes that a container already made got items, after their Place(). Only so
// can it come to contain itself: if something refers to it, a writer has to
// remember it.
inline void NoteMutation(Value container) {
  uint32_t& flags = ValueAccess::header(container)->flags;
  if ((flags & NodeHeader::kPlaced) != 0) flags |= NodeHeader::kShared;
}

// Takes the latest note back, of a place that is given up. A node that is
// shared stays so.
inline void Unplace(Value v) {
  if (!ValueAccess::has_node(v)) return;
  uint32_t& flags = ValueAccess::header(v)->flags;
  if ((flags & NodeHeader::kShared) == 0) flags &= ~NodeHeader::kPlaced;
}

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_PLACEMENT_H_

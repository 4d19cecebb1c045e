#ifndef PICKLE5_PICKLE_VALUE_DEPTH_H_
#define PICKLE5_PICKLE_VALUE_DEPTH_H_

#include <cstdint>

#include "pickle/value/value.h"

namespace pickle5::internal {

// Returns whether objects are nested deeper than `limit` levels below and
// including `root`: the longest way down, cycles not walked twice. Scalars and
// text are no level, an empty list is one. Also true if there is no memory to
// find out. Writes to the nodes: for a Document that is being loaded only.
//
// Cost: linear in the objects.
bool DeeperThan(Value root, uint64_t limit);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_DEPTH_H_

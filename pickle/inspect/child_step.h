#ifndef PICKLE5_PICKLE_INSPECT_CHILD_STEP_H_
#define PICKLE5_PICKLE_INSPECT_CHILD_STEP_H_

#include <cstddef>
#include <optional>

#include "pickle/value/path.h"
#include "pickle/value/value.h"

namespace pickle5::internal {

// The step of a path from a value to its n-th child, in ChildCursor's order.
// None for the keys of dicts and the names of globals, which have no path that
// is worth showing.
//
// Cost: linear in the steps after construction, constant else.
std::optional<PathStep> StepToChild(Value parent, size_t child);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_INSPECT_CHILD_STEP_H_

#ifndef PICKLE5_PICKLE_INSPECT_DESCRIBE_H_
#define PICKLE5_PICKLE_INSPECT_DESCRIBE_H_

#include <string>

#include "pickle/value/value.h"

namespace pickle5::internal {

// A value in a few words: "int 3", "str 'abc'", "list of 3", "object of a.B",
// "array '<f8' (3, 4)". Long texts are cut.
//
// The items of dicts and sets are counted as they stand, the repeated ones,
// too.
std::string Describe(Value value);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_INSPECT_DESCRIBE_H_

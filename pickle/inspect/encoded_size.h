#ifndef PICKLE5_PICKLE_INSPECT_ENCODED_SIZE_H_
#define PICKLE5_PICKLE_INSPECT_ENCODED_SIZE_H_

#include <cstdint>

#include "pickle/value/value.h"

namespace pickle5::internal {

// The bytes that a value itself takes in a protocol 5 pickle, memo store
// included, without what it refers to and without frames. The payload of a
// buffer counts.
uint64_t EncodedSize(Value value);

// The bytes of a reference to an object met before.
uint64_t EncodedReferenceSize(uint64_t memo_index);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_INSPECT_ENCODED_SIZE_H_

#ifndef PICKLE5_PICKLE_VALUE_EQUAL_H_
#define PICKLE5_PICKLE_VALUE_EQUAL_H_

#include "pickle/export.h"
#include "pickle/value/value.h"

namespace pickle5 {

// Returns whether two values, of any two Documents, are equal as Python's
// containers find their items equal: `a is b or a == b`.
//
// - Numbers by exact value: 1 == 1.0 == True. Floats have no identity here: a
//   NaN equals the NaNs that have its bits.
// - bytes and bytearray by content; list and tuple item by item; set and
//   frozenset whatever their order; dict whatever its order, the last value of
//   each key.
// - Globals by name, extension codes by code, persistent ids by id; buffers by
//   content, or by place and readonly() where neither has data.
// - Objects, of which Python would ask the class, by form, parts and posts.
//   How their items were batched into APPENDS, SETITEMS and ADDITEMS does not
//   matter.
// - Cycles are equal if no path tells them apart. Among the keys of one dict,
//   or items of one set, Python's identity tells objects apart; between two
//   dicts they are paired by content, and those that reach a cycle in the
//   order in which they stand.
//
// Errors: only std::bad_alloc is thrown.
// Cost:   near linear, sharing and cycles included. No recursion.
PICKLE5_EXPORT bool Equal(Value a, Value b);

// Returns whether two values are the same in everything a pickle can say: types
// (1 is not 1.0), bits of floats, order of dicts and sets, repeated keys, and
// which objects, ints excepted, are shared.
//
// Batching of posts does not matter here either.
//
// Errors: only std::bad_alloc is thrown.
// Cost:   linear. No recursion.
PICKLE5_EXPORT bool Identical(Value a, Value b);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_VALUE_EQUAL_H_

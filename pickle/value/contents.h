#ifndef PICKLE5_PICKLE_VALUE_CONTENTS_H_
#define PICKLE5_PICKLE_VALUE_CONTENTS_H_

#include <cstddef>
#include <vector>

#include "pickle/value/node.h"
#include "pickle/value/value.h"

// What objects hold that are like a dict, a list or a set: innards of
// Value::entries() and Value::elements().
//
// The contents of an object are those that its class was given and those that
// the steps after its construction add. A class gives its contents away where
// it is one of Python's own:
//
//   OrderedDict(pairs)             Python 2 (later ones use SETITEMS)
//   Counter({..})                  every Python
//   deque([..], maxlen)            Python 2 (later ones use APPENDS)
//   dict(..), list(..), set([..]), frozenset([..]), tuple([..])
//   copyreg._reconstructor(cls, dict or list or set.., contents)
//                                  subclasses, in protocols 0 and 1
//   UserDict and UserList          state {'data': ..}
namespace pickle5::internal {

// The global that names the class of an object; null if none does.
Value ClassOf(Value object);

// The bit of Pieces::post_kinds.
constexpr uint8_t BitOf(PostKind kind) {
  return static_cast<uint8_t>(1U << static_cast<unsigned>(kind));
}

// Returns whether equal elements of an object are one.
bool IsSetLike(Value object);

// What Value::size() says of an object.
size_t CountContents(Value object);

// Keys and values in turn of entries().
std::vector<Value> FlatEntries(Value value);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_CONTENTS_H_

#ifndef PICKLE5_PICKLE_VALUE_REPR_H_
#define PICKLE5_PICKLE_VALUE_REPR_H_

#include <cstdint>
#include <limits>
#include <string>

#include "pickle/export.h"
#include "pickle/text/text_repr.h"
#include "pickle/value/value.h"

namespace pickle5 {

// How much of a value Repr() shows.
struct ReprOptions {
  static constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

  // Items of one container; what follows is shown as "... 997 more".
  uint64_t max_items = kUnlimited;
  // Code points of a str, bytes of a bytes, digits of an int; then the same.
  uint64_t max_text = kUnlimited;
  // Levels of nesting; deeper containers are shown as [...], {...}, (...).
  uint64_t max_depth = kUnlimited;
  // Asked for each kObject before it is shown: may append another text, of at
  // most so many items, and then returns true. nullptr: none is asked.
  bool (*object_text)(Value object, uint64_t max_items,
                      std::string* out) = nullptr;

  // For a person's eyes.
  static constexpr ReprOptions Short() {
    return {.max_items = 50, .max_text = 200, .max_depth = 20};
  }
};

// The value as Python shows it, on one line.
//
// Data without sharing is shown byte for byte as CPython 3.13's repr() does,
// but for sets, which keep the order of the pickle. The rest is no Python:
//   #1=[...] and #1#   an object that stands in several places, at the first
//                      and at the others, as Lisp writes it; so cycles end.
//                      Text of at most 256 bytes is shown again.
//   <global m.f>       a class or function; as a callee only m.f
//   m.C(1, 2)          an object of REDUCE, INST or OBJ; of NEWOBJ and
//                      NEWOBJ_EX: m.C.__new__(1, 2, **{'k': 3}). A callee that
//                      is not a name stands in parentheses.
//   m.C(1, {'k': 2})   what SETITEMS, APPENDS or ADDITEMS directly after its
//                      construction put into an object of REDUCE, INST or OBJ
//                      is shown as its last argument, as Python shows
//                      OrderedDict({'k': 2}); behind all others as
//                      m.C.__new__() {'k': 2}
//   <state x> <append [..]> <setitem {..}> <additem {..}> <effect x>
//                      behind an object, what else is done after construction
//   <extension 7> <persistent 'id'> <buffer 0, 4096 bytes, readonly>
//   <int of 9999999 bits>  an int of over 20,000 bits and max_text digits
//   <null>             no value
//
// Errors: only std::bad_alloc is thrown.
// Cost:   linear in the graph, for what is not shown, too. No recursion.
PICKLE5_EXPORT std::string Repr(Value value, const ReprOptions& options = {});

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_VALUE_REPR_H_

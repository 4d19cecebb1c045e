#ifndef PICKLE5_PICKLE_SHOW_JSON_TAGS_H_
#define PICKLE5_PICKLE_SHOW_JSON_TAGS_H_

#include <array>
#include <string_view>

#include "pickle/value/value.h"

namespace pickle5::internal {

// The names of ObjectForm and PostKind in JSON, by their numbers.
inline constexpr std::array<std::string_view, 5> kFormNames = {
    "reduce", "newobj", "newobj_ex", "inst", "obj"};
inline constexpr std::array<std::string_view, 5> kPostNames = {
    "state", "append", "setitem", "additem", "effect"};

inline std::string_view FormName(ObjectForm form) {
  return kFormNames[static_cast<size_t>(form)];
}
inline std::string_view PostName(PostKind kind) {
  return kPostNames[static_cast<size_t>(kind)];
}

// A number of this many digits is one that JSON parsers take for infinite.
inline constexpr size_t kMaxJsonDigits = 308;

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_SHOW_JSON_TAGS_H_

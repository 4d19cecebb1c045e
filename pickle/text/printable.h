#ifndef PICKLE5_PICKLE_TEXT_PRINTABLE_H_
#define PICKLE5_PICKLE_TEXT_PRINTABLE_H_

namespace pickle5::internal {

// Python's str.isprintable() of one code point, in CPython 3.13 (Unicode 15.1):
// false for control, format, surrogate, private use and unassigned code points
// and for separators other than the space.
bool IsPrintable(char32_t code_point);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_TEXT_PRINTABLE_H_

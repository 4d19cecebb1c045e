#ifndef PICKLE5_PICKLE_TEXT_SHOWN_TEXT_H_
#define PICKLE5_PICKLE_TEXT_SHOWN_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace pickle5::internal {

// Returns the number of bytes of the code point that `bytes` begin with, 0 if
// they do not begin with UTF-8, surrogates included. Precondition: not empty.
size_t CodePointSize(std::string_view bytes);

// Returns any bytes, such as a name out of a file, as text on one line for a
// person's eyes: printable code points as they are, all else escaped as in a
// Python literal, so that a terminal takes nothing for a command.
std::string ShownText(std::string_view bytes);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_TEXT_SHOWN_TEXT_H_

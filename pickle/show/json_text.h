#ifndef PICKLE5_PICKLE_SHOW_JSON_TEXT_H_
#define PICKLE5_PICKLE_SHOW_JSON_TEXT_H_

#include <string>
#include <string_view>

namespace pickle5::internal {

// Appends a str as a JSON string. With `ascii` as Python's json.dumps() writes
// it: everything but printable ASCII as \uxxxx, astral code points in pairs,
// lone surrogates alone. Else only what JSON demands is escaped; lone
// surrogates are a precondition violated.
void AppendJsonString(std::string_view utf8, bool ascii, std::string* out);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_SHOW_JSON_TEXT_H_

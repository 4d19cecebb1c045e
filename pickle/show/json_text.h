#ifndef PICKLE5_PICKLE_SHOW_JSON_TEXT_H_
#define PICKLE5_PICKLE_SHOW_JSON_TEXT_H_

#include <string>
#include <string_view>

namespace pickle5::internal {

// Appends a str as a JSON string. With `ascii` as Python's json.dumps() writes
// it: everything but printable ASCII as \uxxxx, astral code points in pairs,
// lone surrogates alone; bytes that are no UTF-8, as a file name may hold
// them, become the surrogates \udc80 to \udcff, as Python's os.fsdecode()
// makes them. Else only what JSON demands is escaped; lone surrogates and
// bytes that are no UTF-8 are a precondition violated.
void AppendJsonString(std::string_view utf8, bool ascii, std::string* out);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_SHOW_JSON_TEXT_H_

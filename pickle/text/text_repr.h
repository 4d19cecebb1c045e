#ifndef PICKLE5_PICKLE_TEXT_TEXT_REPR_H_
#define PICKLE5_PICKLE_TEXT_TEXT_REPR_H_

#include <string>
#include <string_view>

#include "pickle/export.h"

namespace pickle5 {

// Appends Python's repr() of a str. Precondition: UTF-8 with surrogates.
PICKLE5_EXPORT void AppendStrRepr(std::string_view utf8, std::string* out);

// Appends Python's repr() of a bytes.
PICKLE5_EXPORT void AppendBytesRepr(std::string_view bytes, std::string* out);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_TEXT_TEXT_REPR_H_

#ifndef PICKLE5_PICKLE_PYTHON_NUMBER_ERRORS_H_
#define PICKLE5_PICKLE_PYTHON_NUMBER_ERRORS_H_

#include <string_view>

#include "pickle/opcode.h"

namespace pickle5::python {

// Raises what `_pickle` raises for the line (without its newline) of INT, LONG,
// FLOAT, PUT or GET, if it takes it for no number or for one out of range.
// False: it takes it, or the opcode is another one; nothing is raised.
bool RaiseNumberError(Opcode opcode, std::string_view line);

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_NUMBER_ERRORS_H_

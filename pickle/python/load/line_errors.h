#ifndef PICKLE5_PICKLE_PYTHON_LOAD_LINE_ERRORS_H_
#define PICKLE5_PICKLE_PYTHON_LOAD_LINE_ERRORS_H_

#include <string_view>

#include "pickle/protocol/opcode.h"

namespace pickle5::python {

// Raises what `_pickle` raises for the lines of a text opcode, which stand at
// the start of `rest` (what follows the opcode in the input), if it does not
// take them: for numbers that are none or out of range, names and text that
// cannot be decoded. False: it takes them, or the opcode is another one;
// nothing is raised.
bool RaiseLineError(Opcode opcode, std::string_view rest);

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_LOAD_LINE_ERRORS_H_

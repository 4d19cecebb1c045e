#ifndef PICKLE5_FUZZ_PYTHON_REPLAY_H_
#define PICKLE5_FUZZ_PYTHON_REPLAY_H_

#include "pickle/python/handle.h"
#include "pickle/value/value.h"

namespace pickle5 {

// Makes the Python object that a Value describes, the way a pickle would: what
// is named or called becomes a symbol, made by `make_symbol`, the function of
// symbolic_unpickler.py.
//
// Errors: no object, with the exception set, where Python refuses.
python::Handle ReplayInPython(Value root, PyObject* make_symbol);

// Returns whether a NaN can be reached from `root`. Python tells NaNs apart by
// identity, which floats do not have here.
bool HoldsNan(Value root);

}  // namespace pickle5

#endif  // PICKLE5_FUZZ_PYTHON_REPLAY_H_

#ifndef PICKLE5_PICKLE_INSPECT_KNOWN_GLOBALS_KNOWN_GLOBALS_H_
#define PICKLE5_PICKLE_INSPECT_KNOWN_GLOBALS_KNOWN_GLOBALS_H_

// Globals that well-known libraries name in their pickles, as text: lines of
// "module: name name ...".

#include <string_view>

namespace pickle5::internal {

extern const std::string_view kStdlibGlobals;
extern const std::string_view kNumpyGlobals;
extern const std::string_view kPandasGlobals;
extern const std::string_view kSklearnGlobals;
extern const std::string_view kTorchGlobals;

// Names of modules, separated by white space.
extern const std::string_view kStdlibModules;

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_INSPECT_KNOWN_GLOBALS_KNOWN_GLOBALS_H_

// Python 2's names of Python 3's globals and back: fix_imports, the tables of
// CPython 3.13's Lib/_compat_pickle.py.
//
// Lifetime: views of the result live as long as the arguments; what the tables
//           give lives forever.
// Threads:  safe.
// Cost:     two binary searches, no allocation.

#ifndef PICKLE5_PICKLE_PROTOCOL_PYTHON2_NAMES_H_
#define PICKLE5_PICKLE_PROTOCOL_PYTHON2_NAMES_H_

#include <optional>
#include <string_view>
#include <utility>

#include "pickle/export.h"

namespace pickle5 {

// The module and name in Python 3 of a global written by protocols 0 to 2;
// nothing where they are the same.
//
// As find_class() of CPython's Unpickler does: the pair by NAME_MAPPING, else
// the module alone by IMPORT_MAPPING.
PICKLE5_EXPORT std::optional<std::pair<std::string_view, std::string_view>>
Python3Name(std::string_view module, std::string_view name);

// The module and name in Python 2 of a global to be written by protocols 0 to
// 2; nothing where they are the same.
//
// As save_global() of CPython's Pickler does: the pair by
// REVERSE_NAME_MAPPING, else the module alone by REVERSE_IMPORT_MAPPING.
PICKLE5_EXPORT std::optional<std::pair<std::string_view, std::string_view>>
Python2Name(std::string_view module, std::string_view name);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_PROTOCOL_PYTHON2_NAMES_H_

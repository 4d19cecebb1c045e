// PICKLE5_EXPORT, the mark of what the shared library exports.

#ifndef PICKLE5_PICKLE_EXPORT_H_
#define PICKLE5_PICKLE_EXPORT_H_

#include "buffers/export.h"  // IWYU pragma: export

#endif  // PICKLE5_PICKLE_EXPORT_H_

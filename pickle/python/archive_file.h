#ifndef PICKLE5_PICKLE_PYTHON_ARCHIVE_FILE_H_
#define PICKLE5_PICKLE_PYTHON_ARCHIVE_FILE_H_

#include "pickle/archive/archive_reader.h"
#include "pickle/python/dump/object_walker.h"
#include "pickle/python/load/py_builder.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// Returns whether an argument is a path, as str and what has __fspath__() are.
bool IsPath(const ModuleState& state, PyObject* argument);

// Writes a new .pkl5 archive of one object, in place of a file of that name
// (archive_writer.h). False: an exception is set, and an older file is as it
// was.
//
// Threads: the GIL is let go while large payloads are digested and written,
//          and while the file is synced.
bool DumpToPath(const ModuleState& state, ObjectWalker& walker,
                PyObject* object, PyObject* path, DumpOptions options);

// How an archive is loaded.
struct ArchiveOptions {
  ArchiveAccess access = ArchiveAccess::kCopy;
  ArchiveCheck check = ArchiveCheck::kInBand;
};

// Reads `mmap`, `mode` and `verify`, which may be nullptr. *given: one was
// given. False: an exception is set.
bool ParseArchiveOptions(PyObject* const* values, ArchiveOptions* options,
                         bool* given);

// The first object of an archive. Payloads that were buffers come as
// memoryviews of the mapping or of the copy, all others are what they were.
// nullptr: an exception is set.
//
// Threads: the GIL is let go while the file is read and checked.
PyObject* LoadFromPath(ModuleState* state, PyObject* path,
                       const ArchiveOptions& archive,
                       const LoadOptions& options);

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_ARCHIVE_FILE_H_

#ifndef PICKLE5_PICKLE_ARCHIVE_ARCHIVE_EXTENTS_H_
#define PICKLE5_PICKLE_ARCHIVE_ARCHIVE_EXTENTS_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/files/file_bytes.h"
#include "pickle/archive/archive_pickle.h"
#include "pickle/export.h"

namespace pickle5 {

// The objects that a .pkl5 archive holds.
struct ArchiveExtents {
  std::vector<ArchiveExtent> objects;  // in the order of the file
  // Bytes, from one to the other, that belong to no object: those of damaged
  // objects, and of one at the end whose writer did not get to its end.
  std::vector<std::pair<uint64_t, uint64_t>> lost;

  // The offset at which the last object ends.
  uint64_t end() const { return objects.empty() ? 0 : objects.back().end; }
};

// Finds the objects from the end of the file to its start.
//
// Errors: InvalidArgument if the file does not begin as an archive does.
//         Unimplemented if its last object is of a later version. The system's
//         own. What is damaged is no error here, unless no object is left
//         (DataLoss).
// Cost:   one read for each object. Where one is damaged, all bytes from there
//         back to the next one are read.
PICKLE5_EXPORT absl::StatusOr<ArchiveExtents> FindArchiveExtents(
    const FileBytes& file);

// Returns whether what stands behind the last object was cut short, so that it
// may be dropped: DataLoss if it was not. OK if nothing does.
PICKLE5_EXPORT absl::Status CheckTornTail(const FileBytes& file,
                                          const ArchiveExtents& extents);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_ARCHIVE_ARCHIVE_EXTENTS_H_

#ifndef PICKLE5_PICKLE_INSPECT_STATISTICS_H_
#define PICKLE5_PICKLE_INSPECT_STATISTICS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pickle/export.h"
#include "pickle/value/document.h"

namespace pickle5 {

struct StatisticsOptions {
  // Levels of paths that get a row; bytes further down count in the row above.
  size_t path_depth = 4;
  // Rows of paths and of classes, the largest.
  size_t max_rows = 20;
};

// One row of a table.
struct StatisticsRow {
  std::string name;
  uint64_t count = 0;
  uint64_t bytes = 0;
};

// Statistics of the bytes of a pickle.
//
// `opcodes` are the bytes of the pickle as it is and sum up to pickle_bytes.
// All other bytes are those that the value takes in protocol 5 without frames,
// out-of-band buffers included. An object that several places share counts
// where it is met first, as a file with several links does in `du`.
struct Statistics {
  uint64_t pickle_bytes = 0;
  int protocol = 0;
  uint64_t values = 0;
  uint64_t value_bytes = 0;
  uint64_t shared_objects = 0;  // objects with more than one reference
  uint64_t references = 0;      // references to them besides the first
  uint64_t buffers = 0;         // out-of-band
  uint64_t readonly_buffers = 0;
  uint64_t buffer_bytes = 0;

  // By the largest bytes first.
  std::vector<StatisticsRow> opcodes;
  std::vector<StatisticsRow> types;    // a value's own bytes
  std::vector<StatisticsRow> classes;  // with all that their objects hold
  std::vector<StatisticsRow> paths;    // with all that is below
};

// Measures a pickle that `document` was loaded from. An empty one, of what was
// loaded from another format, has no opcodes.
//
// Errors: ResourceExhausted if memory runs out; the scanner's.
// Cost:   linear; memory for the shared objects, the open levels and the rows.
PICKLE5_EXPORT absl::StatusOr<Statistics> Measure(
    std::string_view pickle, const Document& document,
    const StatisticsOptions& options = {});

// Tables for people to read.
PICKLE5_EXPORT std::string StatisticsTable(const Statistics& statistics);
// One line of JSON: the members of Statistics under their names.
PICKLE5_EXPORT std::string StatisticsJson(const Statistics& statistics);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_INSPECT_STATISTICS_H_

#ifndef PICKLE5_PICKLE_INSPECT_DIFFERENCE_H_
#define PICKLE5_PICKLE_INSPECT_DIFFERENCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "pickle/value/value.h"

namespace pickle5::internal {

// One place in which two graphs differ.
struct Difference {
  std::string path;    // as pkl5 load --path takes it, in a graph that has it
  std::string first;   // "int 3", "list of 2"; empty if it is not there
  std::string second;  // the same of the second graph
  std::string note;    // more about it; may be empty
};

struct Differences {
  std::vector<Difference> listed;  // the first ones that were found
  uint64_t count = 0;              // all of them
};

// Finds where two graphs differ, from the root down.
//
// - Types count (1 is not 1.0), and so do the bits of floats, but all NaNs are
//   equal. The order of dicts and sets does not count, nor does the protocol,
//   nor how items were batched. Lists and tuples are compared place by place.
// - Arrays of NumPy are compared by dtype, shape and items, however they are
//   pickled and in whatever order their items lie.
// - Other objects are compared by how they are made, by state and by items;
//   buffers by content, or by place where neither has data.
// - Sharing counts for what can change: a list that stands in two places of
//   one graph, where the other has two lists, is a difference. Objects that a
//   call made without any step after it are taken for values, as is a dtype.
// - Cycles are equal if no path tells them apart.
//
// `max_listed` bounds Differences::listed; all are counted.
//
// Errors: ResourceExhausted without memory.
// Cost:   near linear in both graphs, and the paths of what is listed, of which
//         long ones are shown in part. No recursion.
absl::StatusOr<Differences> FindDifferences(Value first, Value second,
                                            uint64_t max_listed);

// "$.layers[3].bias: int 3 != int 4" and a newline.
std::string DifferenceText(const Difference& difference);
// {"path": ..., "first": ..., "second": ..., "note": ...} and a newline.
std::string DifferenceJson(const Difference& difference);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_INSPECT_DIFFERENCE_H_

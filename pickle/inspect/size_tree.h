#ifndef PICKLE5_PICKLE_INSPECT_SIZE_TREE_H_
#define PICKLE5_PICKLE_INSPECT_SIZE_TREE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pickle/value/value.h"

namespace pickle5::internal {

// A value with the bytes of all that it holds.
struct SizeNode {
  std::string step;  // of the path from what holds it; empty for the root
  std::string type;  // "list of 3", as Describe() has it
  uint64_t bytes = 0;
  // The values that are too small to have nodes of their own.
  uint64_t rest_count = 0;
  uint64_t rest_bytes = 0;
  std::vector<std::unique_ptr<SizeNode>> children;
};

// The largest values of a graph as a tree of at most `max_nodes` nodes and 32
// levels. An object that several places share counts where it is met first.
// `total`: about the bytes of the graph.
//
// Errors: only std::bad_alloc is thrown.
// Cost:   linear.
std::unique_ptr<SizeNode> MakeSizeTree(Value root, uint64_t total,
                                       size_t max_nodes);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_INSPECT_SIZE_TREE_H_

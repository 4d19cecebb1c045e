#ifndef PICKLE5_PICKLE_INSPECT_TREEMAP_H_
#define PICKLE5_PICKLE_INSPECT_TREEMAP_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "pickle/value/document.h"

namespace pickle5::internal {

// Draws where the bytes of a document are as a treemap: one HTML page that
// needs nothing else and loads nothing. Each value is a rectangle of the area
// of its bytes, as Statistics counts them, with what it holds inside; a click
// enters it. `total` is Statistics::value_bytes.
//
// At most `max_nodes` values are drawn, the largest, at most 32 levels deep;
// the others are drawn together, inside what holds them.
//
// Names of a hostile pickle stay text: they stand in a block of JSON without
// '<', are put into the page as text nodes, and the page forbids all scripts
// but its own by its hash.
//
// Errors: ResourceExhausted without memory.
// Cost:   linear. No recursion but over the levels that are drawn.
absl::StatusOr<std::string> TreemapHtml(std::string_view title,
                                        const Document& document,
                                        uint64_t total,
                                        size_t max_nodes = 10'000);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_INSPECT_TREEMAP_H_

#ifndef PICKLE5_PICKLE_CLI_CONFORM_TREE_H_
#define PICKLE5_PICKLE_CLI_CONFORM_TREE_H_

#include <nlohmann/json.hpp>

namespace pickle5::cli {

// Returns whether an implementation's tree says what the canonical tree
// `wanted` does.
//
// If identity is not asked for, ids do not matter, and a "ref" is what it
// refers to. The order of dicts and sets never matters. {"t": "number"} stands
// for an int or a float of that value, {"t": "array"} for a list or a tuple,
// in languages that have only one of them.
bool TreeMatches(const nlohmann::json& wanted, const nlohmann::json& given,
                 bool identity);

// Bytes that an old protocol writes as a call of _codecs.encode, or of
// bytearray with an encoding, are bytes again.
nlohmann::json Raised(const nlohmann::json& tree);

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_CONFORM_TREE_H_

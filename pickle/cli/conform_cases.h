#ifndef PICKLE5_PICKLE_CLI_CONFORM_CASES_H_
#define PICKLE5_PICKLE_CLI_CONFORM_CASES_H_

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace pickle5::cli {

// One question to an implementation, see tests/conformance/PROTOCOL.md.
struct ConformCase {
  // "required", "compat", "strict" or "write".
  std::string level;
  std::string name;
  std::string request;  // a line without its newline
  // The canonical tree that is wanted; null: it is to be accepted, or, if
  // error is not empty, refused.
  nlohmann::json tree;
  // The class of error that is wanted, "malformed" where it does not matter.
  std::string error;
  // True if the tree tells which objects are the same.
  bool identity = false;

  std::string Id() const { return level + "/" + name; }
};

// Those that the command holds.
absl::StatusOr<std::vector<ConformCase>> EmbeddedCases();

// Those of text with a case a line, as tests/conformance/cases.jsonl has them:
// InvalidArgument, with the line's number, if it is none.
absl::StatusOr<std::vector<ConformCase>> ParseCases(std::string_view lines);

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_CONFORM_CASES_H_

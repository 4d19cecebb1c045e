// Loads pickles and tells what became of each, many in one process.
//
// Reads lines "MODE<tab>CORPUS<tab>PATH" from the standard input (strict or
// compat; golden or hostile: with which options) and answers each with a line:
// "tree " and the canonical tree, or "error ", the code and the offset.

#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/show/canonical_tree.h"
#include "pickle/value/document.h"

namespace pickle5 {
namespace {

std::string Answer(Document& document, const std::string& question) {
  const std::vector<std::string> fields = absl::StrSplit(question, '\t');
  if (fields.size() != 3) return "error QUESTION 0";
  ReadOptions options;
  if (fields[0] == "strict") options.mode = Mode::kStrict;
  if (fields[1] == "golden") {
    options.encoding = StringEncoding::kLatin1;
    options.limits.max_digits = 1'000'000;
    options.placeholder_buffers = true;
  }
  const absl::Status status = document.LoadMapped(fields[2], options);
  if (!status.ok()) {
    const std::optional<DecodeError> error = GetDecodeError(status);
    if (!error.has_value()) return absl::StrCat("error ", status.message());
    return absl::StrCat("error ", std::string(ErrorCodeName(error->code)), " ",
                        error->offset);
  }
  const absl::StatusOr<std::string> tree = CanonicalTree(document.root());
  return tree.ok() ? "tree " + *tree
                   : absl::StrCat("error ", tree.status().message());
}

}  // namespace
}  // namespace pickle5

int main() {
  pickle5::Document document;
  std::string question;
  while (std::getline(std::cin, question)) {
    std::cout << pickle5::Answer(document, question) << '\n';
  }
  return 0;
}

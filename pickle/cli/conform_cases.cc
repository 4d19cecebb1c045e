#include "pickle/cli/conform_cases.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace pickle5::cli {

// Made of tests/conformance/cases.jsonl by the build.
extern const std::string_view kConformCases[];
extern const size_t kConformCaseCount;

namespace {

using nlohmann::json;

constexpr int kProtocols = 6;

bool IsText(const json& row, const char* key) {
  return row.contains(key) && row[key].is_string();
}

// What a row asks: one question, or for trees to be written one a protocol.
absl::Status AddRow(std::string_view line, std::vector<ConformCase>* cases) {
  const json row = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!row.is_object() || !IsText(row, "level") || !IsText(row, "name") ||
      !IsText(row, "hex")) {
    return absl::InvalidArgumentError("no case");
  }
  const std::string hex = row["hex"].get<std::string>();
  ConformCase made;
  made.level = row["level"].get<std::string>();
  made.name = row["name"].get<std::string>();
  if (row.contains("tree")) made.tree = row["tree"];
  if (IsText(row, "error")) made.error = row["error"].get<std::string>();
  made.identity = row.value("identity", false);
  const bool accept = made.tree.is_null();
  made.request =
      absl::StrCat(accept ? "accept " : "load ",
                   made.level == "strict" ? "strict " : "compat ", hex);
  if (made.level != "write") {
    cases->push_back(std::move(made));
    return absl::OkStatus();
  }
  for (int protocol = 0; protocol < kProtocols; ++protocol) {
    ConformCase one = made;
    one.name = absl::StrCat(made.name, "_to", protocol);
    one.request = absl::StrCat("dump ", protocol, " ", hex);
    cases->push_back(std::move(one));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<ConformCase>> EmbeddedCases() {
  std::vector<ConformCase> cases;
  for (size_t i = 0; i < kConformCaseCount; ++i) {
    absl::Status status = AddRow(kConformCases[i], &cases);
    if (!status.ok()) return status;
  }
  return cases;
}

absl::StatusOr<std::vector<ConformCase>> ParseCases(std::string_view lines) {
  std::vector<ConformCase> cases;
  for (int number = 1; !lines.empty(); ++number) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.empty()) continue;
    if (const absl::Status status = AddRow(line, &cases); !status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, ": ", status.message()));
    }
  }
  return cases;
}

}  // namespace pickle5::cli

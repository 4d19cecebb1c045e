#include "pickle/cli/conform_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"

namespace pickle5::cli {

ConformReport::ConformReport(std::string name, std::string_view expected)
    : name_(std::move(name)) {
  while (!expected.empty()) {
    const size_t end = std::min(expected.find('\n'), expected.size());
    std::string_view line = expected.substr(0, end);
    expected.remove_prefix(std::min(end + 1, expected.size()));
    line = line.substr(0, line.find('#'));
    const size_t last = line.find_last_not_of(" \t\r");
    if (last == line.npos) continue;
    expected_.emplace(line.substr(0, last + 1), false);
  }
}

void ConformReport::Pass(std::string_view level) {
  ++counts_[std::string(level)].passed;
}

void ConformReport::Skip(std::string_view level) {
  ++counts_[std::string(level)].skipped;
}

void ConformReport::Fail(std::string_view level, const std::string& id,
                         std::string reason) {
  ++counts_[std::string(level)].failed;
  const auto listed = expected_.find(id);
  if (listed != expected_.end()) listed->second = true;
  failures_.push_back({id, std::move(reason), listed != expected_.end()});
}

std::vector<std::string> ConformReport::Unmet() const {
  std::vector<std::string> unmet;
  for (const auto& [id, failed] : expected_) {
    if (!failed) unmet.push_back(id);
  }
  return unmet;
}

bool ConformReport::AsExpected() const {
  return Unmet().empty() &&
         std::all_of(failures_.begin(), failures_.end(),
                     [](const Failure& failure) { return failure.expected; });
}

std::string ConformReport::Text() const {
  std::string text;
  for (const Failure& failure : failures_) {
    absl::StrAppend(&text, failure.expected ? "expected failure " : "FAILED ",
                    failure.id, ": ", failure.reason, "\n");
  }
  for (const std::string& id : Unmet()) {
    absl::StrAppend(&text, "FAILED ", id,
                    ": listed as an expected failure, and did not fail\n");
  }
  for (const std::string_view level : kConformLevels) {
    const auto counts = counts_.find(level);
    if (counts == counts_.end()) continue;
    absl::StrAppend(&text, name_, " ", std::string(level), ": ",
                    counts->second.passed, " passed, ", counts->second.failed,
                    " failed, ", counts->second.skipped, " skipped\n");
  }
  return text;
}

std::string ConformReport::Json() const {
  nlohmann::json json = {{"name", name_},
                         {"as_expected", AsExpected()},
                         {"levels", nlohmann::json::object()},
                         {"failures", nlohmann::json::array()},
                         {"unexpected_successes", Unmet()}};
  for (const auto& [level, counts] : counts_) {
    json["levels"][level] = {{"passed", counts.passed},
                             {"failed", counts.failed},
                             {"skipped", counts.skipped}};
  }
  for (const Failure& failure : failures_) {
    json["failures"].push_back({{"id", failure.id},
                                {"reason", failure.reason},
                                {"expected", failure.expected}});
  }
  return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) +
         "\n";
}

std::string ConformReport::Markdown() const {
  std::string head = "| |";
  std::string rule = "|---|";
  std::string row = absl::StrCat("| ", name_, " |");
  for (const std::string_view level : kConformLevels) {
    absl::StrAppend(&head, " ", std::string(level), " |");
    absl::StrAppend(&rule, "---|");
    const auto found = counts_.find(level);
    const Counts counts = found == counts_.end() ? Counts() : found->second;
    absl::StrAppend(&row, " ", counts.passed, " of ",
                    counts.passed + counts.failed);
    if (counts.skipped != 0) absl::StrAppend(&row, ", ", counts.skipped, " -");
    absl::StrAppend(&row, " |");
  }
  return absl::StrCat(head, "\n", rule, "\n", row, "\n");
}

}  // namespace pickle5::cli

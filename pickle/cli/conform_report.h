#ifndef PICKLE5_PICKLE_CLI_CONFORM_REPORT_H_
#define PICKLE5_PICKLE_CLI_CONFORM_REPORT_H_

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pickle5::cli {

inline constexpr std::array<std::string_view, 4> kConformLevels = {
    "required", "compat", "strict", "write"};

// Collects the results of the cases, and whether they were expected.
class ConformReport {
 public:
  struct Counts {
    size_t passed = 0;
    size_t failed = 0;
    size_t skipped = 0;
  };
  struct Failure {
    std::string id;
    std::string reason;
    bool expected = false;
  };

  // `expected`: the ids of failures that are expected, a line each; what
  // follows a # is left out.
  ConformReport(std::string name, std::string_view expected);

  void Pass(std::string_view level);
  void Skip(std::string_view level);
  void Fail(std::string_view level, const std::string& id, std::string reason);

  // No failure but the expected ones, and each of those.
  bool AsExpected() const;

  std::string Text() const;
  std::string Json() const;
  std::string Markdown() const;

 private:
  std::vector<std::string> Unmet() const;

  std::string name_;
  std::map<std::string, Counts, std::less<>> counts_;
  std::vector<Failure> failures_;
  std::map<std::string, bool> expected_;  // whether it failed
};

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_CONFORM_REPORT_H_

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "pickle/cli/conform_cases.h"
#include "pickle/cli/conform_peer.h"
#include "pickle/cli/conform_report.h"
#include "pickle/cli/conform_tree.h"
#include "pickle/cli/error_report.h"
#include "pickle/cli/hex_bytes.h"
#include "pickle/cli/input.h"
#include "pickle/cli/output.h"
#include "pickle/cli/verbs.h"
#include "pickle/show/canonical_tree.h"
#include "pickle/value/document.h"

namespace pickle5::cli {
namespace {

using nlohmann::json;

// Returns the text of an answer's member, nothing if it has none.
std::string TextOf(const json& answer, const char* name) {
  const auto found = answer.find(name);
  return found != answer.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
}

struct Outcome {
  bool skipped = false;
  std::string fault;  // empty: passed
};

// What another reader makes of what an implementation wrote.
Outcome JudgeReading(const ConformCase& asked, const std::string& hex,
                     ConformPeer& reader) {
  const absl::StatusOr<std::string> line =
      reader.Ask(absl::StrCat("load compat ", hex));
  if (!line.ok()) {
    return {.fault = absl::StrCat("the other reader ",
                                  std::string(line.status().message()))};
  }
  const json answer = json::parse(*line, nullptr, false);
  if (answer.is_object() && answer.contains("tree")) {
    if (TreeMatches(asked.tree, answer["tree"], /*identity=*/false)) return {};
    return {.fault = absl::StrCat("wrote what is read as another object: ",
                                  hex.substr(0, 80))};
  }
  return {.fault = absl::StrCat(
              "wrote what the other reader does not load: ",
              answer.is_object() ? TextOf(answer, "message") : *line)};
}

// What an implementation wrote is judged by what is read from it, here and by
// `reader`, if there is one.
Outcome JudgeWritten(const ConformCase& asked, const std::string& hex,
                     ConformPeer* reader) {
  std::optional<std::string> bytes = BytesFromHex(hex);
  if (!bytes.has_value()) {
    return {.fault = absl::StrCat("wrote no hexadecimal bytes: ",
                                  hex.substr(0, 80))};
  }
  Document document;
  const absl::Status loaded = document.LoadOwned(*std::move(bytes));
  if (!loaded.ok()) {
    return {.fault = absl::StrCat("wrote what does not load: ",
                                  std::string(loaded.message()))};
  }
  const absl::StatusOr<std::string> line = CanonicalTree(document.root());
  const json tree = json::parse(line.value_or(""), nullptr, false);
  if (!TreeMatches(asked.tree, Raised(tree), /*identity=*/false)) {
    return {.fault = absl::StrCat("wrote another object: ", hex.substr(0, 80))};
  }
  return reader == nullptr ? Outcome{} : JudgeReading(asked, hex, *reader);
}

Outcome Judge(const ConformCase& asked, const std::string& line,
              ConformPeer* reader) {
  const json answer = json::parse(line, nullptr, false);
  if (!answer.is_object()) return {.fault = "the answer is no JSON object"};
  if (answer.contains("skip")) return {.skipped = true, .fault = ""};
  if (answer.contains("error")) {
    const std::string given = TextOf(answer, "error");
    if (asked.error.empty()) {
      return {.fault = absl::StrCat("refused (", given,
                                    "): ", TextOf(answer, "message"))};
    }
    if (asked.level == "strict" && given != asked.error) {
      return {.fault = absl::StrCat("refused as ", given, ", which is ",
                                    asked.error)};
    }
    return {};
  }
  if (!asked.error.empty()) {
    return {.fault = absl::StrCat("accepted what is ", asked.error)};
  }
  if (asked.level == "write") {
    return JudgeWritten(asked, TextOf(answer, "pickle"), reader);
  }
  if (asked.tree.is_null()) return {};
  if (!answer.contains("tree")) return {.fault = "the answer has no tree"};
  if (TreeMatches(asked.tree, answer["tree"], asked.identity)) return {};
  return {.fault = absl::StrCat(
              "read another object: ",
              answer["tree"]
                  .dump(-1, ' ', true, json::error_handler_t::replace)
                  .substr(0, 200))};
}

struct ConformVerb {
  std::vector<std::string> command;
  std::string read_with;
  std::string name = "implementation";
  std::string cases_file;
  std::string expected_file;
  std::string format = "text";
  std::string level;

  static absl::StatusOr<std::string> Read(const std::string& path) {
    if (path.empty()) return std::string();
    const absl::StatusOr<Input> input = OpenWhole(path);
    if (!input.ok()) return input.status();
    return std::string(input->bytes());
  }

  absl::StatusOr<std::vector<ConformCase>> Cases() const {
    if (cases_file.empty()) return EmbeddedCases();
    const absl::StatusOr<std::string> lines = Read(cases_file);
    if (!lines.ok()) return lines.status();
    return ParseCases(*lines);
  }

  ExitCode operator()() const {
    const absl::StatusOr<std::vector<ConformCase>> cases = Cases();
    if (!cases.ok()) return Report(cases_file, cases.status());
    const absl::StatusOr<std::string> expected = Read(expected_file);
    if (!expected.ok()) return Report(expected_file, expected.status());
    ConformReport report(name, *expected);
    ConformPeer peer(command);
    std::optional<ConformPeer> reader;
    if (!read_with.empty()) {
      reader.emplace(absl::StrSplit(read_with, ' ', absl::SkipEmpty()));
    }
    for (const ConformCase& asked : *cases) {
      if (!level.empty() && asked.level != level) continue;
      const absl::StatusOr<std::string> answer = peer.Ask(asked.request);
      if (!answer.ok() && !absl::IsAborted(answer.status()) &&
          !absl::IsDeadlineExceeded(answer.status())) {
        return Report(command[0], answer.status());
      }
      const Outcome outcome =
          answer.ok()
              ? Judge(asked, *answer, reader ? &*reader : nullptr)
              : Outcome{.fault = std::string(answer.status().message())};
      if (outcome.skipped) {
        report.Skip(asked.level);
      } else if (outcome.fault.empty()) {
        report.Pass(asked.level);
      } else {
        report.Fail(asked.level, asked.Id(), outcome.fault);
      }
    }
    StreamOutput out;
    const bool said =
        out.writer().Write(format == "json"       ? report.Json()
                           : format == "markdown" ? report.Markdown()
                                                  : report.Text());
    const ExitCode written = Report("standard output", out.Finish());
    if (!said || written != kFine) return written;
    return report.AsExpected() ? kFine : kMalformed;
  }
};

}  // namespace

void AddConform(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand(
      "conform", "Asks another implementation what it makes of pickles");
  auto conform = std::make_shared<ConformVerb>();
  verb->add_option("COMMAND", conform->command,
                   "Program that answers as tests/conformance/PROTOCOL.md "
                   "says, and its arguments, behind --")
      ->required();
  verb->add_option("--read-with", conform->read_with,
                   "Program that answers likewise, and its arguments, which "
                   "reads what COMMAND writes, too")
      ->type_name("COMMAND");
  verb->add_option("--name", conform->name, "Of the implementation");
  verb->add_option("--cases", conform->cases_file,
                   "File of cases, in place of those of the command")
      ->type_name("FILE");
  verb->add_option("--expected-failures", conform->expected_file,
                   "File of the cases that are to fail, LEVEL/NAME a line: "
                   "neither more nor fewer may")
      ->type_name("FILE");
  verb->add_option("--level", conform->level, "Only the cases of this level")
      ->check(CLI::IsMember({"required", "compat", "strict", "write"}));
  verb->add_option("--format", conform->format, "text, json or markdown")
      ->check(CLI::IsMember({"text", "json", "markdown"}));
  verb->footer(
      "Examples:\n"
      "  pkl5 conform --name cpython -- python3 adapters/cpython.py\n"
      "  pkl5 conform --read-with 'python3 adapters/cpython.py --plain' -- "
      "./adapter\n"
      "  pkl5 conform --expected-failures known.txt --format json -- "
      "./adapter\n"
      "Exit code 0 if just the expected cases fail, 1 otherwise.");
  verb->callback([conform, &run] { run = *conform; });
}

}  // namespace pickle5::cli

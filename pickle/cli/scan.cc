#include "pickle/inspect/scan.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pickle/cli/error_report.h"
#include "pickle/cli/file_members.h"
#include "pickle/cli/input.h"
#include "pickle/cli/output.h"
#include "pickle/cli/progress.h"
#include "pickle/cli/read_flags.h"
#include "pickle/cli/verbs.h"
#include "pickle/numpy/npy.h"
#include "pickle/show/json_text.h"
#include "pickle/text/shown_text.h"

namespace pickle5::cli {
namespace {

ExitCode CodeOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kSafe:
      return kFine;
    case Verdict::kUnknown:
      return kUnknown;
    case Verdict::kUnscanned:
      return kUnscanned;
    case Verdict::kMalformed:
      return kMalformed;
    case Verdict::kDangerous:
      break;
  }
  return kDangerous;
}

std::string Quoted(std::string_view text) {
  std::string json;
  internal::AppendJsonString(text, /*ascii=*/true, &json);
  return json;
}

// What was found in one file or in one member of it.
struct Member {
  std::string name;
  ScanReport report;
};

std::string Json(const Member& member) {
  const ScanReport& report = member.report;
  std::string json =
      absl::StrCat("{\"member\": ", Quoted(member.name), ", \"verdict\": \"",
                   std::string(VerdictName(report.verdict)),
                   "\", \"pickles\": ", report.pickles, ", \"names\": [");
  const char* comma = "";
  for (const ScanReport::Name& name : report.names) {
    absl::StrAppend(&json, comma, "{\"name\": ", Quoted(name.name),
                    ", \"verdict\": \"", std::string(VerdictName(name.verdict)),
                    "\", \"reason\": ", Quoted(name.reason), "}");
    comma = ", ";
  }
  absl::StrAppend(&json, "], \"sites\": [");
  comma = "";
  for (const ScanReport::Site& site : report.sites) {
    const OpcodeInfo* info = FindOpcode(static_cast<uint8_t>(site.opcode));
    absl::StrAppend(&json, comma, "{\"offset\": ", site.offset,
                    ", \"opcode\": \"",
                    info == nullptr ? "" : std::string(info->name),
                    "\", \"name\": ", site.name, "}");
    comma = ", ";
  }
  absl::StrAppend(&json, "], \"error\": ",
                  report.status.ok() ? "null" : ErrorJson(report.status), "}");
  return json;
}

struct ScanVerb {
  std::vector<std::string> files;
  std::vector<std::string> allow_lists;
  ReadFlags read;
  bool json = false;
  bool quiet = false;

  // Bytes that are no container.
  ScanReport ScanMember(std::string_view bytes,
                        const GlobalPolicy& policy) const {
    if (IsNpy(bytes)) {
      const absl::StatusOr<std::string_view> pickle = NpyPickle(bytes);
      if (!pickle.ok()) {
        return {.verdict = Verdict::kUnscanned, .status = pickle.status()};
      }
      if (pickle->empty()) return {};
      bytes = *pickle;
    }
    return Scan(bytes, policy, read.Options().limits);
  }

  std::vector<Member> ScanFile(std::string_view bytes,
                               const GlobalPolicy& policy) const {
    std::vector<Member> members;
    const absl::Status status = ForEachMember(
        bytes,
        [&](const std::string& name, std::string_view member, bool whole) {
          ScanReport report = ScanMember(member, policy);
          // Of what is broken the status tells, if nothing worse is there.
          if (!whole && report.verdict != Verdict::kDangerous) return;
          members.push_back({name, std::move(report)});
        });
    if (!status.ok()) {
      members.push_back(
          {"", {.verdict = Verdict::kUnscanned, .status = status}});
    }
    return members;
  }

  std::string Text(const std::string& file,
                   const std::vector<Member>& members) const {
    std::string text;
    for (const auto& [name, report] : members) {
      if (quiet && report.verdict == Verdict::kSafe) continue;
      absl::StrAppend(&text, internal::ShownText(file), name.empty() ? "" : ":",
                      internal::ShownText(name), ": ",
                      std::string(VerdictName(report.verdict)), "\n");
      for (const ScanReport::Name& found : report.names) {
        if (found.verdict == Verdict::kSafe) continue;
        absl::StrAppend(&text, "  ", internal::ShownText(found.name), " ",
                        found.reason, " (",
                        std::string(VerdictName(found.verdict)), ")\n");
      }
      if (!report.status.ok()) {
        const auto message = report.status.message();
        absl::StrAppend(&text, "  ",
                        internal::ShownText({message.data(), message.size()}),
                        "\n");
      }
    }
    return text;
  }

  static Verdict Worst(const std::vector<Member>& members) {
    Verdict worst = Verdict::kSafe;
    for (const Member& member : members) {
      worst = std::max(worst, member.report.verdict);
    }
    return worst;
  }

  std::string JsonLine(const std::string& file,
                       const std::vector<Member>& members) const {
    std::string line = absl::StrCat(
        "{\"file\": ", Quoted(file), ", \"verdict\": \"",
        std::string(VerdictName(Worst(members))), "\", \"members\": [");
    const char* comma = "";
    for (const Member& member : members) {
      absl::StrAppend(&line, comma, Json(member));
      comma = ", ";
    }
    return line + "]}\n";
  }

  absl::Status Allow(GlobalPolicy* policy) const {
    for (const std::string& list : allow_lists) {
      absl::StatusOr<Input> input = OpenWhole(list);
      absl::Status status =
          input.ok() ? policy->AllowList(input->bytes()) : input.status();
      if (!status.ok()) {
        return absl::Status(status.code(),
                            absl::StrCat(list, ": ", status.message()));
      }
    }
    return absl::OkStatus();
  }

  ExitCode operator()() const {
    GlobalPolicy policy;
    if (const absl::Status status = Allow(&policy); !status.ok()) {
      Report("--allow", status);
      return kUsage;
    }
    StreamOutput out;
    Verdict worst = Verdict::kSafe;
    ExitCode failure = kFine;
    for (const std::string& file : files) {
      const absl::StatusOr<Input> input = OpenWhole(file);
      if (!input.ok()) {
        failure = std::max(failure, Report(file, input.status()));
        continue;
      }
      const Progress progress(file, input->bytes());
      const std::vector<Member> members = ScanFile(input->bytes(), policy);
      worst = std::max(worst, Worst(members));
      if (!out.writer().Write(json ? JsonLine(file, members)
                                   : Text(file, members))) {
        break;
      }
    }
    failure = std::max(failure, Report("standard output", out.Finish()));
    if (worst == Verdict::kDangerous || failure == kFine) {
      return CodeOf(worst);
    }
    return failure;
  }
};

}  // namespace

void AddScan(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand(
      "scan", "Says whether loading files in Python could run code");
  auto scan = std::make_shared<ScanVerb>();
  verb->add_option("FILE", scan->files,
                   "Pickles, .npy files, and archives of them; - is the "
                   "standard input")
      ->required();
  verb->add_option("--allow", scan->allow_lists,
                   "File of dotted names, one a line, that are harmless; "
                   "repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false);
  verb->add_flag("--json", scan->json, "One JSON object a file");
  verb->add_flag("-q,--quiet", scan->quiet, "Say nothing of safe files");
  scan->read.AddLimits(*verb);
  verb->footer(
      "Examples:\n"
      "  pkl5 scan model.pt\n"
      "  pkl5 scan --quiet downloads/*.pkl\n"
      "  pkl5 scan --allow our_classes.txt --json cache.joblib\n"
      "Exit code 0 if all are safe, 5 if one is unknown, 7 unscanned, "
      "1 malformed,\n6 dangerous; of several, the code of the worst, in this "
      "order.");
  verb->callback([scan, &run] { run = *scan; });
}

}  // namespace pickle5::cli

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "buffers/files/shm_janitor.h"
#include "pickle/cli/error_report.h"
#include "pickle/cli/output.h"
#include "pickle/cli/verbs.h"
#include "pickle/show/json_text.h"

namespace pickle5::cli {
namespace {

std::string_view KindOf(const ShmSegment& segment) {
  if (!segment.owner) return "persistent";
  return segment.abandoned ? "abandoned" : "owned";
}

std::string JsonLine(const ShmSegment& segment) {
  std::string line = "{\"name\": ";
  internal::AppendJsonString(segment.name, /*ascii=*/true, &line);
  absl::StrAppend(&line, ", \"bytes\": ", segment.bytes, ", \"kind\": \"",
                  std::string(KindOf(segment)), "\", \"owner\": ");
  if (segment.owner) {
    absl::StrAppend(&line, segment.owner->pid);
  } else {
    line.append("null");
  }
  return line + "}\n";
}

std::string TableLine(const ShmSegment& segment) {
  return absl::StrFormat(
      "%14d  %-10s  %8s  %s\n", segment.bytes, std::string(KindOf(segment)),
      segment.owner ? absl::StrCat(segment.owner->pid) : "-", segment.name);
}

// `pkl5 shm list` and `pkl5 shm clean`.
struct ListShm {
  bool json = false;
  bool clean = false;
  bool dry_run = false;

  absl::StatusOr<std::vector<ShmSegment>> Segments() const {
    const ShmJanitor janitor;
    if (clean && !dry_run) return janitor.Clean();
    absl::StatusOr<std::vector<ShmSegment>> all = janitor.List();
    if (all.ok() && clean) {
      std::erase_if(*all, [](const ShmSegment& i) { return !i.abandoned; });
    }
    return all;
  }

  ExitCode operator()() const {
    const absl::StatusOr<std::vector<ShmSegment>> segments = Segments();
    if (!segments.ok()) return Report("shm", segments.status());
    StreamOutput out;
    bool written =
        json || clean || segments->empty() ||
        out.writer().Write(absl::StrFormat("%14s  %-10s  %8s  %s\n", "BYTES",
                                           "KIND", "OWNER", "NAME"));
    for (const ShmSegment& segment : *segments) {
      written = written && out.writer().Write(json    ? JsonLine(segment)
                                              : clean ? segment.name + "\n"
                                                      : TableLine(segment));
    }
    return Report("standard output", out.Finish());
  }
};

struct RemoveShm {
  std::vector<std::string> names;

  ExitCode operator()() const {
    ExitCode code = kFine;
    for (const std::string& name : names) {
      code = std::max(code, Report(name, ShmJanitor().Remove(name)));
    }
    return code;
  }
};

void AddShmList(CLI::App& verb, Run& run) {
  CLI::App* list = verb.add_subcommand("list", "Shows what there is");
  auto options = std::make_shared<ListShm>();
  list->add_flag("--json", options->json, "One JSON object a line");
  list->callback([options, &run] { run = *options; });
}

void AddClean(CLI::App& verb, Run& run) {
  CLI::App* clean = verb.add_subcommand(
      "clean", "Removes what belonged to processes that are dead");
  auto options = std::make_shared<ListShm>();
  options->clean = true;
  clean->add_flag("--json", options->json, "One JSON object a line");
  clean->add_flag("-n,--dry-run", options->dry_run,
                  "Only show what would be removed");
  clean->callback([options, &run] { run = *options; });
}

void AddRemove(CLI::App& verb, Run& run) {
  CLI::App* remove = verb.add_subcommand("rm", "Removes objects by name");
  auto options = std::make_shared<RemoveShm>();
  remove->add_option("NAME", options->names, "As list shows it")->required();
  remove->callback([options, &run] { run = *options; });
}

}  // namespace

void AddShm(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand(
      "shm", "Lists and removes named shared memory that holds buffers");
  verb->require_subcommand(1);
  AddShmList(*verb, run);
  AddClean(*verb, run);
  AddRemove(*verb, run);
  verb->footer(
      "Kinds: persistent (made to outlive its process, as --buffers shm:NAME "
      "does),\nowned (goes with its process), abandoned (its process was "
      "killed).\n"
      "Examples:\n"
      "  pkl5 shm list\n"
      "  pkl5 shm clean --dry-run\n"
      "  pkl5 shm rm photo");
}

}  // namespace pickle5::cli

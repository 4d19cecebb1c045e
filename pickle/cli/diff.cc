#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pickle/cli/error_report.h"
#include "pickle/cli/input.h"
#include "pickle/cli/output.h"
#include "pickle/cli/pickle_stream.h"
#include "pickle/cli/read_flags.h"
#include "pickle/cli/verbs.h"
#include "pickle/inspect/difference.h"
#include "pickle/value/document.h"
#include "pickle/value/path.h"

namespace pickle5::cli {
namespace {

// As diff(1) leaves them to the shell.
constexpr auto kEqual = static_cast<ExitCode>(0);
constexpr auto kDifferent = static_cast<ExitCode>(1);
constexpr auto kTrouble = static_cast<ExitCode>(2);

// One of the two files.
struct Side {
  std::optional<PickleStream> stream;
  Document document;

  absl::StatusOr<Value> Load(const std::string& file, const ReadFlags& read,
                             const Path& where) {
    absl::StatusOr<Input> input = Input::Open(file);
    if (!input.ok()) return input.status();
    stream.emplace(*std::move(input), read.Options(),
                   Selection{.member = read.member()}, std::vector<Buffer>());
    const absl::StatusOr<bool> found = stream->Next(document);
    if (!found.ok()) return found.status();
    return Follow(document.root(), where);
  }
};

struct Diff {
  std::string first;
  std::string second;
  std::string path = "$";
  uint64_t max = 100;
  ReadFlags read;
  bool json = false;
  bool quiet = false;

  absl::Status Show(const internal::Differences& differences,
                    StreamOutput& out) const {
    for (const internal::Difference& difference : differences.listed) {
      if (!out.writer().Write(json ? internal::DifferenceJson(difference)
                                   : internal::DifferenceText(difference))) {
        return out.writer().status();
      }
    }
    const uint64_t more = differences.count - differences.listed.size();
    if (more != 0 && !json &&
        !out.writer().Write(absl::StrCat("... ", more, " more\n"))) {
      return out.writer().status();
    }
    return out.Finish();
  }

  ExitCode operator()() const {
    const absl::StatusOr<Path> where = ParsePath(path);
    if (!where.ok()) {
      Report("--path", where.status());
      return kTrouble;
    }
    Side sides[2];
    Value values[2];
    for (int i = 0; i < 2; ++i) {
      const std::string& file = i == 0 ? first : second;
      const absl::StatusOr<Value> value = sides[i].Load(file, read, *where);
      if (!value.ok()) {
        Report(file, value.status());
        return kTrouble;
      }
      values[i] = *value;
    }
    const absl::StatusOr<internal::Differences> differences =
        internal::FindDifferences(values[0], values[1], quiet ? 0 : max);
    if (!differences.ok()) {
      Report(first, differences.status());
      return kTrouble;
    }
    if (!quiet) {
      StreamOutput out;
      const absl::Status status = Show(*differences, out);
      if (Report("standard output", status) != kFine) return kTrouble;
    }
    return differences->count == 0 ? kEqual : kDifferent;
  }
};

}  // namespace

void AddDiff(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand(
      "diff", "Shows where the objects of two files differ, by path");
  auto diff = std::make_shared<Diff>();
  verb->add_option("FIRST", diff->first,
                   "A file as pkl5 load takes it; - is the standard input")
      ->required();
  verb->add_option("SECOND", diff->second, "The file to compare it with")
      ->required();
  verb->add_option("--max", diff->max,
                   "Differences shown (default 100); the others are counted")
      ->type_name("N");
  verb->add_option("--path", diff->path,
                   "Compare only what is there, as in '$.users[3].name'")
      ->type_name("PATH");
  verb->add_flag("--json", diff->json,
                 "One JSON object a difference: path, first, second, note");
  verb->add_flag("-q,--quiet", diff->quiet, "Only leave the exit code");
  diff->read.AddMember(*verb);
  diff->read.AddAll(*verb);
  verb->footer(
      "Examples:\n"
      "  pkl5 diff old.pkl new.pkl\n"
      "  pkl5 diff --max 10 --path '$.weights' epoch1.pt epoch2.pt\n"
      "  pkl5 diff -q cache.joblib cache.npz || echo changed\n"
      "Shows, for example:\n"
      "  $.layers[3].bias: int 3 != int 4\n"
      "  $.name: only in the second: str 'x'\n"
      "  $.w: 1.0 != 2.0 (at [0, 1] of array '<f8' (3, 4), 2 of 12 items "
      "differ)\n"
      "Types count, the order of dicts and sets does not. Arrays are compared "
      "by dtype,\nshape and items, however they are stored. An object that "
      "stands in two places of\none file only is a difference.\n"
      "Exit code 0 if the objects are equal, 1 if they differ, 2 if one cannot "
      "be loaded.");
  verb->callback([diff, &run] { run = *diff; });
}

}  // namespace pickle5::cli

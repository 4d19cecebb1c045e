#include <algorithm>
#include <memory>
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
#include "pickle/inspect/statistics.h"
#include "pickle/inspect/treemap.h"
#include "pickle/text/shown_text.h"
#include "pickle/value/document.h"

namespace pickle5::cli {
namespace {

struct Stat {
  std::vector<std::string> files;
  ReadFlags read;
  StatisticsOptions statistics;
  std::string html;
  bool json = false;
  bool all = false;

  absl::Status OneFile(const std::string& file, ByteWriter& writer) const {
    absl::StatusOr<Input> input = all ? OpenWhole(file) : OpenPickle(file);
    if (!input.ok()) return input.status();
    absl::StatusOr<std::vector<Buffer>> given = read.Buffers();
    if (!given.ok()) return given.status();
    PickleStream stream(*std::move(input), read.Options(),
                        {.all = all, .member = read.member()},
                        *std::move(given));
    Document document;
    for (;;) {
      const absl::StatusOr<bool> found = stream.Next(document);
      if (!found.ok()) return found.status();
      if (!*found) return absl::OkStatus();
      const absl::StatusOr<Statistics> measured =
          Measure(stream.pickle(), document, statistics);
      if (!measured.ok()) return measured.status();
      if (!html.empty()) {
        const absl::StatusOr<std::string> page =
            internal::TreemapHtml(file, document, measured->value_bytes);
        return page.ok() ? WriteHtml(*page) : page.status();
      }
      if (!writer.Write(json ? StatisticsJson(*measured)
                             : StatisticsTable(*measured))) {
        return writer.status();
      }
    }
  }

  absl::Status WriteHtml(const std::string& page) const {
    absl::StatusOr<Output> output = Output::Open(html);
    if (!output.ok()) return output.status();
    if (!output->writer().Write(page)) return output->writer().status();
    return output->Finish();
  }

  ExitCode operator()() const {
    StreamOutput out;
    ExitCode code = kFine;
    for (const std::string& file : files) {
      if (files.size() > 1 && !json &&
          !out.writer().Write(
              absl::StrCat("==> ", internal::ShownText(file), " <==\n"))) {
        break;
      }
      code = std::max(code, Report(file, OneFile(file, out.writer())));
    }
    return std::max(code, Report("standard output", out.Finish()));
  }
};

}  // namespace

void AddStat(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand(
      "stat",
      "Tells where the bytes of pickles go: by path, type, class and "
      "opcode");
  auto stat = std::make_shared<Stat>();
  verb->add_option("FILE", stat->files,
                   "Pickles, packed or not, and arrays; - is the standard "
                   "input")
      ->required();
  verb->add_option("--depth", stat->statistics.path_depth,
                   "Levels of paths shown (default 4)")
      ->type_name("N");
  verb->add_option("--rows", stat->statistics.max_rows,
                   "Paths and classes shown (default 20)")
      ->type_name("N");
  verb->add_option("--html", stat->html,
                   "Draw the bytes as a treemap instead: one HTML page that "
                   "works offline; - is the standard output")
      ->type_name("OUT");
  verb->add_flag("--json", stat->json, "One line of JSON a pickle");
  verb->add_flag("--all", stat->all, "Every pickle of each file");
  stat->read.AddBuffers(*verb, "--buffers");
  stat->read.AddMember(*verb);
  stat->read.AddAll(*verb);
  verb->footer(
      "Examples:\n"
      "  pkl5 stat model.pkl\n"
      "  pkl5 stat --depth 2 --rows 50 model.pkl\n"
      "  pkl5 stat --json head.pkl --buffers array.buf\n"
      "  pkl5 stat --html bytes.html model.pt");
  verb->callback([stat, &run] {
    if (!stat->html.empty() &&
        (stat->files.size() > 1 || stat->all || stat->json)) {
      throw CLI::ValidationError("--html",
                                 "draws one file, without --all and --json");
    }
    run = *stat;
  });
}

}  // namespace pickle5::cli

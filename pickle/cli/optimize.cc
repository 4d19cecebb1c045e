#include "pickle/inspect/optimize.h"

#include <memory>
#include <string>
#include <string_view>

#include "pickle/cli/error_report.h"
#include "pickle/cli/input.h"
#include "pickle/cli/output.h"
#include "pickle/cli/progress.h"
#include "pickle/cli/verbs.h"

namespace pickle5::cli {
namespace {

struct OptimizeVerb {
  std::string in;
  std::string out = "-";
  bool all = false;

  ExitCode operator()() const {
    absl::StatusOr<Input> input = all ? OpenWhole(in) : OpenPickle(in);
    if (!input.ok()) return Report(in, input.status());
    absl::StatusOr<Output> output = Output::Open(out);
    if (!output.ok()) return Report(out, output.status());
    const Progress progress(in, input->bytes());
    std::string_view rest = input->bytes();
    do {
      uint64_t consumed = 0;
      const absl::Status status = Optimize(rest, output->writer(), &consumed);
      if (!status.ok()) return Report(in, status);
      rest.remove_prefix(consumed);
    } while (all && !rest.empty());
    return Report(out, output->Finish());
  }
};

}  // namespace

void AddOptimize(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand(
      "optimize",
      "Drops the memo stores that nothing reads, as pickletools.optimize");
  auto optimize = std::make_shared<OptimizeVerb>();
  verb->add_option("IN", optimize->in, "A pickle; - is the standard input")
      ->required();
  verb->add_option("OUT,-o,--output", optimize->out,
                   "The optimized pickle; - (default) is the standard output");
  verb->add_flag("--all", optimize->all, "Every pickle of the file");
  verb->footer(
      "Examples:\n"
      "  pkl5 optimize model.pkl smaller.pkl\n"
      "  pkl5 optimize model.pkl | pkl5 stat -");
  verb->callback([optimize, &run] { run = *optimize; });
}

}  // namespace pickle5::cli

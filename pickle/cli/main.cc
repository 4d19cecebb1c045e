#include <CLI/CLI.hpp>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "pickle/cli/exit_code.h"
#include "pickle/cli/verbs.h"

namespace pickle5::cli {
namespace {

int Main(int argc, char** argv) {
  // A reader that goes away is a failed write, not a death.
  std::signal(SIGPIPE, SIG_IGN);
  // libarchive gives names that are not ASCII only in a locale that has them.
  std::setlocale(LC_CTYPE, "C.UTF-8");
  CLI::App app("Reads and writes Python pickles without Python.\n", "pkl5");
  app.set_version_flag("--version", "pkl5 " PICKLE5_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  app.footer(
      "Exit codes: 0 fine, 1 malformed or not equal, 2 usage, 3 limit "
      "reached, 4 I/O; scan and diff have their own.\n"
      "`pkl5 VERB --help` shows the options of a verb, with examples.");
  Run run;
  AddLoad(app, run);
  AddDump(app, run);
  AddDiff(app, run);
  AddDis(app, run);
  AddVerify(app, run);
  AddConvert(app, run);
  AddOptimize(app, run);
  AddScan(app, run);
  AddStat(app, run);
  AddArchive(app, run);
  AddList(app, run);
  AddExtract(app, run);
  AddShm(app, run);
  AddDoctor(app, run);
  AddConform(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kFine : kUsage;
  }
  return run();
}

}  // namespace
}  // namespace pickle5::cli

int main(int argc, char** argv) {
  try {
    return pickle5::cli::Main(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("pkl5: out of memory\n", stderr);
    return pickle5::cli::kLimit;
  }
}

#ifndef PICKLE5_PICKLE_CLI_VERBS_H_
#define PICKLE5_PICKLE_CLI_VERBS_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "pickle/cli/exit_code.h"

namespace pickle5::cli {

// The action of the chosen verb, run once the command line is parsed.
using Run = std::function<ExitCode()>;

// Each adds its subcommand, one verb a file; the one chosen sets `run`.
void AddLoad(CLI::App& app, Run& run);
void AddDump(CLI::App& app, Run& run);
void AddDiff(CLI::App& app, Run& run);
void AddDis(CLI::App& app, Run& run);
void AddVerify(CLI::App& app, Run& run);
void AddConvert(CLI::App& app, Run& run);
void AddOptimize(CLI::App& app, Run& run);
void AddScan(CLI::App& app, Run& run);
void AddStat(CLI::App& app, Run& run);
void AddArchive(CLI::App& app, Run& run);
void AddList(CLI::App& app, Run& run);
void AddExtract(CLI::App& app, Run& run);
void AddShm(CLI::App& app, Run& run);
void AddDoctor(CLI::App& app, Run& run);
void AddConform(CLI::App& app, Run& run);

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_VERBS_H_

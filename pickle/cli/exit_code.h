#ifndef PICKLE5_PICKLE_CLI_EXIT_CODE_H_
#define PICKLE5_PICKLE_CLI_EXIT_CODE_H_

#include "absl/status/status.h"

namespace pickle5::cli {

// The exit codes of `pkl5`.
enum ExitCode : int {
  kFine = 0,
  kMalformed = 1,  // or not equal
  kUsage = 2,
  kLimit = 3,  // a limit was reached, or memory ran out
  kIo = 4,
  // Verdicts of scan, besides kFine and kMalformed.
  kUnknown = 5,
  kDangerous = 6,
  kUnscanned = 7,
};

// The exit code that a status calls for. Failed system calls are kIo.
ExitCode ExitCodeOf(const absl::Status& status);

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_EXIT_CODE_H_

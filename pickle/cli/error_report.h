#ifndef PICKLE5_PICKLE_CLI_ERROR_REPORT_H_
#define PICKLE5_PICKLE_CLI_ERROR_REPORT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "pickle/cli/exit_code.h"

namespace pickle5::cli {

// Says on the standard error what went wrong with a file, and returns the exit
// code for it. OK statuses say nothing.
ExitCode Report(std::string_view file, const absl::Status& status);

// {"code": ..., "offset": ..., "opcode": ..., "message": ...}; what is not
// known is null.
std::string ErrorJson(const absl::Status& status);

// {"file": ..., "error": {...}} and a newline.
std::string ErrorLine(std::string_view file, const absl::Status& status);

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_ERROR_REPORT_H_

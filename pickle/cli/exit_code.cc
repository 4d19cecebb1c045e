#include "pickle/cli/exit_code.h"

#include "buffers/io_status.h"

namespace pickle5::cli {

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kFine;
  // ENOSPC has the code of a limit.
  if (GetErrno(status)) return kIo;
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
      return kLimit;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
      return kMalformed;
    default:
      return kIo;
  }
}

}  // namespace pickle5::cli

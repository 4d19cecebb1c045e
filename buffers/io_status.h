#ifndef PICKLE5_BUFFERS_IO_STATUS_H_
#define PICKLE5_BUFFERS_IO_STATUS_H_

#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "buffers/export.h"

namespace pickle5 {

// The status of a system call that failed with `error_number` (errno).
//
// The code is absl::ErrnoToStatusCode's; `what` says what was being done and
// to which file. GetErrno() tells such a status from a limit with the same
// code (ENOSPC is ResourceExhausted too).
PICKLE5_EXPORT absl::Status IoStatus(int error_number, std::string_view what);

// The errno behind `status`, if IoStatus() made it.
PICKLE5_EXPORT std::optional<int> GetErrno(const absl::Status& status);

// ResourceExhausted "out of memory": what std::bad_alloc becomes.
PICKLE5_EXPORT absl::Status OutOfMemoryStatus();

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_IO_STATUS_H_

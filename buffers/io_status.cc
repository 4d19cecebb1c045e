#include "buffers/io_status.h"

#include <new>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

namespace pickle5 {
namespace {

constexpr absl::string_view kErrnoPayload = "pickle5/errno";

}  // namespace

absl::Status IoStatus(int error_number, std::string_view what) {
  const absl::StatusCode code = absl::ErrnoToStatusCode(error_number);
  try {
    absl::Status status = absl::ErrnoToStatus(
        error_number, absl::string_view(what.data(), what.size()));
    status.SetPayload(kErrnoPayload, absl::Cord(std::to_string(error_number)));
    return status;
  } catch (const std::bad_alloc&) {
    // A status without a message takes no memory.
    return absl::Status(code, "");
  }
}

std::optional<int> GetErrno(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kErrnoPayload);
  int error_number = 0;
  if (!payload.has_value() ||
      !absl::SimpleAtoi(std::string(*payload), &error_number)) {
    return std::nullopt;
  }
  return error_number;
}

absl::Status OutOfMemoryStatus() {
  try {
    return absl::ResourceExhaustedError("out of memory");
  } catch (const std::bad_alloc&) {
    // A status without a message takes no memory.
    return absl::Status(absl::StatusCode::kResourceExhausted, "");
  }
}

}  // namespace pickle5

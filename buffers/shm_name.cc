#include "buffers/shm_name.h"

#include <climits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace pickle5 {

absl::StatusOr<std::string> ShmName(std::string_view name) {
  if (!name.empty() && name.front() == '/') name.remove_prefix(1);
  if (name.empty() || name.size() >= NAME_MAX || name == "." || name == ".." ||
      name.find('/') != std::string_view::npos ||
      name.find('\0') != std::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a name of shared memory: '", std::string(name), "'"));
  }
  return absl::StrCat("/", std::string(name));
}

}  // namespace pickle5

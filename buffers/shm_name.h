#ifndef PICKLE5_BUFFERS_SHM_NAME_H_
#define PICKLE5_BUFFERS_SHM_NAME_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace pickle5 {

// `name` as shm_open(3) wants it: one leading slash (added where it is
// missing) and 1 to 254 other characters, none a slash. InvalidArgument if it
// cannot be made one.
absl::StatusOr<std::string> ShmName(std::string_view name);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SHM_NAME_H_

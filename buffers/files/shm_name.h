#ifndef PICKLE5_BUFFERS_FILES_SHM_NAME_H_
#define PICKLE5_BUFFERS_FILES_SHM_NAME_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "buffers/system/process_identity.h"

namespace pickle5 {

// The directory in which shm_open(3) keeps its objects on Linux.
inline constexpr char kShmDirectory[] = "/dev/shm";

// `name` as shm_open(3) wants it: one leading slash (added where it is
// missing) and 1 to 254 other characters, none a slash. InvalidArgument if it
// cannot be made one.
absl::StatusOr<std::string> ShmName(std::string_view name);

// A new name, with its slash, for what is not to outlive `owner`; it says who
// that is.
absl::StatusOr<std::string> OwnedShmName(const ProcessIdentity& owner);

// The owner in such a name; nothing if it is another name.
std::optional<ProcessIdentity> OwnerInShmName(std::string_view name);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_SHM_NAME_H_

#ifndef PICKLE5_BUFFERS_SYSTEM_MEMFD_H_
#define PICKLE5_BUFFERS_SYSTEM_MEMFD_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// Unnamed shared memory (memfd_create(2)): it has no name that could be left
// behind, and the kernel frees it when the last descriptor and the last
// mapping are gone, however their processes end.

// A new one of no bytes that may be sealed, closed on exec. `name` is what
// /proc/PID/maps shows. Unimplemented where the system has none.
[[nodiscard]] PICKLE5_EXPORT absl::StatusOr<OwnedFd> CreateMemfd(
    const std::string& name);

// Adds `seals`, F_SEAL_... of fcntl(2).
[[nodiscard]] PICKLE5_EXPORT absl::Status AddSeals(int fd, unsigned seals);

// The seals under which nobody can change bytes or size any more.
PICKLE5_EXPORT unsigned FinalSeals();

// Checks what a receiver must know of a descriptor before it maps it: that it
// is shared memory and has all of `seals`, so that no other process can shorten
// it (a SIGBUS) or, with F_SEAL_WRITE, change it. PermissionDenied if not.
[[nodiscard]] PICKLE5_EXPORT absl::Status CheckSeals(int fd, unsigned seals);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SYSTEM_MEMFD_H_

#ifndef PICKLE5_BUFFERS_SYSTEM_FD_PASSING_H_
#define PICKLE5_BUFFERS_SYSTEM_FD_PASSING_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// Descriptors over a Unix domain socket (SCM_RIGHTS, unix(7)).

// More in one message are refused on both sides.
inline constexpr size_t kMaxPassedFds = 16;

// Sends all of `bytes`, at least one, and with the first of them `fds`, which
// stay the caller's. Continues after EINTR and partial sends, and waits where
// the socket is non-blocking. A peer that went away is EPIPE, never a signal.
[[nodiscard]] PICKLE5_EXPORT absl::Status SendWithFds(
    int socket, std::span<const uint8_t> bytes, std::span<const int> fds);

// Fills all of `bytes`, at least one, and gives the descriptors that came with
// them, closed on exec.
//
// Errors: OutOfRange if the peer closed before the first byte, DataLoss if it
//         did within them or if descriptors were lost (more came than are
//         allowed, or this process may not open more): none stays open then.
[[nodiscard]] PICKLE5_EXPORT absl::StatusOr<std::vector<OwnedFd>>
ReceiveWithFds(int socket, std::span<uint8_t> bytes);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SYSTEM_FD_PASSING_H_

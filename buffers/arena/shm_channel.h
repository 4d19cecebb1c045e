#ifndef PICKLE5_BUFFERS_ARENA_SHM_CHANNEL_H_
#define PICKLE5_BUFFERS_ARENA_SHM_CHANNEL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/arena/shm_handover.h"
#include "buffers/arena/shm_views.h"
#include "buffers/export.h"
#include "buffers/source.h"
#include "buffers/streams/message_limits.h"
#include "buffers/system/mapping.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// One message as a channel delivers it.
struct ShmMessage {
  std::string head;  // the pickle
  std::unique_ptr<BufferSource> buffers;
};

// ResourceExhausted if a peer declares a head of more than `max_bytes`.
[[nodiscard]] PICKLE5_EXPORT absl::Status CheckHeadLength(uint64_t length,
                                                          uint64_t max_bytes);

// One end of a connected Unix stream socket over which pickles go in the stream
// and their buffers as shared memory.
//
// Order:   messages arrive as they were sent. Either end may send.
// Errors:  the first failure in sending, and the first in receiving, sticks.
//          Receive() past the last message is OutOfRange; a peer that dies is
//          that or DataLoss for the receiver, and EPIPE for the sender.
// Threads: one may send while another receives.
// Cost:    a message is two system calls on either side, whatever its size.
class PICKLE5_EXPORT ShmChannel {
 public:
  // A head of more bytes than `max_head_bytes` is refused before memory is
  // taken for it (ResourceExhausted); for peers that are not trusted see
  // MessageLimits::Untrusted().max_pickle_bytes.
  explicit ShmChannel(OwnedFd socket, uint64_t max_head_bytes =
                                          MessageLimits().max_pickle_bytes)
      : socket_(std::move(socket)), max_head_bytes_(max_head_bytes) {}

  // Sends `head` and hands over the buffers. Unless the peer opens them, the
  // memory is held until the channel dies.
  [[nodiscard]] absl::Status Send(std::string_view head, ShmOffer offer);

  [[nodiscard]] absl::StatusOr<ShmMessage> Receive(
      MapAccess access = MapAccess::kCopyOnWrite);

  int fd() const { return socket_.get(); }

 private:
  absl::Status SendOnce(std::string_view head, const ShmOffer& offer);
  absl::StatusOr<ShmMessage> ReceiveOnce(MapAccess access);

  OwnedFd socket_;
  uint64_t max_head_bytes_;
  absl::Status send_status_;
  absl::Status receive_status_;
  std::optional<ArenaId> known_arena_;  // the peer has its descriptors
  std::vector<ShmOffer> sent_;          // which the peer may not have opened
  ShmViews views_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_ARENA_SHM_CHANNEL_H_

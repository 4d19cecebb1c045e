#ifndef PICKLE5_BUFFERS_ARENA_SHM_TOKEN_CHANNEL_H_
#define PICKLE5_BUFFERS_ARENA_SHM_TOKEN_CHANNEL_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/arena/shm_broker.h"
#include "buffers/arena/shm_channel.h"
#include "buffers/arena/shm_handover.h"
#include "buffers/arena/shm_views.h"
#include "buffers/bytes/fd_byte_reader.h"
#include "buffers/bytes/fd_byte_writer.h"
#include "buffers/export.h"
#include "buffers/streams/message_limits.h"
#include "buffers/system/mapping.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// A channel as ShmChannel over what passes bytes but no descriptors: a pipe, a
// terminal, a socket of another family. Beside the pickle goes a token, with
// which the receiver claims the buffers from the sender's broker. Who makes
// one says with it that the other end is a process of the same user on the
// same machine.
//
// A message is 64 bytes, "PKL5TOKN", length of the head (8, little-endian),
// token (32) and zero (16), and the head.

// Ownership: `broker` is borrowed and must live until the last message is
//            claimed.
// Errors:    the first failure sticks.
// Threads:   thread-compatible.
class PICKLE5_EXPORT ShmTokenSender {
 public:
  ShmTokenSender(OwnedFd fd, ShmBroker* broker ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : writer_(std::move(fd)), broker_(broker) {}

  [[nodiscard]] absl::Status Send(std::string_view head, ShmOffer offer);

 private:
  FdByteWriter writer_;
  ShmBroker* const broker_;
  absl::Status status_;
};

// Errors:  OutOfRange past the last message, DataLoss if one is cut short or
//          is none, ResourceExhausted if its head is larger than allowed: these
//          stick. Those of ShmBroker::Claim() and ShmViews::Open() concern one
//          message: the next can be received.
// Threads: thread-compatible.
class PICKLE5_EXPORT ShmTokenReceiver {
 public:
  // `max_head_bytes` as ShmChannel.
  explicit ShmTokenReceiver(
      OwnedFd fd, uint64_t max_head_bytes = MessageLimits().max_pickle_bytes)
      : reader_(std::move(fd)), max_head_bytes_(max_head_bytes) {}

  [[nodiscard]] absl::StatusOr<ShmMessage> Receive(
      MapAccess access = MapAccess::kCopyOnWrite);

 private:
  absl::StatusOr<ShmMessage> ReceiveNext(MapAccess access);
  // Reads a frame and the head after it.
  absl::StatusOr<ShmToken> ReceiveFrame(std::string* head);
  absl::Status ReceiveHead(uint64_t length, std::string* head);

  FdByteReader reader_;
  uint64_t max_head_bytes_;
  absl::Status status_;  // of the stream
  ShmViews views_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_ARENA_SHM_TOKEN_CHANNEL_H_

#ifndef PICKLE5_BUFFERS_STREAMS_MESSAGE_READER_H_
#define PICKLE5_BUFFERS_STREAMS_MESSAGE_READER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/streams/message.h"
#include "buffers/streams/message_head.h"
#include "buffers/streams/message_limits.h"
#include "buffers/streams/stream_pieces.h"
#include "buffers/system/mapping.h"
#include "buffers/system/owned_fd.h"
#include "buffers/system/receive_memory.h"

namespace pickle5 {

// Takes the messages (SOCKET_FORMAT.md) of one stream, one after the other,
// straight into their final memory.
//
// Advance() reads what is there and returns, to be called again when poll() or
// epoll reports the descriptor: for event loops. Read() waits.
//
// Nothing is read beyond the end of a message, so that the descriptor may be
// used for other things between two. Keep the reader for the whole stream: it
// receives into the memory of earlier messages that nobody uses any more.
//
// Lifetime: received Buffers live on when the reader has died. Payloads below
//           ReceiveMemory::kLargeBytes of one message share a block, which
//           lives until the last of them dies.
// Errors:   as SOCKET_FORMAT.md says; Unavailable or what IoStatus() makes of
//           a failed call. The first failure sticks.
// Threads:  thread-compatible.
class PICKLE5_EXPORT MessageReader {
 public:
  explicit MessageReader(
      const MessageLimits& limits = {},
      size_t max_idle_bytes = ReceiveMemory::kDefaultMaxIdleBytes);

  // Takes messages whose buffers are in shared memory, too, and maps them so;
  // before the first Advance(). Without this they are PermissionDenied. Only
  // memory that is sealed against every change is mapped.
  void AcceptSharedMemory(MapAccess access = MapAccess::kCopyOnWrite) {
    shared_memory_ = access;
  }

  // kDone: message() is complete; the next call begins with the next one.
  // kEnd: the peer has closed the stream, between two messages. Sockets never
  // block here; other descriptors do unless O_NONBLOCK is set.
  [[nodiscard]] absl::StatusOr<StreamProgress> Advance(int fd);

  // The next message, waiting for it. OutOfRange at the end of the stream;
  // DeadlineExceeded if nothing comes for `idle_timeout` (for other
  // descriptors than sockets only with O_NONBLOCK).
  [[nodiscard]] absl::StatusOr<Message> Read(
      int fd,
      std::optional<std::chrono::milliseconds> idle_timeout = std::nullopt);

  // The last complete one, until the next Advance(). May be moved from.
  Message& message() ABSL_ATTRIBUTE_LIFETIME_BOUND { return message_; }

  // True while part of a message was read.
  bool in_message() const {
    return step_ != Step::kHeader ||
           (!pieces_.done() && pieces_.left() < kMessageHeaderSize);
  }

 private:
  enum class Step : uint8_t { kHeader, kTable, kPayloads };

  void BeginHeader();
  absl::Status EndHeader();
  // Makes room for the next bytes of the table.
  void GrowTable();
  absl::Status EndTable();
  // Maps the buffers of a message in shared memory.
  absl::Status MapBuffers();
  // Ends a step whose bytes have come. True if the message is complete.
  absl::StatusOr<bool> EndStep();
  absl::StatusOr<StreamProgress> AdvanceSteps(int fd);
  absl::Status CutShort() const;

  MessageLimits limits_;
  ReceiveMemory memory_;
  std::optional<MapAccess> shared_memory_;
  OwnedFd received_fd_;  // of the message that comes in
  Step step_ = Step::kHeader;
  // On the heap, so that pieces_ stays right when the reader is moved.
  std::vector<char> header_bytes_;
  MessageHeader header_;
  std::vector<char> table_;
  StreamPieces pieces_;  // what the step has still to fill
  Message incoming_;     // its buffers are filled by kPayloads
  Message message_;
  absl::Status status_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_STREAMS_MESSAGE_READER_H_

#ifndef PICKLE5_BUFFERS_STREAMS_MESSAGE_WRITER_H_
#define PICKLE5_BUFFERS_STREAMS_MESSAGE_WRITER_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/streams/message.h"
#include "buffers/streams/stream_pieces.h"

namespace pickle5 {

// One message (SOCKET_FORMAT.md) on its way into a stream: a socket, a pipe.
//
// The bytes go to the descriptor straight from where they are. Where the
// stream takes no more, Advance() returns and is called again later: for event
// loops. SocketSink is the same as a BufferSink that waits.
//
// Ownership: holds the message until the writer dies. The bytes must not
//            change before Advance() has returned kDone.
// Errors:    the first failure sticks; the stream then holds part of a message
//            and is to be closed.
// Threads:   thread-compatible.
class PICKLE5_EXPORT MessageWriter {
 public:
  // InvalidArgument if a buffer is not contiguous, or if there are both buffers
  // and memory.
  [[nodiscard]] static absl::StatusOr<MessageWriter> Create(Message message);

  // Writes as much as `fd` takes now: kDone or kWouldBlock. Sockets never
  // block here; other descriptors do unless O_NONBLOCK is set. Always the same
  // `fd`.
  [[nodiscard]] absl::StatusOr<StreamProgress> Advance(int fd);

  // Writes all of it, waiting where needed. DeadlineExceeded if the stream
  // takes nothing for `idle_timeout` (for other descriptors than sockets only
  // with O_NONBLOCK).
  [[nodiscard]] absl::Status Write(
      int fd,
      std::optional<std::chrono::milliseconds> idle_timeout = std::nullopt);

  // Bytes that have still to be written.
  uint64_t left() const { return pieces_.left(); }

 private:
  MessageWriter(Message message, std::string head);

  Message message_;
  std::string head_;
  StreamPieces pieces_;
  absl::Status status_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_STREAMS_MESSAGE_WRITER_H_

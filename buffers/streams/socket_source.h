#ifndef PICKLE5_BUFFERS_STREAMS_SOCKET_SOURCE_H_
#define PICKLE5_BUFFERS_STREAMS_SOCKET_SOURCE_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/attributes.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/export.h"
#include "buffers/source.h"
#include "buffers/streams/message.h"
#include "buffers/streams/message_reader.h"

namespace pickle5 {

// Gives the buffers of one message that a SocketSink, or whoever writes
// SOCKET_FORMAT.md, has sent.
//
// Errors: as MessageReader.
// Cost:   what was received is handed out as it lies; nothing is copied again,
//         and what came in shared memory not at all.
class PICKLE5_EXPORT SocketSource final : public BufferSource {
 public:
  // Takes a message that a reader has received: for event loops.
  explicit SocketSource(Message message) : message_(std::move(message)) {}

  // Waits for the next message of the stream.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<SocketSource>> Receive(
      MessageReader& reader, int fd,
      std::optional<std::chrono::milliseconds> idle_timeout = std::nullopt);

  // The pickle that Document::LoadBorrowed() takes, with this source.
  const Buffer& pickle() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return message_.pickle;
  }

 protected:
  absl::StatusOr<Buffer> NextBuffer() override;

 private:
  Message message_;
  size_t next_ = 0;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_STREAMS_SOCKET_SOURCE_H_

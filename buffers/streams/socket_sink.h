#ifndef PICKLE5_BUFFERS_STREAMS_SOCKET_SINK_H_
#define PICKLE5_BUFFERS_STREAMS_SOCKET_SINK_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/export.h"
#include "buffers/sink.h"
#include "buffers/streams/message.h"

namespace pickle5 {

// Sends the buffers, behind the pickle that they belong to, as one message
// (SOCKET_FORMAT.md) into a stream: a socket, a pipe. Its counterpart is
// SocketSource.
//
// The buffers are kept by reference until Close() sends them straight from
// their memory. For an event loop, which must not wait, take a MemorySink and
// a MessageWriter.
//
// Order:     SetPickle() when the pickle is written, then Close().
// Ownership: `fd` is borrowed and stays open.
// Errors:    as MessageWriter.
class PICKLE5_EXPORT SocketSink final : public BufferSink {
 public:
  struct Options {
    // How long the peer may take nothing.
    std::optional<std::chrono::milliseconds> idle_timeout = std::nullopt;
    // From so many bytes of buffers on, a peer at the other end of a Unix
    // socket gets them as sealed shared memory, of which any number of readers
    // hold one copy. For sending to one reader once, this costs more time than
    // the socket. The peer has to AcceptSharedMemory(). Unset: never.
    std::optional<uint64_t> shared_memory_from = std::nullopt;
  };

  explicit SocketSink(int fd) : SocketSink(fd, Options()) {}
  SocketSink(int fd, const Options& options) : fd_(fd), options_(options) {}

  // Without one the message holds an empty pickle.
  void SetPickle(Buffer pickle) { pickle_ = std::move(pickle); }

 protected:
  absl::StatusOr<Placement> AcceptBuffer(const Buffer& buffer) override;
  absl::Status Publish() override;

 private:
  // Moves the buffers of `message` to shared memory.
  static absl::Status Share(Message* message);

  int fd_;
  Options options_;
  Buffer pickle_;
  std::vector<Buffer> buffers_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_STREAMS_SOCKET_SINK_H_

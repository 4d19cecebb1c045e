#include "buffers/streams/socket_source.h"

#include <new>

#include "buffers/io_status.h"

namespace pickle5 {

absl::StatusOr<std::unique_ptr<SocketSource>> SocketSource::Receive(
    MessageReader& reader, int fd,
    std::optional<std::chrono::milliseconds> idle_timeout) {
  absl::StatusOr<Message> message = reader.Read(fd, idle_timeout);
  if (!message.ok()) return message.status();
  try {
    return std::make_unique<SocketSource>(*std::move(message));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<Buffer> SocketSource::NextBuffer() {
  if (next_ == message_.buffers.size()) return EndOfBuffers();
  Buffer buffer = std::move(message_.buffers[next_++]);
  if (message_.is_mapped) {
    CountMapped(buffer.nbytes());
  } else {
    CountCopied(buffer.nbytes());
  }
  return buffer;
}

}  // namespace pickle5

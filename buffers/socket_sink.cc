#include "buffers/socket_sink.h"

#include <utility>

#include "buffers/message.h"
#include "buffers/message_writer.h"

namespace pickle5 {

absl::StatusOr<BufferSink::Placement> SocketSink::AcceptBuffer(
    const Buffer& buffer) {
  buffers_.push_back(buffer);
  CountCopied(buffer.nbytes());
  return Placement::kOutOfBand;
}

absl::Status SocketSink::Publish() {
  absl::StatusOr<MessageWriter> writer = MessageWriter::Create(
      Message{std::exchange(pickle_, Buffer()), std::exchange(buffers_, {})});
  if (!writer.ok()) return writer.status();
  return writer->Write(fd_, options_.idle_timeout);
}

}  // namespace pickle5

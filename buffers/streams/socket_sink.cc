#include "buffers/streams/socket_sink.h"

#include <sys/socket.h>

#include <memory>
#include <utility>

#include "buffers/files/memfd_sink.h"
#include "buffers/streams/message.h"
#include "buffers/streams/message_writer.h"

namespace pickle5 {
namespace {

bool IsUnixSocket(int fd) {
  struct sockaddr_storage address = {};
  socklen_t length = sizeof(address);
  return ::getsockname(fd, reinterpret_cast<struct sockaddr*>(&address),
                       &length) == 0 &&
         address.ss_family == AF_UNIX;
}

}  // namespace

absl::StatusOr<BufferSink::Placement> SocketSink::AcceptBuffer(
    const Buffer& buffer) {
  buffers_.push_back(buffer);
  CountCopied(buffer.nbytes());
  return Placement::kOutOfBand;
}

absl::Status SocketSink::Share(Message* message) {
  absl::StatusOr<std::unique_ptr<MemfdSink>> memory = MemfdSink::Create();
  if (!memory.ok()) return memory.status();
  for (const Buffer& buffer : message->buffers) {
    const absl::StatusOr<Placement> placement = (*memory)->Accept(buffer);
    if (!placement.ok()) return placement.status();
  }
  absl::Status status = (*memory)->Close();
  if (!status.ok()) return status;
  message->buffers.clear();
  message->memory = std::make_shared<const OwnedFd>((*memory)->TakeFd());
  return absl::OkStatus();
}

absl::Status SocketSink::Publish() {
  Message message{std::exchange(pickle_, Buffer()),
                  std::exchange(buffers_, {})};
  if (options_.shared_memory_from.has_value() && !message.buffers.empty() &&
      counters().bytes >= *options_.shared_memory_from && IsUnixSocket(fd_)) {
    absl::Status status = Share(&message);
    if (!status.ok()) return status;
  }
  absl::StatusOr<MessageWriter> writer =
      MessageWriter::Create(std::move(message));
  if (!writer.ok()) return writer.status();
  return writer->Write(fd_, options_.idle_timeout);
}

}  // namespace pickle5

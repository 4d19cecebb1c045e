// Sockets: the bytes go through the kernel into memory of the receiver's own.

#include <utility>

#include "bench/buffers/transport.h"
#include "buffers/streams/message_reader.h"
#include "buffers/streams/socket_sink.h"
#include "buffers/streams/socket_source.h"

namespace pickle5::bench {
namespace {

class SocketTransport final : public Transport {
 public:
  explicit SocketTransport(OwnedFd socket) : socket_(std::move(socket)) {}

  absl::Status Send(const Buffer& object) override {
    SocketSink sink(socket_.get());
    if (auto placed = sink.Accept(object); !placed.ok()) {
      return placed.status();
    }
    return sink.Close();
  }

  absl::StatusOr<Buffer> Receive() override {
    const auto source = SocketSource::Receive(reader_, socket_.get());
    if (!source.ok()) return source.status();
    return (*source)->Next();
  }

 private:
  OwnedFd socket_;
  MessageReader reader_;
};

}  // namespace

std::unique_ptr<Transport> MakeSocket(OwnedFd socket) {
  return std::make_unique<SocketTransport>(std::move(socket));
}

}  // namespace pickle5::bench

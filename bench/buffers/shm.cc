// Shared memory: blocks of a recycled arena, or sealed memory for each message.

#include <utility>

#include "bench/buffers/transport.h"
#include "buffers/arena/arena_sink.h"
#include "buffers/arena/shm_arena.h"
#include "buffers/arena/shm_channel.h"

namespace pickle5::bench {
namespace {

class ShmTransport final : public Transport {
 public:
  ShmTransport(OwnedFd socket, bool use_arena, MapAccess access)
      : channel_(std::move(socket)), use_arena_(use_arena), access_(access) {}

  absl::Status Send(const Buffer& object) override {
    ArenaSink sink(use_arena_ ? &arena_ : nullptr);
    if (auto placed = sink.Accept(object); !placed.ok()) {
      return placed.status();
    }
    absl::Status closed = sink.Close();
    if (!closed.ok()) return closed;
    if (sink.in_arena() != use_arena_) {
      return absl::InternalError("the message is not where it should be");
    }
    absl::StatusOr<ShmOffer> offer = sink.Offer();
    if (!offer.ok()) return offer.status();
    return channel_.Send("", *std::move(offer));
  }

  absl::StatusOr<Buffer> Receive() override {
    const absl::StatusOr<ShmMessage> message = channel_.Receive(access_);
    if (!message.ok()) return message.status();
    return message->buffers->Next();
  }

 private:
  ShmArena arena_;
  ShmChannel channel_;
  const bool use_arena_;
  const MapAccess access_;
};

}  // namespace

std::unique_ptr<Transport> MakeArenaReadonly(OwnedFd socket) {
  return std::make_unique<ShmTransport>(std::move(socket), /*use_arena=*/true,
                                        MapAccess::kReadOnly);
}

std::unique_ptr<Transport> MakeArenaWritable(OwnedFd socket) {
  return std::make_unique<ShmTransport>(std::move(socket), /*use_arena=*/true,
                                        MapAccess::kCopyOnWrite);
}

std::unique_ptr<Transport> MakeMemfd(OwnedFd socket) {
  return std::make_unique<ShmTransport>(std::move(socket), /*use_arena=*/false,
                                        MapAccess::kCopyOnWrite);
}

}  // namespace pickle5::bench

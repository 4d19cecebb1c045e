#include "bench/buffers/fan_out.h"

#include <unistd.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>

#include "bench/buffers/object.h"
#include "bench/buffers/peer_process.h"
#include "bench/buffers/process_memory.h"
#include "buffers/arena/arena_sink.h"
#include "buffers/arena/shm_arena.h"
#include "buffers/arena/shm_channel.h"

namespace pickle5::bench {
namespace {

// A channel to one reader; the message comes from elsewhere.
class Reader final : public Transport {
 public:
  explicit Reader(OwnedFd socket) : channel_(std::move(socket)) {}

  absl::Status Send(const Buffer&) override {
    return absl::UnimplementedError("a reader is sent offers");
  }
  absl::Status SendOffer(ShmOffer offer) {
    return channel_.Send("", std::move(offer));
  }
  absl::StatusOr<Buffer> Receive() override {
    const absl::StatusOr<ShmMessage> message =
        channel_.Receive(MapAccess::kReadOnly);
    if (!message.ok()) return message.status();
    return message->buffers->Next();
  }

 private:
  ShmChannel channel_;
};

using Readers = std::vector<std::unique_ptr<PeerProcess>>;

double PhysicalMemory(const Readers& readers) {
  uint64_t bytes = ProportionalMemory(::getpid());
  for (const auto& reader : readers) bytes += ProportionalMemory(reader->pid());
  return static_cast<double>(bytes);
}

absl::Status SendToAll(const Buffer& object, Readers& readers,
                       ArenaSink* sink) {
  if (auto placed = sink->Accept(object); !placed.ok()) return placed.status();
  absl::Status status = sink->Close();
  for (const auto& reader : readers) {
    if (!status.ok()) return status;
    absl::StatusOr<ShmOffer> offer = sink->Offer();
    if (!offer.ok()) return offer.status();
    // All readers are made below.
    status =
        static_cast<Reader&>(reader->transport()).SendOffer(*std::move(offer));
  }
  return status;
}

}  // namespace

std::optional<double> MeasureFanOut(int readers, size_t size) {
  Readers all;
  for (int i = 0; i < readers; ++i) {
    all.push_back(
        PeerProcess::Start([](OwnedFd socket) -> std::unique_ptr<Transport> {
          return std::make_unique<Reader>(std::move(socket));
        }));
    if (all.back() == nullptr) return std::nullopt;
  }
  const std::optional<Buffer> object = MakeObject(size, 1);
  if (!object) return std::nullopt;
  const double before = PhysicalMemory(all);
  ShmArena arena;
  ArenaSink sink(&arena);
  const absl::Status sent = SendToAll(*object, all, &sink);
  if (!sent.ok()) {
    std::cerr << sent << "\n";
    return std::nullopt;
  }
  for (const auto& reader : all) {
    const std::optional<Reply> reply = reader->WaitForReply();
    if (!reply || reply->sum != SumOfLines(*object)) return std::nullopt;
  }
  return PhysicalMemory(all) - before;
}

}  // namespace pickle5::bench

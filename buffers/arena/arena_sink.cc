#include "buffers/arena/arena_sink.h"

#include <new>
#include <utility>

#include "buffers/files/memfd_sink.h"
#include "buffers/io_status.h"

namespace pickle5 {

ArenaSink::~ArenaSink() = default;

absl::StatusOr<BufferSink::Placement> ArenaSink::AcceptBuffer(
    const Buffer& buffer) {
  buffers_.push_back(buffer);
  CountCopied(buffer.nbytes());
  return Placement::kOutOfBand;
}

absl::Status ArenaSink::Publish() {
  const std::vector<Buffer> buffers = std::exchange(buffers_, {});
  if (arena_ != nullptr) {
    absl::StatusOr<ArenaMessage> message = arena_->Write(buffers);
    if (message.ok()) {
      message_.emplace(*std::move(message));
      return absl::OkStatus();
    }
  }
  const absl::StatusOr<std::unique_ptr<MemfdSink>> sink = MemfdSink::Create();
  if (!sink.ok()) return sink.status();
  for (const Buffer& buffer : buffers) {
    const absl::StatusOr<Placement> placement = (*sink)->Accept(buffer);
    if (!placement.ok()) return placement.status();
  }
  absl::Status closed = (*sink)->Close();
  if (!closed.ok()) return closed;
  memfd_ = std::make_shared<const OwnedFd>((*sink)->TakeFd());
  return absl::OkStatus();
}

absl::StatusOr<ShmOffer> ArenaSink::Offer() const {
  try {
    if (memfd_ != nullptr) return ShmOffer::OfMemfd(memfd_);
    if (message_) return ShmOffer::OfArena(*message_);
    return absl::FailedPreconditionError("the sink was not closed");
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5

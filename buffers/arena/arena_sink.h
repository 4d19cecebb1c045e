#ifndef PICKLE5_BUFFERS_ARENA_ARENA_SINK_H_
#define PICKLE5_BUFFERS_ARENA_ARENA_SINK_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/arena/arena_memory.h"
#include "buffers/arena/shm_arena.h"
#include "buffers/arena/shm_handover.h"
#include "buffers/export.h"
#include "buffers/sink.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// Writes the buffers to shared memory that other processes are then offered: to
// blocks of an arena, or where that fails for any reason (it has none free,
// there is no arena, the machine refuses it) to sealed memory of their own. The
// counterpart is ShmViews::Open().
//
// Ownership: `arena` is borrowed, during Close() only. The sink keeps the
//            buffers until then: what is borrowed must live, and be the same,
//            until Close() returns.
// Lifetime:  the blocks of the message are not used again while the sink, an
//            offer or a receiver's Buffer lives.
// Cost:      each byte is copied once, by Close(), however many receivers.
class PICKLE5_EXPORT ArenaSink final : public BufferSink {
 public:
  // `arena` may be nullptr.
  explicit ArenaSink(ShmArena* arena) : arena_(arena) {}
  ~ArenaSink() override;

  // Offers the message to one more receiver. FailedPrecondition before
  // Close() has succeeded, ResourceExhausted without memory or a free lease.
  [[nodiscard]] absl::StatusOr<ShmOffer> Offer() const;

  // Returns whether the message is in the arena.
  bool in_arena() const { return message_.has_value(); }

 protected:
  absl::StatusOr<Placement> AcceptBuffer(const Buffer& buffer) override;
  absl::Status Publish() override;

 private:
  ShmArena* arena_;
  std::vector<Buffer> buffers_;
  std::optional<ArenaMessage> message_;
  std::shared_ptr<const OwnedFd> memfd_;  // where there is no message_
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_ARENA_ARENA_SINK_H_

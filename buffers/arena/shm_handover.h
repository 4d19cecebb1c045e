#ifndef PICKLE5_BUFFERS_ARENA_SHM_HANDOVER_H_
#define PICKLE5_BUFFERS_ARENA_SHM_HANDOVER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "buffers/arena/arena_memory.h"
#include "buffers/arena/lease_table.h"
#include "buffers/export.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// The record that travels beside the descriptors when the buffers of one
// message are handed to another process: where in which memory they are.
//
// Encoded: magic "PKL5HAND", then little-endian version 1 (4 bytes), kind (4),
// arena (16), slot (4), generation (4), offset (8), length (8) and head_length
// (8): kShmHandoverSize bytes.
struct ShmHandoverHeader {
  enum class Kind : uint32_t {
    kMemfd = 1,  // one descriptor: sealed memory, all of which is the message
    kArena = 2,  // arena and leases: two descriptors, or none if known
  };

  Kind kind = Kind::kMemfd;
  ArenaId arena{};  // this and the rest of an arena only
  LeaseId lease;
  uint64_t offset = 0;
  uint64_t length = 0;
  uint64_t head_length = 0;  // of what a channel sends behind it
};

inline constexpr size_t kShmHandoverSize = 64;
using ShmHandoverBytes = std::array<uint8_t, kShmHandoverSize>;

PICKLE5_EXPORT ShmHandoverBytes
EncodeShmHandover(const ShmHandoverHeader& header);
// DataLoss if the bytes are no such header.
PICKLE5_EXPORT absl::StatusOr<ShmHandoverHeader> DecodeShmHandover(
    std::span<const uint8_t> bytes);

// One message as it is handed to one receiver, from the sender's side.
//
// Lifetime: until the receiver has opened it, or the offer has died. An offer
//           of arena blocks that dies before takes them back; one of sealed
//           memory holds a descriptor of it.
class PICKLE5_EXPORT ShmOffer {
 public:
  ShmOffer(ShmOffer&& other) noexcept;
  ShmOffer& operator=(ShmOffer&& other) noexcept;
  ~ShmOffer();

  // Of memory under FinalSeals().
  static ShmOffer OfMemfd(std::shared_ptr<const OwnedFd> memfd);
  // Of a message in an arena. ResourceExhausted if it has no free lease.
  [[nodiscard]] static absl::StatusOr<ShmOffer> OfArena(
      const ArenaMessage& message);

  const ShmHandoverHeader& header() const { return header_; }
  // The descriptors that the receiver needs: none for an arena that it knows.
  std::vector<int> fds() const;

  // Returns whether nobody has opened it yet. Of sealed memory that is not
  // known.
  bool is_open() const;

 private:
  ShmOffer() = default;
  void Revoke();

  ShmHandoverHeader header_;
  std::shared_ptr<const OwnedFd> memfd_;
  std::shared_ptr<ArenaMemory> arena_;
};

// The same from the receiver's side.
struct ShmHandover {
  ShmHandoverHeader header;
  std::vector<OwnedFd> fds;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_ARENA_SHM_HANDOVER_H_

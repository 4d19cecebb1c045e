#ifndef PICKLE5_BUFFERS_ARENA_LEASE_TABLE_H_
#define PICKLE5_BUFFERS_ARENA_LEASE_TABLE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// Names an arena all over the machine: 128 random bits.
using ArenaId = std::array<uint8_t, 16>;

// A run of blocks of an arena.
struct BlockRun {
  uint32_t first = 0;
  uint32_t count = 0;
};

// A lease: one slot of the table, in one of its uses.
struct LeaseId {
  uint32_t slot = 0;
  uint32_t generation = 0;
};

// One user of the table as the others see it: an index, held by a lock on a
// byte of the table's memory. The kernel drops the lock when the last copy of
// the descriptor is closed, so that an owner who was killed is known to be
// dead, in whatever process id namespace it was.
struct LeaseOwner {
  static constexpr uint16_t kNobody = 0xffff;

  uint16_t index = kNobody;
  OwnedFd lock;
};

// Who uses which blocks of an arena, in memory that all of its users map.
//
// A slot is free, offered (its blocks wait for somebody to take them), taken by
// an owner, or pinned for good. Every change is one compare-and-swap of one
// word, so that a user who dies at any moment leaves a table that is right:
// slots of dead owners are free as soon as somebody looks.
//
// Threads: safe, between processes too.
class PICKLE5_EXPORT LeaseTable {
 public:
  static constexpr uint32_t kSlots = 4096;
  static constexpr uint16_t kSender = 0;  // the owner who made the table
  static constexpr uint16_t kMaxOwners = 1024;

  // A new table, of which this process is the sender.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<LeaseTable>> Create(
      const ArenaId& id, uint32_t blocks);

  // The table behind a descriptor that its sender passed on; this process
  // becomes a new owner. `fd` is borrowed and is to be closed soon: while it is
  // open its sender seems to live. PermissionDenied if the table could be
  // shortened, DataLoss if it is none, Unavailable if it has kMaxOwners.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<LeaseTable>> Open(int fd);

  LeaseTable(const LeaseTable&) = delete;
  LeaseTable& operator=(const LeaseTable&) = delete;
  ~LeaseTable();

  int fd() const { return fd_.get(); }
  const ArenaId& id() const;
  uint32_t blocks() const;

  // This process as an owner.
  uint16_t owner() const { return owner_; }

  // One more owner, which a child is to become after fork().
  [[nodiscard]] absl::StatusOr<LeaseOwner> NewOwner();
  // Gives up the owner that this process was before, without its leases. As
  // nobody it takes no further ones.
  void Become(LeaseOwner owner);

  // A free slot for `run`, taken or offered. None if all slots are in use.
  std::optional<LeaseId> Take(BlockRun run, uint16_t owner);
  std::optional<LeaseId> Offer(BlockRun run);

  // Takes an offered slot. False if it was taken or revoked before.
  bool Accept(LeaseId lease);
  // Frees an offered slot. False if it is not, any more.
  bool Revoke(LeaseId lease);
  // Frees a slot that this owner has taken.
  void Release(LeaseId lease);
  // Keeps the blocks of a slot that this owner has taken from being used again.
  void Pin(LeaseId lease);

  bool IsOffered(LeaseId lease) const;
  // The blocks of a slot that is in use; clipped to the arena.
  BlockRun RunOf(LeaseId lease) const;

  // Frees the slots of dead owners, then calls `use` for every run in use.
  void ForEachRun(const std::function<void(BlockRun)>& use);

  // Returns whether the sender has said that it will send no more, or is dead.
  bool retired() const;
  void Retire();

 private:
  struct Memory;

  LeaseTable(OwnedFd fd, Memory* memory)
      : fd_(std::move(fd)), memory_(memory) {}

  static absl::StatusOr<std::unique_ptr<LeaseTable>> Map(OwnedFd fd);
  std::optional<LeaseId> FromFree(BlockRun run, uint64_t state);
  // Locks the byte of an index that nobody has, through `fd`.
  absl::StatusOr<uint16_t> LockFreeOwner(int fd);
  bool IsAlive(uint16_t owner) const;
  void DropOwner(uint16_t owner);
  BlockRun Clipped(uint64_t run) const;

  OwnedFd fd_;  // its open file description holds the owner's lock
  Memory* const memory_;
  uint16_t owner_ = kSender;
  std::atomic<uint32_t> next_slot_{0};  // where a free one is probable
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_ARENA_LEASE_TABLE_H_

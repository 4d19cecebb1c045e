#ifndef PICKLE5_BUFFERS_ARENA_ARENA_MEMORY_H_
#define PICKLE5_BUFFERS_ARENA_ARENA_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/arena/lease_table.h"
#include "buffers/buffer.h"
#include "buffers/export.h"
#include "buffers/system/fork_mutex.h"
#include "buffers/system/fork_observer.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

class ArenaMessage;

// Blocks of an arena: what is leased, and the size of a huge page.
inline constexpr size_t kArenaBlockSize = size_t{2} << 20;

// The memory of one arena in the process that sends: sealed unnamed shared
// memory that stays mapped, so that a block which was used before is written
// without a page fault, and the table of its leases.
//
// Ownership: messages and offers share it. When the last is gone, receivers
//            keep what they have mapped.
// Errors:    a block is allocated before it is first written: memory that is
//            not there is a status and never a SIGBUS.
// Threads:   safe. In a child after fork() it is foreign: it gives nothing and
//            takes nothing back.
class PICKLE5_EXPORT ArenaMemory final
    : public std::enable_shared_from_this<ArenaMemory>,
      private ForkObserver {
 public:
  [[nodiscard]] static absl::StatusOr<std::shared_ptr<ArenaMemory>> Create(
      uint64_t capacity);
  ~ArenaMemory();

  // Lays the buffers out in free blocks, as BUFFER_FILE_FORMAT.md says and
  // without digests. ResourceExhausted if no run of blocks is free that could
  // hold them. Precondition: all are contiguous.
  [[nodiscard]] absl::StatusOr<ArenaMessage> Write(
      std::span<const Buffer> buffers);

  bool foreign() const { return leases_ == nullptr; }
  const ArenaId& id() const { return id_; }
  // Memory and leases.
  std::vector<int> fds() const;

  bool IsOffered(LeaseId lease) const;
  void Revoke(LeaseId lease);

 private:
  friend class ArenaMessage;

  ArenaMemory(OwnedFd fd, uint8_t* data, uint32_t blocks,
              std::unique_ptr<LeaseTable> leases);

  void BeforeFork() override;
  void AfterForkInParent() override;
  void AfterForkInChild() override;

  // Finds free blocks, allocates their memory, and leases them to us.
  absl::StatusOr<LeaseId> TakeBlocks(uint32_t count);
  absl::Status Allocate(BlockRun run);

  ForkMutex mutex_;  // one at a time looks for free blocks
  OwnedFd fd_;
  uint8_t* data_;  // not mapped in a child
  const uint32_t blocks_;
  std::vector<bool> allocated_;         // by block
  std::unique_ptr<LeaseTable> leases_;  // nullptr: foreign
  const ArenaId id_;
};

// A message in an arena; its blocks are not used again while it lives.
class PICKLE5_EXPORT ArenaMessage {
 public:
  ArenaMessage(ArenaMessage&& other) noexcept = default;
  ArenaMessage& operator=(ArenaMessage&&) = delete;
  ~ArenaMessage();

  const std::shared_ptr<ArenaMemory>& memory() const { return memory_; }
  uint64_t offset() const { return offset_; }
  uint64_t length() const { return length_; }

  // A lease on the same blocks for somebody else. ResourceExhausted if there
  // is no free one, FailedPrecondition in a child of who wrote it.
  [[nodiscard]] absl::StatusOr<LeaseId> OfferLease() const;

 private:
  friend class ArenaMemory;

  ArenaMessage(std::shared_ptr<ArenaMemory> memory, LeaseId lease,
               uint64_t offset, uint64_t length)
      : memory_(std::move(memory)),
        lease_(lease),
        offset_(offset),
        length_(length) {}

  std::shared_ptr<ArenaMemory> memory_;  // nullptr: moved from
  LeaseId lease_;
  uint64_t offset_;
  uint64_t length_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_ARENA_ARENA_MEMORY_H_

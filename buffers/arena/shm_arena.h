#ifndef PICKLE5_BUFFERS_ARENA_SHM_ARENA_H_
#define PICKLE5_BUFFERS_ARENA_SHM_ARENA_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "buffers/arena/arena_memory.h"
#include "buffers/buffer.h"
#include "buffers/export.h"
#include "buffers/system/fork_mutex.h"
#include "buffers/system/fork_observer.h"

namespace pickle5 {

// Shared memory that a process uses again and again for the messages it sends
// (ArenaSink): first-touch page faults, which cost several times what copying
// does, are paid once.
//
// A block of a message is used again when its sink, its offers and all Buffers
// of its receivers are gone, or the receivers are: a receiver that is killed
// holds nothing.
//
// Lifetime: memory once used stays until Trim() or the end of the arena, and
//           with a receiver until it has seen either.
// Threads:  safe. A child after fork() gets an arena of its own with its first
//           message; its parent's it leaves alone.
// Cost:     a message in used blocks is one copy, without system calls; one of
//           64 MiB or more is copied by up to 4 threads.
class PICKLE5_EXPORT ShmArena final : private ForkObserver {
 public:
  // The bytes that may be in use at once; memory is taken as messages need it.
  static constexpr uint64_t kDefaultCapacity = uint64_t{4} << 30;

  explicit ShmArena(uint64_t capacity = kDefaultCapacity);
  ~ShmArena();

  // ResourceExhausted if no free blocks can hold the buffers, or the machine
  // has no memory. Precondition: all are contiguous.
  [[nodiscard]] absl::StatusOr<ArenaMessage> Write(
      std::span<const Buffer> buffers);

  // Gives up the memory; the next message starts anew. Messages that are under
  // way, or received, keep theirs.
  void Trim();

 private:
  void BeforeFork() override;
  void AfterForkInParent() override;
  void AfterForkInChild() override;

  absl::StatusOr<std::shared_ptr<ArenaMemory>> Memory();

  const uint64_t capacity_;
  ForkMutex mutex_;
  std::shared_ptr<ArenaMemory> memory_;  // nullptr until it is needed
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_ARENA_SHM_ARENA_H_

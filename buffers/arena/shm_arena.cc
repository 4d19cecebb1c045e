#include "buffers/arena/shm_arena.h"

#include <mutex>
#include <new>
#include <utility>

#include "buffers/io_status.h"

namespace pickle5 {

ShmArena::ShmArena(uint64_t capacity) : capacity_(capacity) {
  StartObserving();
}

ShmArena::~ShmArena() { StopObserving(); }

void ShmArena::BeforeFork() { mutex_.lock(); }
void ShmArena::AfterForkInParent() { mutex_.unlock(); }
void ShmArena::AfterForkInChild() { mutex_.unlock(); }

absl::StatusOr<std::shared_ptr<ArenaMemory>> ShmArena::Memory() {
  {
    const std::lock_guard<ForkMutex> lock(mutex_);
    if (memory_ != nullptr && !memory_->foreign()) return memory_;
  }
  // Memory is born and dies without the lock: it starts and stops to observe
  // forks, and a fork takes this lock when it has stopped that.
  absl::StatusOr<std::shared_ptr<ArenaMemory>> memory =
      ArenaMemory::Create(capacity_);
  if (!memory.ok()) return memory.status();
  std::shared_ptr<ArenaMemory> dropped = *std::move(memory);
  const std::lock_guard<ForkMutex> lock(mutex_);
  if (memory_ == nullptr || memory_->foreign()) std::swap(memory_, dropped);
  return memory_;
}

absl::StatusOr<ArenaMessage> ShmArena::Write(std::span<const Buffer> buffers) {
  try {
    const absl::StatusOr<std::shared_ptr<ArenaMemory>> memory = Memory();
    if (!memory.ok()) return memory.status();
    return (*memory)->Write(buffers);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

void ShmArena::Trim() {
  std::shared_ptr<ArenaMemory> dropped;
  const std::lock_guard<ForkMutex> lock(mutex_);
  dropped = std::move(memory_);
}

}  // namespace pickle5

#include "buffers/system/receive_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <limits>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "buffers/io_status.h"
#include "buffers/system/fork_mutex.h"
#include "buffers/system/fork_observer.h"

namespace pickle5 {
namespace {

constexpr size_t kPage = ReceiveMemory::kLargeBytes;

struct Block {
  void* memory = nullptr;
  size_t size = 0;
};

// Huge pages need an aligned start: maps one page more and cuts the ends off.
Block MapBlock(size_t size) {
  const size_t mapped = size + kPage;
  void* const memory =
      ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return {};
  uint8_t* const start = static_cast<uint8_t*>(memory);
  const size_t head =
      (kPage - reinterpret_cast<uintptr_t>(start) % kPage) % kPage;
  if (head != 0) ::munmap(start, head);
  ::munmap(start + head + size, kPage - head);
#ifdef MADV_HUGEPAGE
  ::madvise(start + head, size, MADV_HUGEPAGE);
#endif
  return {start + head, size};
}

}  // namespace

class ReceiveMemory::Blocks final : private ForkObserver {
 public:
  explicit Blocks(size_t max_idle_bytes) : max_idle_bytes_(max_idle_bytes) {
    // So that Give(), which runs in destructors, need not allocate.
    idle_.reserve(kMaxIdle);
    StartObserving();
  }
  ~Blocks() {
    StopObserving();
    Free(idle_);
  }
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;

  // An idle block that wastes no more than half of itself, or a new one.
  Block Take(size_t size) {
    {
      const std::lock_guard<ForkMutex> lock(mutex_);
      size_t best = idle_.size();
      for (size_t i = 0; i < idle_.size(); ++i) {
        if (idle_[i].size < size || idle_[i].size / 2 > size) continue;
        if (best == idle_.size() || idle_[i].size < idle_[best].size) best = i;
      }
      if (best != idle_.size()) {
        const Block block = idle_[best];
        idle_[best] = idle_.back();
        idle_.pop_back();
        idle_bytes_ -= block.size;
        return block;
      }
    }
    return MapBlock(size);
  }

  void Give(Block block) {
    bool kept = false;
    {
      const std::lock_guard<ForkMutex> lock(mutex_);
      if (block.size <= max_idle_bytes_ &&
          idle_bytes_ <= max_idle_bytes_ - block.size &&
          idle_.size() < kMaxIdle) {
#ifdef MADV_FREE
        ::madvise(block.memory, block.size, MADV_FREE);
#endif
        idle_.push_back(block);
        idle_bytes_ += block.size;
        kept = true;
      }
    }
    if (!kept) ::munmap(block.memory, block.size);
  }

  // Keeps nothing from here on.
  void Retire() {
    std::vector<Block> idle;
    {
      const std::lock_guard<ForkMutex> lock(mutex_);
      max_idle_bytes_ = 0;
      idle_bytes_ = 0;
      idle.swap(idle_);
    }
    Free(idle);
  }

  size_t idle_bytes() {
    const std::lock_guard<ForkMutex> lock(mutex_);
    return idle_bytes_;
  }

 private:
  static constexpr size_t kMaxIdle = 64;

  void BeforeFork() override { mutex_.lock(); }
  void AfterForkInParent() override { mutex_.unlock(); }
  void AfterForkInChild() override { mutex_.unlock(); }

  static void Free(const std::vector<Block>& blocks) {
    for (const Block& block : blocks) ::munmap(block.memory, block.size);
  }

  ForkMutex mutex_;
  size_t max_idle_bytes_;
  size_t idle_bytes_ = 0;  // in idle_
  std::vector<Block> idle_;
};

ReceiveMemory::ReceiveMemory(size_t max_idle_bytes)
    : max_idle_bytes_(max_idle_bytes) {}

ReceiveMemory::~ReceiveMemory() {
  if (blocks_ != nullptr) blocks_->Retire();
}

ReceiveMemory::ReceiveMemory(ReceiveMemory&& other) noexcept = default;

ReceiveMemory& ReceiveMemory::operator=(ReceiveMemory&& other) noexcept {
  std::swap(max_idle_bytes_, other.max_idle_bytes_);
  blocks_.swap(other.blocks_);
  return *this;
}

absl::StatusOr<Buffer> ReceiveMemory::Allocate(size_t nbytes) {
  if (nbytes < kLargeBytes) return Buffer::Allocate(nbytes);
  if (nbytes > std::numeric_limits<ptrdiff_t>::max() - 2 * kPage) {
    return OutOfMemoryStatus();
  }
  try {
    if (blocks_ == nullptr) {
      blocks_ = std::make_shared<Blocks>(max_idle_bytes_);
    }
    const Block block = blocks_->Take((nbytes + kPage - 1) / kPage * kPage);
    if (block.memory == nullptr) return OutOfMemoryStatus();
    return Buffer::WithReleaser(
        block.memory, nbytes, /*readonly=*/false,
        [blocks = blocks_, block] { blocks->Give(block); });
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

size_t ReceiveMemory::idle_bytes() const {
  return blocks_ == nullptr ? 0 : blocks_->idle_bytes();
}

}  // namespace pickle5

#ifndef PICKLE5_PICKLE_VALUE_ARENA_H_
#define PICKLE5_PICKLE_VALUE_ARENA_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <vector>

#include "absl/base/optimization.h"

namespace pickle5::internal {

// The memory of a Document: bump-allocated blocks for nodes, and growing
// blocks of their own for the items of long lists. Reset() keeps it all for the
// next load, so that its pages need not be faulted in again (a page fault costs
// as much as decoding 1,000 integers).
//
// Errors:  nullptr when the limit is reached or there is no memory;
//          limit_reached() tells which.
// Threads: thread-compatible.
class Arena {
 public:
  static constexpr size_t kAlignment = 8;

  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  // `size` bytes, 8-aligned, not initialized; kSlack bytes behind them may be
  // overwritten by the caller before its next allocation.
  void* Allocate(size_t size) {
    const size_t rounded = (size + kAlignment - 1) & ~(kAlignment - 1);
    if (ABSL_PREDICT_FALSE(static_cast<size_t>(end_ - cursor_) < rounded ||
                           rounded < size)) {
      return AllocateSlow(size);
    }
    char* result = cursor_;
    cursor_ += rounded;
    return result;
  }

  // Makes the allocation that ends at `end` longer by `size` bytes in place, if
  // it is the last one and the block has room.
  bool Extend(const void* end, size_t size) {
    if (end != cursor_ || static_cast<size_t>(end_ - cursor_) < size) {
      return false;
    }
    cursor_ += size;
    return true;
  }

  static constexpr size_t kSlack = 64;

  // A block of its own, of at least `size` bytes, to be grown by GrowLarge. The
  // capacity given is stored in `*capacity`.
  void* AllocateLarge(size_t size, size_t* capacity);
  // Moves a block from AllocateLarge to a longer one.
  void* GrowLarge(void* block, size_t size, size_t* capacity);

  // Takes note of memory held elsewhere on the arena's account (the stack, the
  // memo); false if the limit is reached.
  bool Charge(size_t size);
  void Release(size_t size) { charged_ -= size; }

  // Starts anew, keeping the memory. All allocations become invalid.
  void Reset(uint64_t limit = std::numeric_limits<uint64_t>::max());

  // Bytes held, spare ones included.
  size_t held() const { return held_ + charged_; }
  bool limit_reached() const { return limit_reached_; }

 private:
  struct Block {
    char* data;
    size_t size;
  };

  void* AllocateSlow(size_t size);
  bool Room(size_t size);
  bool NewBlock(size_t size);
  void FreeAll();

  char* cursor_ = nullptr;
  char* end_ = nullptr;
  std::vector<Block> blocks_;  // blocks_[used_ - 1] is being filled
  size_t used_ = 0;
  std::vector<Block> large_;  // in use
  std::vector<Block> spare_;  // large blocks of the last load
  size_t held_ = 0;           // bytes in blocks_, large_ and spare_
  size_t charged_ = 0;
  uint64_t limit_ = std::numeric_limits<uint64_t>::max();
  bool limit_reached_ = false;
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_ARENA_H_

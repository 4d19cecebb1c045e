#include "pickle/value/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <utility>

namespace pickle5::internal {
namespace {

constexpr size_t kFirstBlock = size_t{64} << 10;
// Where there is a limit, which may be small. The sizes of blocks do not depend
// on it further: what loads under one loads under all that are higher.
constexpr size_t kFirstLimitedBlock = size_t{4} << 10;
constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kLargestBlock = size_t{32} << 20;

void* AllocateBlock(size_t size) {
  if (size < kHugePage) return std::malloc(size);
  // Huge pages make the first touch of fresh memory 2 to 4 times cheaper.
  void* block = std::aligned_alloc(kHugePage, size);
#ifdef MADV_HUGEPAGE
  if (block != nullptr) madvise(block, size, MADV_HUGEPAGE);
#endif
  return block;
}

}  // namespace

Arena::~Arena() { FreeAll(); }

bool Arena::Room(size_t size) {
  const auto fits = [this, size] {
    const uint64_t taken = held_ + charged_;
    return taken <= limit_ && size <= limit_ - taken;
  };
  // What the last load left over must not count against this one.
  while (!fits() && !spare_.empty()) {
    held_ -= spare_.back().size;
    std::free(spare_.back().data);
    spare_.pop_back();
  }
  if (!fits()) limit_reached_ = true;
  return !limit_reached_;
}

bool Arena::Charge(size_t size) {
  if (!Room(size)) return false;
  charged_ += size;
  return true;
}

void* Arena::AllocateSlow(size_t size) {
  if (size > std::numeric_limits<size_t>::max() / 4) return nullptr;
  while (used_ < blocks_.size()) {
    const Block& next = blocks_[used_++];
    cursor_ = next.data;
    end_ = next.data + next.size - kSlack;
    if (static_cast<size_t>(end_ - cursor_) >= size + kAlignment) {
      return Allocate(size);
    }
  }
  return NewBlock(size) ? Allocate(size) : nullptr;
}

bool Arena::NewBlock(size_t size) {
  const bool limited = limit_ != std::numeric_limits<uint64_t>::max();
  const size_t first = limited ? kFirstLimitedBlock : kFirstBlock;
  const size_t last = blocks_.empty() ? first / 2 : blocks_.back().size;
  size_t want =
      std::max(std::min(last * 2, kLargestBlock), size + kAlignment + kSlack);
  if (want >= kHugePage) want = (want + kHugePage - 1) / kHugePage * kHugePage;
  if (!Room(want)) return false;
  try {
    blocks_.reserve(blocks_.size() + 1);
  } catch (const std::bad_alloc&) {
    return false;
  }
  char* data = static_cast<char*>(AllocateBlock(want));
  if (data == nullptr) return false;
  blocks_.push_back({data, want});
  used_ = blocks_.size();
  held_ += want;
  cursor_ = data;
  end_ = data + want - kSlack;
  return true;
}

void* Arena::AllocateLarge(size_t size, size_t* capacity) {
  try {
    large_.reserve(large_.size() + 1);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  const auto spare = std::max_element(
      spare_.begin(), spare_.end(),
      [](const Block& a, const Block& b) { return a.size < b.size; });
  if (spare != spare_.end() && spare->size >= size) {
    large_.push_back(*spare);
    spare_.erase(spare);
  } else {
    if (!Room(size)) return nullptr;
    char* data = static_cast<char*>(std::malloc(size));
    if (data == nullptr) return nullptr;
    large_.push_back({data, size});
    held_ += size;
  }
  *capacity = large_.back().size;
  return large_.back().data;
}

void* Arena::GrowLarge(void* block, size_t size, size_t* capacity) {
  // The block that grows is nearly always among the latest.
  const auto found =
      std::find_if(large_.rbegin(), large_.rend(),
                   [block](const Block& b) { return b.data == block; });
  if (found == large_.rend()) return nullptr;
  if (!Room(size - found->size)) return nullptr;
  char* data = static_cast<char*>(std::realloc(block, size));
  if (data == nullptr) return nullptr;
  held_ += size - found->size;
  *found = {data, size};
  *capacity = size;
  return data;
}

void Arena::FreeAll() {
  for (const auto* blocks : {&blocks_, &large_, &spare_}) {
    for (const Block& block : *blocks) std::free(block.data);
  }
  blocks_.clear();
  large_.clear();
  spare_.clear();
  held_ = 0;
}

void Arena::Reset(uint64_t limit) {
  cursor_ = end_ = nullptr;
  used_ = 0;
  limit_ = limit;
  limit_reached_ = false;
  if (held_ > limit) return FreeAll();
  try {
    spare_.insert(spare_.end(), large_.begin(), large_.end());
    large_.clear();
  } catch (const std::bad_alloc&) {
    FreeAll();
  }
}

}  // namespace pickle5::internal

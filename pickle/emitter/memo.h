#ifndef PICKLE5_PICKLE_EMITTER_MEMO_H_
#define PICKLE5_PICKLE_EMITTER_MEMO_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/base/optimization.h"

namespace pickle5 {

// The memo of a pickler: which object, told by its address, has which index.
//
// Only objects that may be met again need an entry; the index is the caller's,
// who counts every object memoized.
//
// Lifetime: addresses are compared, never followed. An object that dies while
//           it has an entry must not leave its address to another one.
// Errors:   none but std::bad_alloc from Put().
// Threads:  thread-compatible.
// Cost:     all O(1), Clear() included: it moves on to the next epoch and
//           keeps the table.
class Memo {
 public:
  static constexpr uint32_t kAbsent = UINT32_MAX;
  static constexpr uint64_t kMaxIndex = kAbsent - 1;

  Memo() : table_(kInitialCapacity) {}

  // The object's index, kAbsent if it has none.
  uint32_t Find(const void* object) const {
    const Entry& entry = table_[SlotOf(object)];
    return entry.epoch == epoch_ ? entry.index : kAbsent;
  }

  // Gives the object an index, in place of one it has.
  // Precondition: index <= kMaxIndex.
  void Put(const void* object, uint32_t index) {
    if (ABSL_PREDICT_FALSE(2 * (size_ + 1) > table_.size())) Grow();
    Entry& entry = table_[SlotOf(object)];
    size_ += entry.epoch != epoch_;
    entry = {object, index, epoch_};
  }

  // Forgets every object.
  void Clear() {
    size_ = 0;
    if (ABSL_PREDICT_FALSE(++epoch_ == 0)) {
      table_.assign(table_.size(), Entry{});
      epoch_ = 1;
    }
  }

  // The same, and gives back the memory of a table that has grown.
  void Release() {
    table_.resize(kInitialCapacity);
    table_.shrink_to_fit();
    table_.assign(kInitialCapacity, Entry{});
    shift_ = 64 - kInitialBits;
    epoch_ = 1;
    size_ = 0;
  }

  size_t size() const { return size_; }
  size_t capacity() const { return table_.size(); }

 private:
  static constexpr int kInitialBits = 8;
  static constexpr size_t kInitialCapacity = size_t{1} << kInitialBits;

  // Of the addresses of the smallest objects.
  static constexpr uint64_t kSpacing = 16;

  struct Entry {
    const void* object = nullptr;
    uint32_t index = 0;
    uint32_t epoch = 0;  // the entry is empty unless this is epoch_
  };

  bool Ends(size_t slot, const void* object) const {
    return table_[slot].epoch != epoch_ || table_[slot].object == object;
  }

  // The slot of the object, or the one it would be put in. Objects that were
  // made one after the other lie beside each other, and so do their entries:
  // what costs time in a large table is the memory that is touched. Larger
  // objects leave slots free between theirs; each stretch of memory that the
  // table covers begins one slot further on, so that the next one fills them.
  // Where two meet, the second one goes to a place that has nothing to do with
  // the first one's.
  size_t SlotOf(const void* object) const {
    const size_t mask = table_.size() - 1;
    const uint64_t address = reinterpret_cast<uint64_t>(object);
    const uint64_t unit = address / kSpacing;
    size_t slot = static_cast<size_t>(unit + (unit >> (64 - shift_))) & mask;
    if (ABSL_PREDICT_TRUE(Ends(slot, object))) return slot;
    slot = static_cast<size_t>(address * 0x9e3779b97f4a7c15u >> shift_);
    while (!Ends(slot, object)) slot = (slot + 1) & mask;
    return slot;
  }

  // Entries of a table that grows fourfold; a larger one is doubled, as its old
  // entries are memory too.
  static constexpr size_t kSmall = size_t{1} << 18;

  void Grow() {
    const int bits = table_.size() < kSmall ? 2 : 1;
    std::vector<Entry> old(table_.size() << bits);
    old.swap(table_);
    shift_ -= bits;
    for (const Entry& entry : old) {
      if (entry.epoch == epoch_) table_[SlotOf(entry.object)] = entry;
    }
  }

  std::vector<Entry> table_;  // a power of two long, at most half full
  int shift_ = 64 - kInitialBits;
  uint32_t epoch_ = 1;
  size_t size_ = 0;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_EMITTER_MEMO_H_

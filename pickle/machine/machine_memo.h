#ifndef PICKLE5_PICKLE_MACHINE_MACHINE_MEMO_H_
#define PICKLE5_PICKLE_MACHINE_MACHINE_MEMO_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "pickle/protocol/hash_table.h"

namespace pickle5::internal {

// The memo of the reading side: a vector of slots, and a hash map for indices
// far beyond what has been stored, which pickles may name but have not paid
// for.
template <class B>
class MachineMemo {
 public:
  using Slot = typename B::Slot;

  explicit MachineMemo(B* builder) : b_(*builder) {}
  MachineMemo(const MachineMemo&) = delete;
  MachineMemo& operator=(const MachineMemo&) = delete;
  ~MachineMemo() {
    Clear();
    FreeStorage();
  }

  // Entries allowed; one more fails with full().
  void set_limit(uint64_t limit) {
    limit_ = limit;
    if (capacity() > limit) end_ = slots_ + limit;
  }
  bool full() const { return full_; }

  // MEMOIZE: stores under the number of entries there are. False: full, or no
  // memory.
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Memoize(Slot s) {
    if (ABSL_PREDICT_FALSE(top_ == end_)) return Put(count(), s);
    B::Put(top_++, b_.Keep(s));
    return true;
  }

  // PUT, BINPUT, LONG_BINPUT.
  ABSL_ATTRIBUTE_NOINLINE bool Put(uint64_t index, Slot s) {
    const uint64_t size = static_cast<uint64_t>(top_ - slots_);
    if (index < size) return Replace(index, s);
    if (index > kMostHoles * count() + kDenseGap) return PutSparse(index, s);
    if (count() >= limit_) return Full();
    if (!Grow(index + 1)) return false;
    if (index != size) Unpack();
    for (; top_ != slots_ + index; ++top_) B::Put(top_, B::Null());
    if (irregular_ && !sparse_.empty() && sparse_.contains(index)) {
      // The vector has grown over an entry of the map.
      b_.Drop(sparse_[index]);
      sparse_.erase(index);
      --count_;
    }
    B::Put(top_++, b_.Keep(s));
    ++count_;
    SetEnd();
    return true;
  }

  // GET, BINGET, LONG_BINGET. nullptr: never set.
  ABSL_ATTRIBUTE_ALWAYS_INLINE const Slot* Find(uint64_t index) const {
    if (ABSL_PREDICT_TRUE(index < static_cast<uint64_t>(top_ - slots_))) {
      const Slot* found = slots_ + index;
      if (ABSL_PREDICT_TRUE(B::Ok(*found))) return found;
    }
    return FindSparse(index);
  }

  // Calls visit(index, slot) for every entry.
  template <class Visit>
  void ForEach(Visit visit) const {
    for (const Slot* s = slots_; s != top_; ++s) {
      if (B::Ok(*s)) visit(static_cast<uint64_t>(s - slots_), *s);
    }
    for (const auto& [index, slot] : sparse_) visit(index, slot);
  }

  uint64_t count() const {
    return irregular_ ? count_ : static_cast<uint64_t>(top_ - slots_);
  }

  void Clear() {
    for (Slot* s = slots_; s != top_; ++s) {
      if (B::Ok(*s)) b_.Drop(*s);
    }
    for (auto& [index, slot] : sparse_) b_.Drop(slot);
    sparse_.clear();
    top_ = slots_;
    irregular_ = full_ = false;
    count_ = 0;
    SetEnd();
  }

  void FreeStorage() {
    b_.Release(capacity() * sizeof(Slot));
    std::free(slots_);
    slots_ = top_ = end_ = capacity_end_ = nullptr;
  }

 private:
  // The vector has so many slots for each entry at most, and some more: its
  // memory is paid for by entries, however their indices are chosen.
  static constexpr uint64_t kMostHoles = 4;
  static constexpr uint64_t kDenseGap = 1024;
  static constexpr size_t kFirstCapacity = 256;

  size_t capacity() const {
    return static_cast<size_t>(capacity_end_ - slots_);
  }

  // Memoize() may only store in line while the vector has no holes.
  void SetEnd() {
    end_ = irregular_ ? top_ : slots_ + std::min<uint64_t>(capacity(), limit_);
  }
  void Unpack() {
    if (irregular_) return;
    count_ = static_cast<uint64_t>(top_ - slots_);
    irregular_ = true;
  }
  bool Full() {
    full_ = true;
    return false;
  }

  bool Replace(uint64_t index, Slot s) {
    Slot* const place = slots_ + index;
    if (B::Ok(*place)) {
      b_.Drop(*place);
    } else if (const auto found = sparse_.find(index); found != sparse_.end()) {
      // The vector has grown past an entry of the map.
      b_.Drop(found->second);
      sparse_.erase(index);
    } else {
      if (count_ >= limit_) return Full();
      ++count_;
    }
    B::Put(place, b_.Keep(s));
    return true;
  }

  ABSL_ATTRIBUTE_NOINLINE bool Grow(uint64_t needed) {
    if (needed <= capacity()) return true;
    const size_t size = static_cast<size_t>(top_ - slots_);
    const size_t wanted =
        std::max({static_cast<size_t>(needed), capacity() * 2, kFirstCapacity});
    if (!b_.Charge((wanted - capacity()) * sizeof(Slot))) return false;
    void* grown =
        std::realloc(static_cast<void*>(slots_), wanted * sizeof(Slot));
    if (grown == nullptr) {
      b_.Release((wanted - capacity()) * sizeof(Slot));
      return false;
    }
    slots_ = static_cast<Slot*>(grown);
    top_ = slots_ + size;
    capacity_end_ = slots_ + wanted;
    return true;
  }

  ABSL_ATTRIBUTE_NOINLINE bool PutSparse(uint64_t index, Slot s) {
    Unpack();
    SetEnd();
    const auto found = sparse_.find(index);
    if (found != sparse_.end()) {
      b_.Drop(found->second);
      found->second = b_.Keep(s);
      return true;
    }
    if (count_ >= limit_) return Full();
    try {
      sparse_.try_emplace(index, s);
    } catch (const std::bad_alloc&) {
      return false;
    }
    b_.Keep(s);
    ++count_;
    return true;
  }

  ABSL_ATTRIBUTE_NOINLINE ABSL_ATTRIBUTE_COLD const Slot* FindSparse(
      uint64_t index) const {
    const auto found = sparse_.find(index);
    return found == sparse_.end() ? nullptr : &found->second;
  }

  B& b_;
  Slot* slots_ = nullptr;
  Slot* top_ = nullptr;
  Slot* end_ = nullptr;
  Slot* capacity_end_ = nullptr;
  uint64_t count_ = 0;  // only kept while irregular_
  uint64_t limit_ = ~uint64_t{0};
  // The vector has null slots, or the map has entries.
  bool irregular_ = false;
  bool full_ = false;
  HashMap<uint64_t, Slot> sparse_;
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_MACHINE_MACHINE_MEMO_H_

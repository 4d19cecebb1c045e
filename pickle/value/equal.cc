#include "pickle/value/equal.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "pickle/protocol/hash_table.h"
#include "pickle/value/child_cursor.h"
#include "pickle/value/key_interner.h"
#include "pickle/value/node.h"
#include "pickle/value/scalar.h"
#include "pickle/value/union_find.h"

namespace pickle5 {
namespace {

using internal::Address;
using internal::PostNode;
using internal::ValueAccess;

// Pairs of values still to be compared. All must compare well.
class PendingPairs {
 public:
  void Push(const Value* a, const Value* b, size_t count) {
    if (count != 0) spans_.push_back({a, b, count});
  }
  bool Pop(Value* a, Value* b) {
    if (spans_.empty()) return false;
    Span& span = spans_.back();
    *a = *span.a++;
    *b = *span.b++;
    if (--span.count == 0) spans_.pop_back();
    return true;
  }

 private:
  struct Span {
    const Value* a;
    const Value* b;
    size_t count;
  };
  std::vector<Span> spans_;
};

bool PushItems(std::span<const Value> a, std::span<const Value> b,
               PendingPairs* pending) {
  if (a.size() != b.size()) return false;
  pending->Push(a.data(), b.data(), a.size());
  return true;
}

// Pushes the items of both posts, whose batches may be cut differently.
bool PushPosts(const PostNode* p, const PostNode* q, PendingPairs* pending) {
  size_t i = 0;
  size_t j = 0;
  for (;;) {
    for (; p != nullptr && i == p->count; i = 0) p = p->next;
    for (; q != nullptr && j == q->count; j = 0) q = q->next;
    if (p == nullptr || q == nullptr) return p == q;
    if (p->kind != q->kind) return false;
    const size_t count = std::min<size_t>(p->count - i, q->count - j);
    pending->Push(p->items() + i, q->items() + j, count);
    i += count;
    j += count;
  }
}

bool PushObject(Value a, Value b, PendingPairs* pending) {
  if (a.form() != b.form() || a.extension_code() != b.extension_code() ||
      a.module() != b.module() || a.qualname() != b.qualname()) {
    return false;
  }
  if (!a.is(Kind::kGlobal)) {
    PushItems(ValueAccess::parts(a), ValueAccess::parts(b), pending);
  }
  return PushPosts(ValueAccess::first_post(a), ValueAccess::first_post(b),
                   pending);
}

bool SameBuffer(Value a, Value b) {
  const Buffer* p = a.buffer();
  const Buffer* q = b.buffer();
  if (p == nullptr || q == nullptr) {
    return p == q && a.buffer_index() == b.buffer_index() &&
           a.readonly() == b.readonly();
  }
  return p->chars() == q->chars();
}

class EqualComparison {
 public:
  // Dicts and sets are compared item by item in stream order, which is quick
  // and implies that they are equal, or else as Python does.
  enum class Containers { kInOrder, kAsPython };

  EqualComparison(Value a, Value b, Containers containers)
      : a_(a), b_(b), in_order_(containers == Containers::kInOrder) {}

  bool Run() {
    pending_.Push(&a_, &b_, 1);
    Value a;
    Value b;
    while (pending_.Pop(&a, &b)) {
      if (!Compare(a, b)) return false;
    }
    return true;
  }

  // Returns whether another run kAsPython could give another result.
  bool met_unordered() const { return met_unordered_; }

 private:
  bool Compare(Value a, Value b) {
    if (a.Is(b)) return true;
    if (internal::IsScalar(a) || internal::IsScalar(b)) {
      if (!internal::IsScalar(a) || !internal::IsScalar(b)) return false;
      if (internal::IsLongText(a) && internal::IsLongText(b) &&
          a.kind() == b.kind() && Remembers(a, b) &&
          !nodes_.Unite(Address(a), Address(b))) {
        return true;
      }
      return internal::ScalarEqual(a, b);
    }
    if (KindOf(a) != KindOf(b)) return false;
    if (Address(a) == 0 || Address(b) == 0) {
      return ValueAccess::items(a).size() == ValueAccess::items(b).size();
    }
    if (Remembers(a, b) && !nodes_.Unite(Address(a), Address(b))) return true;
    switch (KindOf(a)) {
      case Kind::kList:
      case Kind::kTuple:
        return PushItems(ValueAccess::items(a), ValueAccess::items(b),
                         &pending_);
      case Kind::kDict:
      case Kind::kSet:
        met_unordered_ = true;
        return in_order_ ? PushItems(ValueAccess::items(a),
                                     ValueAccess::items(b), &pending_)
                         : PushUnordered(a, b);
      case Kind::kBuffer:
        return SameBuffer(a, b) && PushObject(a, b, &pending_);
      default:
        return PushObject(a, b, &pending_);
    }
  }

  static Kind KindOf(Value v) {
    return v.is(Kind::kFrozenSet) ? Kind::kSet : v.kind();
  }

  // A pair of nodes of which neither is met again need not be remembered.
  bool Remembers(Value a, Value b) const {
    return internal::IsShared(a) || internal::IsShared(b) ||
           Address(a) == Address(a_) || Address(b) == Address(b_);
  }

  struct Slot {
    internal::KeyInterner::Key key;
    internal::DistinctEntry entry;
  };

  bool PushUnordered(Value a, Value b) {
    if (!same_keys_.has_value()) {
      same_keys_.emplace(internal::KeyInterner::Objects::kByIdentity);
      keys_.emplace(internal::KeyInterner::Objects::kByContent);
    }
    const auto entries_a = internal::DistinctEntries(a, &*same_keys_);
    const auto entries_b = internal::DistinctEntries(b, &*same_keys_);
    if (entries_a.size() != entries_b.size()) return false;
    const Value* items_a = ValueAccess::items(a).data();
    const Value* items_b = ValueAccess::items(b).data();
    const bool is_dict = a.is(Kind::kDict);
    if (SameScalars(entries_a, items_a, entries_b, items_b)) {
      for (size_t i = 0; is_dict && i < entries_a.size(); ++i) {
        pending_.Push(items_a + entries_a[i].last + 1,
                      items_b + entries_b[i].last + 1, 1);
      }
      return true;
    }
    const std::vector<Slot> slots_a = Slots(entries_a, items_a);
    const std::vector<Slot> slots_b = Slots(entries_b, items_b);
    for (size_t i = 0; i < slots_a.size(); ++i) {
      const Slot& p = slots_a[i];
      const Slot& q = slots_b[i];
      if (p.key.exact != q.key.exact || p.key.number != q.key.number) {
        return false;
      }
      if (!p.key.exact) {
        pending_.Push(items_a + p.entry.first, items_b + q.entry.first, 1);
      }
      if (is_dict) {
        pending_.Push(items_a + p.entry.last + 1, items_b + q.entry.last + 1,
                      1);
      }
    }
    return true;
  }

  static bool SameScalars(std::span<const internal::DistinctEntry> entries_a,
                          const Value* items_a,
                          std::span<const internal::DistinctEntry> entries_b,
                          const Value* items_b) {
    for (size_t i = 0; i < entries_a.size(); ++i) {
      const Value a = items_a[entries_a[i].first];
      const Value b = items_b[entries_b[i].first];
      if (!internal::IsScalar(a) || !internal::IsScalar(b) ||
          !internal::ScalarEqual(a, b)) {
        return false;
      }
    }
    return true;
  }

  // The entries by key; equal keys in the order in which they stand.
  std::vector<Slot> Slots(std::span<const internal::DistinctEntry> entries,
                          const Value* items) {
    std::vector<Slot> slots;
    slots.reserve(entries.size());
    for (const internal::DistinctEntry& entry : entries) {
      slots.push_back({keys_->Of(items[entry.first]), entry});
    }
    std::sort(slots.begin(), slots.end(), [](const Slot& p, const Slot& q) {
      return std::tie(p.key.exact, p.key.number, p.entry.first) <
             std::tie(q.key.exact, q.key.number, q.entry.first);
    });
    return slots;
  }

  const Value a_;
  const Value b_;
  const bool in_order_;
  bool met_unordered_ = false;
  PendingPairs pending_;
  internal::UnionFind nodes_;
  std::optional<internal::KeyInterner> same_keys_;
  std::optional<internal::KeyInterner> keys_;
};

class IdenticalComparison {
 public:
  IdenticalComparison(Value a, Value b) : a_(a), b_(b) {}

  bool Run() {
    pending_.Push(&a_, &b_, 1);
    Value a;
    Value b;
    while (pending_.Pop(&a, &b)) {
      if (!Compare(a, b)) return false;
    }
    return true;
  }

 private:
  enum class Met { kFirst, kAgain, kApart };

  bool Compare(Value a, Value b) {
    if (a.kind() != b.kind()) return false;
    if (a.kind() == Kind::kInt) return internal::ScalarEqual(a, b);
    if (a.kind() < Kind::kStr) return a.Is(b);
    if (Address(a) == 0 || Address(b) == 0) {
      return ValueAccess::items(a).size() == ValueAccess::items(b).size();
    }
    if (const Met met = Meet(a, b); met != Met::kFirst) {
      return met == Met::kAgain;
    }
    if (internal::IsScalar(a)) return internal::ScalarEqual(a, b);
    if (!ValueAccess::is_extensible(a)) {
      return PushItems(ValueAccess::items(a), ValueAccess::items(b), &pending_);
    }
    return a.buffer_index() == b.buffer_index() &&
           a.readonly() == b.readonly() &&
           (!a.is(Kind::kBuffer) || SameBuffer(a, b)) &&
           PushObject(a, b, &pending_);
  }

  Met Meet(Value a, Value b) {
    if (!internal::IsShared(a) && !internal::IsShared(b) &&
        Address(a) != Address(a_) && Address(b) != Address(b_)) {
      return Met::kFirst;
    }
    const auto [of_a, new_a] = to_b_.try_emplace(Address(a), Address(b));
    const auto [of_b, new_b] = to_a_.try_emplace(Address(b), Address(a));
    if (new_a && new_b) return Met::kFirst;
    const bool same = of_a->second == Address(b) && of_b->second == Address(a);
    return same ? Met::kAgain : Met::kApart;
  }

  const Value a_;
  const Value b_;
  PendingPairs pending_;
  internal::HashMap<uint64_t, uint64_t> to_b_;
  internal::HashMap<uint64_t, uint64_t> to_a_;
};

}  // namespace

bool Equal(Value a, Value b) {
  if (internal::IsScalar(a) && internal::IsScalar(b)) {
    return internal::ScalarEqual(a, b);
  }
  EqualComparison in_order(a, b, EqualComparison::Containers::kInOrder);
  if (in_order.Run()) return true;
  return in_order.met_unordered() &&
         EqualComparison(a, b, EqualComparison::Containers::kAsPython).Run();
}

bool Identical(Value a, Value b) { return IdenticalComparison(a, b).Run(); }

}  // namespace pickle5

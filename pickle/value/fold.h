#ifndef PICKLE5_PICKLE_VALUE_FOLD_H_
#define PICKLE5_PICKLE_VALUE_FOLD_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pickle/protocol/hash_table.h"
#include "pickle/value/child_cursor.h"
#include "pickle/value/value.h"

namespace pickle5::internal {

// Computes a number for a value from the numbers of what it refers to, bottom
// up, on a stack of its own. Nodes that are met again, and the values asked
// for, are remembered from call to call.
//
// An Algebra has
//   static constexpr bool kRemembersAll;   // nodes that are not shared, too
//   bool Leaf(Value v, uint64_t* number);  // v is not descended into
//   uint64_t Node(Value v, std::span<const uint64_t> children);
//   uint64_t Endless(Value v);             // v reaches a cycle
// where `children` are in ChildCursor's order. Two values of which one reaches
// a cycle and the other does not are never equal, so that Endless() need not
// agree with Node().
//
// Cost: linear in the nodes that are new.
template <typename Algebra>
class Fold {
 public:
  struct Result {
    uint64_t number = 0;
    bool finite = true;
  };

  explicit Fold(Algebra* algebra) : algebra_(algebra) {}

  Result Of(Value root) {
    root_ = Address(root);
    Result result;
    if (Known(root, &result)) return result;
    Open(root);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      const Value* child = frame.children.Next();
      if (child == nullptr) {
        result = Close();
        if (!frames_.empty()) Give(result);
      } else if (Known(*child, &result)) {
        Give(result);
      } else {
        Open(*child);
      }
    }
    return result;
  }

 private:
  struct Frame {
    Value value;
    ChildCursor children;
    size_t first_number;
    bool finite;
  };
  struct Entry {
    Result result;
    bool open;
  };

  bool Remembers(Value v) const {
    return IsShared(v) || (Address(v) == root_ && root_ != 0) ||
           (Algebra::kRemembersAll && ValueAccess::has_node(v));
  }

  bool Known(Value v, Result* result) {
    if (IsLongText(v) && Remembers(v)) {
      auto [entry, fresh] = memo_.try_emplace(Address(v));
      if (fresh) {
        algebra_->Leaf(v, &entry->second.result.number);
        entry->second.open = false;
      }
      *result = entry->second.result;
      return true;
    }
    result->finite = true;
    if (algebra_->Leaf(v, &result->number)) return true;
    const auto entry = memo_.find(Address(v));
    if (entry == memo_.end()) return false;
    if (entry->second.open) {
      *result = {algebra_->Endless(v), false};
    } else {
      *result = entry->second.result;
    }
    return true;
  }

  void Open(Value v) {
    if (Remembers(v)) memo_[Address(v)] = {{}, true};
    frames_.push_back({v, ChildCursor(v), numbers_.size(), true});
  }

  Result Close() {
    const Frame& frame = frames_.back();
    const Value v = frame.value;
    Result result;
    result.finite = frame.finite;
    result.number =
        frame.finite
            ? algebra_->Node(v, std::span(numbers_).subspan(frame.first_number))
            : algebra_->Endless(v);
    numbers_.resize(frame.first_number);
    if (Remembers(v)) memo_[Address(v)] = {result, false};
    frames_.pop_back();
    return result;
  }

  void Give(Result result) {
    numbers_.push_back(result.number);
    if (!result.finite) frames_.back().finite = false;
  }

  Algebra* algebra_;
  uint64_t root_ = 0;
  std::vector<Frame> frames_;
  std::vector<uint64_t> numbers_;
  HashMap<uint64_t, Entry> memo_;
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_FOLD_H_

#ifndef PICKLE5_FUZZ_REACHABLE_VALUES_H_
#define PICKLE5_FUZZ_REACHABLE_VALUES_H_

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "pickle/value/value.h"

namespace pickle5 {

// All values that can be reached from one, each object once; scalars and text
// as often as they stand there.
class ReachableValues {
 public:
  explicit ReachableValues(Value root) { Add(root); }

  // The next one; null at the end.
  Value Next() {
    if (open_.empty()) return {};
    const Value value = open_.back();
    open_.pop_back();
    for (const Value part : Parts(value)) Add(part);
    return value;
  }

  // What stands directly in a value, in the order of the stream; effects are
  // left out.
  static std::vector<Value> Parts(Value value) {
    std::vector<Value> parts(value.items().begin(), value.items().end());
    const auto flat = value.pairs().flat();
    parts.insert(parts.end(), flat.begin(), flat.end());
    for (const Value part : {value.callable(), value.args(), value.kwargs(),
                             value.persistent_id()}) {
      if (!part.is_null()) parts.push_back(part);
    }
    for (const Post post : value.posts()) {
      if (post.kind == PostKind::kEffect) continue;
      parts.insert(parts.end(), post.items.begin(), post.items.end());
    }
    return parts;
  }

  // The same for the same object only.
  using Identity = std::array<uint64_t, 2>;
  static Identity IdentityOf(Value value) {
    return std::bit_cast<Identity>(value);
  }

 private:
  void Add(Value value) {
    const bool is_object = value.kind() >= Kind::kByteArray;
    if (is_object && !seen_.insert(IdentityOf(value)).second) return;
    open_.push_back(value);
  }

  std::vector<Value> open_;
  absl::flat_hash_set<Identity> seen_;
};

}  // namespace pickle5

#endif  // PICKLE5_FUZZ_REACHABLE_VALUES_H_

#ifndef PICKLE5_PICKLE_VALUE_CHILD_CURSOR_H_
#define PICKLE5_PICKLE_VALUE_CHILD_CURSOR_H_

#include <cstdint>
#include <span>

#include "pickle/value/node.h"
#include "pickle/value/value.h"

namespace pickle5::internal {

// Text of at most this many bytes is cheaper to handle again at each of its
// places than to remember.
inline constexpr size_t kLongText = 256;

// What tells a value that has a node from all others.
inline uint64_t Address(Value v) { return ValueAccess::bits(v); }

// Returns whether more than one place refers to the value's node.
inline bool IsShared(Value v) {
  return ValueAccess::has_node(v) &&
         (ValueAccess::header(v)->flags & NodeHeader::kShared) != 0;
}

// Returns whether the value is a str, bytes or int of so many bytes that a
// walker should handle it once.
inline bool IsLongText(Value v) {
  return (v.is(Kind::kStr) || v.is(Kind::kBytes) ||
          ValueAccess::has_big_int(v)) &&
         ValueAccess::length(v) > kLongText;
}

// Walks the values that a value refers to, in stream order: the items of a
// container (keys and values in turn for a dict), or callable, args and kwargs
// of an object, the id of a persistent id, and then the items of the posts.
//
// Without its posts: what must exist before the value can be constructed, as
// far as it is not a list, dict or set.
//
// A walker that starts anywhere meets a node again only if it IsShared() or is
// the start, so that it need not remember the others.
class ChildCursor {
 public:
  ChildCursor() = default;
  explicit ChildCursor(Value parent, bool with_posts = true) {
    if (ValueAccess::is_extensible(parent)) {
      post_ = with_posts ? ValueAccess::first_post(parent) : nullptr;
      SetSpan(ValueAccess::parts(parent));
    } else {
      SetSpan(ValueAccess::items(parent));
    }
  }

  // The next child; nullptr at the end.
  const Value* Next() {
    while (at_ == end_) {
      if (post_ == nullptr) return nullptr;
      SetSpan({post_->items(), static_cast<size_t>(post_->count)});
      post_ = post_->next;
    }
    return at_++;
  }

 private:
  void SetSpan(std::span<const Value> span) {
    at_ = span.data();
    end_ = at_ + span.size();
  }

  const Value* at_ = nullptr;
  const Value* end_ = nullptr;
  const PostNode* post_ = nullptr;  // the next one
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_CHILD_CURSOR_H_

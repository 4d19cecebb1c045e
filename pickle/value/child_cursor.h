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

// Whether more than one place refers to the value's node.
inline bool IsShared(Value v) {
  return ValueAccess::has_node(v) &&
         (ValueAccess::header(v)->flags & NodeHeader::kShared) != 0;
}

// Whether the value is a str, bytes or int of so many bytes that a walker
// should handle it once.
inline bool IsLongText(Value v) {
  return (v.is(Kind::kStr) || v.is(Kind::kBytes) ||
          ValueAccess::has_big_int(v)) &&
         ValueAccess::length(v) > kLongText;
}

// Walks the values that a value refers to, in stream order: the items of a
// container (keys and values in turn for a dict), or callable, args and kwargs
// of an object, the id of a persistent id, and then the items of the posts.
// Parts that are null are left out.
//
// Without its posts: what must exist before the value can be constructed, as
// far as it is not a list, dict or set.
//
// A walker that starts anywhere meets a node again only if it IsShared() or is
// the start, so that it need not remember the others.
class ChildCursor {
 public:
  ChildCursor() = default;
  explicit ChildCursor(Value parent, bool with_posts = true)
      : with_posts_(with_posts) {
    if (ValueAccess::is_extensible(parent)) {
      object_ = ValueAccess::node<const ObjectNode>(parent);
      return;
    }
    const std::span<const Value> items = ValueAccess::items(parent);
    at_ = items.data();
    end_ = at_ + items.size();
  }

  // The next child; nullptr at the end.
  const Value* Next() {
    while (at_ == end_) {
      if (object_ == nullptr || !NextSpan()) return nullptr;
    }
    return at_++;
  }

 private:
  bool NextSpan() {
    switch (part_) {
      case 0:
        return Part(&object_->a);
      case 1:
        return Part(&object_->b);
      case 2:
        return Part(&object_->c);
      case 3:
        post_ = with_posts_ ? object_->first_post : nullptr;
        ++part_;
        break;
      default:
        post_ = post_->next;
        break;
    }
    if (post_ == nullptr) {
      object_ = nullptr;
      return false;
    }
    at_ = post_->items;
    end_ = at_ + post_->count;
    return true;
  }
  bool Part(const Value* part) {
    ++part_;
    at_ = part;
    end_ = part + (part->is_null() ? 0 : 1);
    return true;
  }

  const Value* at_ = nullptr;
  const Value* end_ = nullptr;
  const ObjectNode* object_ = nullptr;
  const PostNode* post_ = nullptr;
  int part_ = 0;
  bool with_posts_ = true;
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_CHILD_CURSOR_H_

#include "pickle/value/depth.h"

#include <algorithm>
#include <limits>
#include <new>
#include <vector>

#include "pickle/value/child_cursor.h"
#include "pickle/value/node.h"

namespace pickle5::internal {
namespace {

// In NodeHeader::reserved while levels are counted: 0 is not seen yet, kOpen
// not done yet, else the levels from there on.
constexpr uint32_t kOpen = std::numeric_limits<uint32_t>::max();

struct Frame {
  NodeHeader* header;
  ChildCursor children;
  uint32_t below = 0;
};

bool IsLevel(Value v) {
  return v.kind() >= Kind::kByteArray && ValueAccess::has_node(v);
}

}  // namespace

bool DeeperThan(Value root, uint64_t limit) try {
  // What was counted before is within the limit.
  if (!IsLevel(root) || ValueAccess::header(root)->reserved != 0) return false;
  std::vector<Frame> frames;
  const auto open = [&frames](Value v) {
    NodeHeader* header = ValueAccess::header(v);
    header->reserved = kOpen;
    frames.push_back({header, ChildCursor(v)});
  };
  open(root);
  while (!frames.empty()) {
    Frame& frame = frames.back();
    const Value* child = frame.children.Next();
    if (child != nullptr) {
      if (!IsLevel(*child)) continue;
      const uint32_t known = ValueAccess::header(*child)->reserved;
      if (known == 0) {
        open(*child);
      } else if (known != kOpen) {
        frame.below = std::max(frame.below, known);
      }
      if (frames.size() > limit) return true;
      continue;
    }
    const uint32_t levels = frame.below + 1;
    if (levels > limit) return true;
    frame.header->reserved = levels;
    frames.pop_back();
    if (!frames.empty()) {
      frames.back().below = std::max(frames.back().below, levels);
    }
  }
  return false;
} catch (const std::bad_alloc&) {
  return true;
}

}  // namespace pickle5::internal

#include "pickle/inspect/size_tree.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "pickle/inspect/child_step.h"
#include "pickle/inspect/describe.h"
#include "pickle/inspect/encoded_size.h"
#include "pickle/protocol/hash_table.h"
#include "pickle/value/child_cursor.h"
#include "pickle/value/node.h"
#include "pickle/value/path.h"

namespace pickle5::internal {
namespace {

constexpr size_t kLevels = 32;
constexpr size_t kLongestStep = 80;

// Cuts long text, at the end of a code point.
std::string Shortened(std::string text) {
  if (text.size() <= kLongestStep) return text;
  size_t end = kLongestStep;
  while ((static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

class SizeWalk {
 public:
  SizeWalk(Value root, uint64_t total, size_t max_nodes)
      : root_(root),
        max_nodes_(max_nodes),
        least_(std::max<uint64_t>(total / std::max<size_t>(max_nodes, 1), 1)) {}

  std::unique_ptr<SizeNode> Run() {
    Enter(root_);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      const Value* child = frame.children.Next();
      if (child == nullptr) {
        Leave();
        continue;
      }
      ++frame.next_child;
      Enter(*child);
    }
    while (nodes_ > max_nodes_) Prune();
    return std::move(tree_);
  }

 private:
  struct Frame {
    Value value;
    ChildCursor children;
    size_t next_child = 0;
    uint64_t bytes = 0;
    std::unique_ptr<SizeNode> node = nullptr;  // once it has children or a rest
  };

  void Enter(Value value) {
    const bool may_come_again =
        IsShared(value) ||
        (ValueAccess::has_node(value) && ValueAccess::has_node(root_) &&
         Address(value) == Address(root_));
    if (may_come_again) {
      const auto [met, fresh] =
          met_.try_emplace(Address(value), uint64_t{met_.size()});
      if (!fresh) {
        frames_.back().bytes += EncodedReferenceSize(met->second);
        return;
      }
    }
    Frame frame;
    frame.value = value;
    frame.children = ChildCursor(value);
    frame.bytes = EncodedSize(value);
    frames_.push_back(std::move(frame));
  }

  void Leave() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    const bool is_root = frames_.empty();
    if (!is_root) frames_.back().bytes += frame.bytes;
    if (frames_.size() > kLevels) return;
    if (!is_root && (frame.bytes < least_ || frames_.size() == kLevels)) {
      SizeNode& parent = NodeOf(frames_.back());
      ++parent.rest_count;
      parent.rest_bytes += frame.bytes;
      return;
    }
    std::unique_ptr<SizeNode> node = std::move(frame.node);
    if (node == nullptr) node = std::make_unique<SizeNode>();
    node->bytes = frame.bytes;
    node->type = Describe(frame.value);
    ++nodes_;
    if (is_root) {
      tree_ = std::move(node);
      return;
    }
    node->step = StepHere();
    NodeOf(frames_.back()).children.push_back(std::move(node));
    if (nodes_ > 2 * max_nodes_ + 64) Prune();
  }

  static SizeNode& NodeOf(Frame& frame) {
    if (frame.node == nullptr) frame.node = std::make_unique<SizeNode>();
    return *frame.node;
  }

  // The step to the child at hand of the last frame.
  std::string StepHere() const {
    const Frame& parent = frames_.back();
    const size_t child = parent.next_child - 1;
    std::optional<PathStep> step = StepToChild(parent.value, child);
    if (!step && parent.value.is(Kind::kDict)) {
      step = {.kind = PathStep::Kind::kKey,
              .index = static_cast<int64_t>(child / 2)};
    }
    std::string text;
    if (step) AppendPathStep(*step, &text);
    return Shortened(std::move(text));
  }

  // Doubles the bytes that a node must have.
  void Prune() {
    least_ *= 2;
    for (Frame& frame : frames_) {
      if (frame.node != nullptr) PruneBelow(*frame.node);
    }
    if (tree_ != nullptr) PruneBelow(*tree_);
  }

  // Recursion is bounded by kLevels.
  void PruneBelow(SizeNode& node) {
    std::erase_if(node.children, [&](const std::unique_ptr<SizeNode>& child) {
      if (child->bytes >= least_) {
        PruneBelow(*child);
        return false;
      }
      ++node.rest_count;
      node.rest_bytes += child->bytes;
      nodes_ -= CountOf(*child);
      return true;
    });
  }

  static size_t CountOf(const SizeNode& node) {
    size_t count = 1;
    for (const auto& child : node.children) count += CountOf(*child);
    return count;
  }

  const Value root_;
  const size_t max_nodes_;
  uint64_t least_;
  size_t nodes_ = 0;
  std::vector<Frame> frames_;
  HashMap<uint64_t, uint64_t> met_;
  std::unique_ptr<SizeNode> tree_;
};

}  // namespace

std::unique_ptr<SizeNode> MakeSizeTree(Value root, uint64_t total,
                                       size_t max_nodes) {
  return SizeWalk(root, total, std::max<size_t>(max_nodes, 1)).Run();
}

}  // namespace pickle5::internal

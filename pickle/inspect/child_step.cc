#include "pickle/inspect/child_step.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "pickle/value/node.h"

namespace pickle5::internal {
namespace {

using StepKind = PathStep::Kind;

PathStep StepToEntry(Value key, size_t pair) {
  PathStep step;
  if (const auto name = key.AsStr()) {
    step.name = *name;
    return step;
  }
  step.kind = StepKind::kValue;
  step.index = static_cast<int64_t>(pair);
  if (key.is(Kind::kInt) && key.AsInt64()) {
    step.kind = StepKind::kIndex;
    step.index = *key.AsInt64();
  }
  return step;
}

bool IsElements(PostKind kind) {
  return kind == PostKind::kAppend || kind == PostKind::kAddItem;
}

// The step to an item that was added to an object after its construction, by
// its key or its place; none if another step is needed. `place` is that of the
// first item of the post among entries() or elements().
std::optional<PathStep> StepToContent(Value parent, const Post& post,
                                      size_t child, size_t place) {
  if (post.kind == PostKind::kSetItem && child % 2 == 1) {
    return StepToEntry(post.items[child - 1], place + child / 2);
  }
  // What has entries too is asked for these.
  if (!IsElements(post.kind) || !parent.entries().empty()) return std::nullopt;
  PathStep step;
  step.kind = StepKind::kIndex;
  step.index = static_cast<int64_t>(place + child);
  return step;
}

std::optional<PathStep> StepToPost(Value parent, size_t child) {
  PathStep step;
  step.kind = StepKind::kPost;
  // What the class was given comes first.
  size_t entries = parent.entries().size();
  size_t elements = parent.elements().size();
  for (const Post& post : parent.posts()) {
    if (post.kind == PostKind::kSetItem) entries -= post.items.size() / 2;
    if (IsElements(post.kind)) elements -= post.items.size();
  }
  for (const Post& post : parent.posts()) {
    const bool is_entries = post.kind == PostKind::kSetItem;
    if (child < post.items.size()) {
      const auto content =
          StepToContent(parent, post, child, is_entries ? entries : elements);
      if (content.has_value()) return content;
      const bool is_state =
          post.kind == PostKind::kState && parent.state().Is(post.items[child]);
      if (is_state) return PathStep{.kind = StepKind::kState};
      step.item = static_cast<int64_t>(child);
      return step;
    }
    child -= post.items.size();
    ++step.index;
    if (is_entries) entries += post.items.size() / 2;
    if (IsElements(post.kind)) elements += post.items.size();
  }
  return std::nullopt;
}

// The parts of an object that stand in front of its posts.
std::optional<PathStep> StepToPart(Value parent, size_t child) {
  const size_t count = ValueAccess::parts(parent).size();
  if (child >= count) return StepToPost(parent, child - count);
  if (parent.is(Kind::kGlobal)) return std::nullopt;
  if (parent.is(Kind::kPersistentId)) return PathStep{.kind = StepKind::kId};
  constexpr StepKind kParts[] = {StepKind::kCallable, StepKind::kArgs,
                                 StepKind::kKwargs};
  return PathStep{.kind = kParts[child]};
}

}  // namespace

std::optional<PathStep> StepToChild(Value parent, size_t child) {
  switch (parent.kind()) {
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kSet:
    case Kind::kFrozenSet: {
      PathStep step;
      step.kind = StepKind::kIndex;
      step.index = static_cast<int64_t>(child);
      return step;
    }
    case Kind::kDict:
      if (child % 2 == 0) return std::nullopt;
      return StepToEntry(parent.pairs()[child / 2].key, child / 2);
    default:
      return StepToPart(parent, child);
  }
}

}  // namespace pickle5::internal

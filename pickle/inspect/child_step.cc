#include "pickle/inspect/child_step.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "pickle/value/node.h"

namespace pickle5::internal {
namespace {

using StepKind = PathStep::Kind;

PathStep StepToPair(Value dict, size_t pair) {
  const Value key = dict.pairs()[pair].key;
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

std::optional<PathStep> StepToPost(Value parent, size_t child) {
  PathStep step;
  step.kind = StepKind::kPost;
  for (const Post& post : parent.posts()) {
    if (child < post.items.size()) {
      const bool is_state =
          post.kind == PostKind::kState && parent.state().Is(post.items[child]);
      if (is_state) return PathStep{.kind = StepKind::kState};
      step.item = static_cast<int64_t>(child);
      return step;
    }
    child -= post.items.size();
    ++step.index;
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
      return StepToPair(parent, child / 2);
    default:
      return StepToPart(parent, child);
  }
}

}  // namespace pickle5::internal

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
  const auto* node = ValueAccess::node<const ObjectNode>(parent);
  const bool is_id = parent.is(Kind::kPersistentId);
  const std::array<std::pair<Value, StepKind>, 3> parts = {{
      {node->a, is_id ? StepKind::kId : StepKind::kCallable},
      {node->b, StepKind::kArgs},
      {node->c, StepKind::kKwargs},
  }};
  for (const auto& [value, kind] : parts) {
    if (value.is_null()) continue;
    if (child == 0) {
      if (parent.is(Kind::kGlobal)) return std::nullopt;
      return PathStep{.kind = kind};
    }
    --child;
  }
  return StepToPost(parent, child);
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

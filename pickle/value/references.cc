#include "pickle/value/references.h"

#include <vector>

#include "pickle/value/child_cursor.h"
#include "pickle/value/node.h"

namespace pickle5::internal {
namespace {

bool IsReferable(Value v) {
  switch (v.kind()) {
    case Kind::kInt:
    case Kind::kStr:
    case Kind::kBytes:
      return IsLongText(v);
    case Kind::kGlobal:
      return v.module().size() + v.qualname().size() > kLongText || HasPosts(v);
    case Kind::kExtension:
      return HasPosts(v);
    default:
      return v.kind() >= Kind::kByteArray && Address(v) != 0;
  }
}

}  // namespace

bool HasPosts(Value v) { return !v.posts().empty(); }

References::References(Value root) : root_(Address(root)) {
  std::vector<ChildCursor> open;
  const auto visit = [&](Value v) {
    if (!IsReferable(v)) return;
    if (IsShared(v) || Address(v) == root_) {
      const auto [place, fresh] = places_.try_emplace(Address(v));
      if (!fresh) {
        place->second.repeated = true;
        return;
      }
    }
    if (v.kind() > Kind::kByteArray) open.emplace_back(v);
  };
  visit(root);
  while (!open.empty()) {
    const Value* child = open.back().Next();
    if (child == nullptr) {
      open.pop_back();
    } else {
      visit(*child);
    }
  }
}

References::Mark References::Meet(Value v) {
  if (!IsReferable(v) || (!IsShared(v) && Address(v) != root_)) return {};
  const auto place = places_.find(Address(v));
  if (place == places_.end() || !place->second.repeated) return {};
  if (place->second.number != 0) return {place->second.number, true};
  place->second.number = ++last_number_;
  return {last_number_, false};
}

bool References::Has(Value v) const {
  if (!IsReferable(v) || (!IsShared(v) && Address(v) != root_)) return false;
  const auto place = places_.find(Address(v));
  return place != places_.end() && place->second.repeated;
}

}  // namespace pickle5::internal

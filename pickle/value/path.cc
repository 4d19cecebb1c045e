#include "pickle/value/path.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <span>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "pickle/text/utf8.h"
#include "pickle/value/repr.h"

namespace pickle5 {
namespace {

using StepKind = PathStep::Kind;

struct Part {
  std::string_view name;
  StepKind kind;
  int indexes;
};

constexpr std::array<Part, 8> kParts = {{
    {"@callable", StepKind::kCallable, 0},
    {"@args", StepKind::kArgs, 0},
    {"@kwargs", StepKind::kKwargs, 0},
    {"@state", StepKind::kState, 0},
    {"@id", StepKind::kId, 0},
    {"@key", StepKind::kKey, 1},
    {"@value", StepKind::kValue, 1},
    {"@post", StepKind::kPost, 2},
}};

bool EndsName(char c) {
  return std::string_view(".[]'\" \t\r\n\v\f").find(c) !=
             std::string_view::npos ||
         c == '\0';
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Returns whether the name can be written behind a dot.
bool IsBareName(std::string_view name) {
  return !name.empty() && name.front() != '@' && !IsDigit(name.front()) &&
         std::none_of(name.begin(), name.end(), EndsName);
}

absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

// Reads a path from the left.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  absl::StatusOr<Path> Parse() {
    if (!Take('$')) return Bad("a path begins with $");
    std::vector<PathStep> steps;
    while (at_ != text_.size()) {
      PathStep step;
      if (!ParseStep(&step)) return Bad(rule_);
      steps.push_back(std::move(step));
    }
    return Path(std::move(steps));
  }

 private:
  absl::Status Bad(std::string_view rule) const {
    return absl::InvalidArgumentError(
        absl::StrCat("path ", Absl(text_), ", byte ", at_, ": ", Absl(rule)));
  }

  bool Fail(std::string_view rule) {
    rule_ = rule;
    return false;
  }
  bool Take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool ParseStep(PathStep* step) {
    if (Take('.')) return ParseName(step);
    if (!Take('[')) return Fail("a step begins with . or [");
    if (at_ != text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) {
      step->kind = StepKind::kName;
      return ParseQuoted(&step->name) && TakeBracket();
    }
    step->kind = StepKind::kIndex;
    return ParseInt(&step->index) && TakeBracket();
  }

  bool TakeBracket() { return Take(']') || Fail("] is missing"); }

  bool ParseName(PathStep* step) {
    const size_t begin = at_;
    while (at_ != text_.size() && !EndsName(text_[at_])) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    if (name.starts_with('@')) return ParsePart(name, step);
    if (!IsBareName(name)) return Fail("a name is missing");
    step->kind = StepKind::kName;
    step->name = std::string(name);
    return true;
  }

  bool ParsePart(std::string_view name, PathStep* step) {
    const auto part =
        std::find_if(kParts.begin(), kParts.end(),
                     [name](const Part& p) { return p.name == name; });
    if (part == kParts.end()) return Fail("there is no such part");
    step->kind = part->kind;
    return (part->indexes < 1 || ParseBracketed(&step->index)) &&
           (part->indexes < 2 || ParseBracketed(&step->item));
  }

  bool ParseBracketed(int64_t* index) {
    if (!Take('[')) return Fail("an index in brackets is missing");
    if (!ParseInt(index) || !TakeBracket()) return false;
    return *index >= 0 || Fail("the index is negative");
  }

  bool ParseInt(int64_t* value) {
    const char* const begin = text_.data() + at_;
    const auto result =
        std::from_chars(begin, text_.data() + text_.size(), *value);
    if (result.ec != std::errc()) return Fail("an int64 or a quote is missing");
    at_ += static_cast<size_t>(result.ptr - begin);
    return true;
  }

  bool ParseQuoted(std::string* name) {
    const char quote = text_[at_++];
    while (!Take(quote)) {
      if (at_ == text_.size()) return Fail("the closing quote is missing");
      if (!Take('\\')) {
        name->push_back(text_[at_++]);
      } else if (!ParseEscape(name)) {
        return false;
      }
    }
    return IsValidUtf8(*name, /*allow_surrogates=*/true) ||
           Fail("the name is not UTF-8");
  }

  bool ParseEscape(std::string* name) {
    const char c = at_ == text_.size() ? '\0' : text_[at_++];
    switch (c) {
      case '\\':
      case '\'':
      case '"':
        name->push_back(c);
        return true;
      case 'n':
        name->push_back('\n');
        return true;
      case 'r':
        name->push_back('\r');
        return true;
      case 't':
        name->push_back('\t');
        return true;
      case 'x':
        return ParseHex(2, name);
      case 'u':
        return ParseHex(4, name);
      case 'U':
        return ParseHex(8, name);
      default:
        return Fail("there is no such escape");
    }
  }

  bool ParseHex(size_t digits, std::string* name) {
    uint32_t value = 0;
    const std::string_view hex = text_.substr(at_, digits);
    const auto result =
        std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
    if (hex.size() != digits || result.ec != std::errc() ||
        result.ptr != hex.data() + digits || value > 0x10ffff) {
      return Fail("the escape is no code point");
    }
    AppendUtf8(value, name);
    at_ += digits;
    return true;
  }

  const std::string_view text_;
  size_t at_ = 0;
  std::string_view rule_;
};

Value At(std::span<const Value> items, int64_t index) {
  if (index < 0 || static_cast<uint64_t>(index) >= items.size()) return {};
  return items[static_cast<size_t>(index)];
}

Value PostItem(Value object, int64_t post, int64_t item) {
  for (const Post& step : object.posts()) {
    if (post-- == 0) return At(step.items, item);
  }
  return {};
}

Value PairPart(Value dict, int64_t index, bool key) {
  if (index < 0) return {};
  const Pair pair = dict.entries()[static_cast<size_t>(index)];
  return key ? pair.key : pair.value;
}

// A set has its items in stream order.
Value ItemAt(Value from, int64_t index) {
  const Value item = from[index];
  if (!item.is_null() || index < 0 || from.is(pickle5::Kind::kList) ||
      from.is(pickle5::Kind::kTuple) || !from.entries().empty()) {
    return item;
  }
  return from.elements()[static_cast<size_t>(index)];
}

Value Take(Value from, const PathStep& step) {
  switch (step.kind) {
    case StepKind::kName:
      return from[step.name];
    case StepKind::kIndex:
      return ItemAt(from, step.index);
    case StepKind::kCallable:
      return from.callable();
    case StepKind::kArgs:
      return from.args();
    case StepKind::kKwargs:
      return from.kwargs();
    case StepKind::kState:
      return from.state();
    case StepKind::kId:
      return from.persistent_id();
    case StepKind::kKey:
      return PairPart(from, step.index, true);
    case StepKind::kValue:
      return PairPart(from, step.index, false);
    case StepKind::kPost:
      return PostItem(from, step.index, step.item);
  }
  return {};
}

}  // namespace

void AppendPathStep(const PathStep& step, std::string* out) {
  switch (step.kind) {
    case StepKind::kName:
      if (IsBareName(step.name) && IsAscii(step.name)) {
        absl::StrAppend(out, ".", step.name);
        return;
      }
      out->push_back('[');
      AppendStrRepr(step.name, out);
      out->push_back(']');
      return;
    case StepKind::kIndex:
      absl::StrAppend(out, "[", step.index, "]");
      return;
    default:
      break;
  }
  const auto part =
      std::find_if(kParts.begin(), kParts.end(),
                   [&step](const Part& p) { return p.kind == step.kind; });
  absl::StrAppend(out, ".", Absl(part->name));
  if (part->indexes > 0) absl::StrAppend(out, "[", step.index, "]");
  if (part->indexes > 1) absl::StrAppend(out, "[", step.item, "]");
}

std::string Path::ToString() const {
  std::string text = "$";
  for (const PathStep& step : steps_) AppendPathStep(step, &text);
  return text;
}

absl::StatusOr<Path> ParsePath(std::string_view text) {
  return Parser(text).Parse();
}

absl::StatusOr<Value> Follow(Value root, const Path& path) {
  Value at = root;
  std::string way = "$";
  for (const PathStep& step : path.steps()) {
    const Value next = Take(at, step);
    if (next.is_null()) {
      std::string text;
      AppendPathStep(step, &text);
      return absl::NotFoundError(absl::StrCat(
          way, " is ",
          Repr(at, {.max_items = 3, .max_text = 40, .max_depth = 1}),
          " and has no ", text));
    }
    AppendPathStep(step, &way);
    at = next;
  }
  return at;
}

}  // namespace pickle5

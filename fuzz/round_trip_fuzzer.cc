// Promise: what loads in compat mode is written in every protocol (or refused
// with a Status), loads from there in strict mode if it did so before, and in
// protocol 5 is the same tree again (with the same dropped effects, if nothing
// was left on the stack or dropped on another object, and no tuple or call is
// among the items put into what it holds; with other numbers for buffers, if
// one was dropped; if no opcode puts more than 1000 items into an object). What
// an older protocol made of it comes back as the same tree from protocol 5 and,
// once dotted names are calls of getattr, from that protocol.

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/bytes/memory_byte_writer.h"
#include "fuzz/fuzz_input.h"
#include "fuzz/input_count.h"
#include "fuzz/reachable_values.h"
#include "pickle/inspect/verify.h"
#include "pickle/protocol/scanner.h"
#include "pickle/show/canonical_tree.h"
#include "pickle/value/document.h"
#include "pickle/value/equal.h"
#include "pickle/value/value_writer.h"

namespace pickle5 {
namespace {

class RoundTrip {
 public:
  explicit RoundTrip(Mode mode) {
    options_.mode = mode;
    options_.placeholder_buffers = true;
    options_.limits.max_digits = Limits::kUnlimited;
  }

  // Writes `from` and loads it into `to`; false where it cannot be written.
  bool Through(const Document& from, int protocol, Document* to) {
    out_.Reset();
    WriteOptions options;
    options.protocol = protocol;
    options.fix_imports = false;
    const absl::Status written = writer_.Write(from, out_, options);
    if (!written.ok()) {
      Require(written.code() == absl::StatusCode::kFailedPrecondition);
      return false;
    }
    const absl::Status loaded =
        to->LoadOwned(std::string(out_.written()), options_);
    Require(loaded.ok());
    CountRoundTrip();
    return true;
  }

 private:
  ReadOptions options_;
  MemoryByteWriter out_;
  ValueWriter writer_;
};

bool SameTree(const Document& a, const Document& b) {
  const absl::StatusOr<std::string> left = CanonicalTree(a.root());
  const absl::StatusOr<std::string> right = CanonicalTree(b.root());
  return left.ok() && right.ok() && *left == *right;
}

// More items at a time than a pickler puts into an object come in several runs.
bool KeepsRuns(const Document& document) {
  constexpr size_t kRun = 1000;
  ReachableValues values(document.root());
  for (Value value = values.Next(); !value.is_null(); value = values.Next()) {
    for (const Post post : value.posts()) {
      if (post.items.size() > kRun) return false;
    }
  }
  return true;
}

// Objects dropped on others may hold one another: what of them is written first
// is not told.
bool HoldsEffects(const Document& document) {
  ReachableValues values(document.root());
  for (Value value = values.Next(); !value.is_null(); value = values.Next()) {
    for (const Post post : value.posts()) {
      if (post.kind == PostKind::kEffect) return true;
    }
  }
  return false;
}

// Returns whether the buffers are numbered again as they were: none was
// dropped.
bool KeepsBuffers(const FuzzInput& input, const Document& document) {
  uint64_t used = 0;
  Scanner scanner(input.pickle);
  Token token;
  while (scanner.Next(token) == Scanner::Result::kToken) {
    used += token.opcode() == Opcode::NEXT_BUFFER;
  }
  if (used == 0) return true;
  ReachableValues values(document.root());
  std::unordered_set<uint64_t> met;
  for (Value value = values.Next(); !value.is_null(); value = values.Next()) {
    if (value.is(Kind::kBuffer)) met.insert(*value.buffer_index());
  }
  return met.size() == used;
}

void Check(const FuzzInput& input) {
  Document document;
  const bool checked =
      document.LoadBorrowed(input.pickle, input.Options(Mode::kCompat)).ok() &&
      KeepsBuffers(input, document) && KeepsRuns(document);
  CountInput(checked);
  if (!checked) return;
  ReadOptions strict = input.Options(Mode::kStrict);
  strict.allow_trailing = true;
  const bool is_strict = Verify(input.pickle, strict).ok();
  RoundTrip trip(is_strict ? Mode::kStrict : Mode::kCompat);
  Document same;
  if (trip.Through(document, kHighestProtocol, &same)) {
    Require(SameTree(document, same));
    // A tuple that was written while it was is dropped, as save_tuple() does,
    // and what was put into its items seems to be an effect.
    Require(!is_strict || HoldsEffects(document) || HoldsEffects(same) ||
            Identical(document.root(), same.root()));
  }
  for (int protocol = 0; protocol < kHighestProtocol; ++protocol) {
    Document lowered;
    if (!trip.Through(document, protocol, &lowered)) continue;
    Require(trip.Through(lowered, kHighestProtocol, &same));
    Require(SameTree(lowered, same));
    Document settled;
    Require(trip.Through(lowered, protocol, &settled));
    Require(trip.Through(settled, protocol, &same));
    Require(is_strict ? Equal(settled.root(), same.root())
                      : SameTree(settled, same));
  }
}

}  // namespace
}  // namespace pickle5

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pickle5::Check(pickle5::FuzzInput::Of(data, size));
  return 0;
}

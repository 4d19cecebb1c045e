#include "pickle/inspect/statistics.h"

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/buffer.h"
#include "buffers/io_status.h"
#include "pickle/inspect/child_step.h"
#include "pickle/inspect/encoded_size.h"
#include "pickle/protocol/hash_table.h"
#include "pickle/protocol/opcode.h"
#include "pickle/protocol/scanner.h"
#include "pickle/value/child_cursor.h"
#include "pickle/value/node.h"
#include "pickle/value/path.h"

namespace pickle5 {
namespace {

using internal::ChildCursor;
using internal::ValueAccess;

void SortRows(std::vector<StatisticsRow>& rows) {
  std::sort(rows.begin(), rows.end(),
            [](const StatisticsRow& a, const StatisticsRow& b) {
              return a.bytes != b.bytes ? a.bytes > b.bytes : a.name < b.name;
            });
}

bool FewerBytes(const StatisticsRow& a, const StatisticsRow& b) {
  return a.bytes < b.bytes;
}

void KeepLargest(std::vector<StatisticsRow>& rows, size_t count) {
  if (rows.size() <= count) return;
  std::nth_element(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(count),
                   rows.end(),
                   [](const StatisticsRow& a, const StatisticsRow& b) {
                     return FewerBytes(b, a);
                   });
  rows.resize(count);
}

std::string_view KindName(Kind kind) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"(null)", "NoneType", "bool", "int", "float", "str", "bytes",
       "bytearray", "list", "tuple", "dict", "set", "frozenset", "(global)",
       "(object)", "(extension)", "(persistent id)", "(buffer)"});
  static_assert(kNames.size() == static_cast<size_t>(Kind::kBuffer) + 1);
  return kNames[static_cast<size_t>(kind)];
}

absl::Status CountOpcodes(std::string_view pickle, Statistics& statistics) {
  std::array<StatisticsRow, kOpcodes.size()> rows;
  Scanner scanner(pickle);
  Token token;
  while (scanner.Next(token) == Scanner::Result::kToken) {
    StatisticsRow& row =
        rows[static_cast<size_t>(token.info - kOpcodes.data())];
    ++row.count;
    row.bytes += token.bytes.size();
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].count == 0) continue;
    rows[i].name = kOpcodes[i].name;
    statistics.opcodes.push_back(std::move(rows[i]));
  }
  SortRows(statistics.opcodes);
  statistics.pickle_bytes = scanner.offset();
  return scanner.status();
}

// Walks the values once, without recursion.
class Walk {
 public:
  Walk(const StatisticsOptions& options, Statistics& statistics)
      : options_(options), statistics_(statistics) {}

  void Run(Value root, std::span<const Value> effects) {
    root_ = root;
    Enter(root);
    Drain();
    for (const Value& effect : effects) {
      // What a dropped call holds stands under no path.
      listing_ = false;
      Enter(effect);
      Drain();
    }
    Finish();
  }

 private:
  struct ClassTotal {
    uint64_t count = 0;
    uint64_t bytes = 0;
    uint64_t open = 0;  // objects of it that the walk is in
  };
  struct Frame {
    Value value;
    ChildCursor children;
    size_t next_child = 0;
    uint64_t bytes = 0;
    ClassTotal* of_class = nullptr;
  };

  void Drain() {
    while (!frames_.empty()) {
      const Value* child = frames_.back().children.Next();
      if (child == nullptr) {
        Leave();
        continue;
      }
      ++frames_.back().next_child;
      Enter(*child);
    }
  }

  void Enter(Value value) {
    if (internal::IsShared(value) || internal::Address(value) == RootNode()) {
      if (!Discover(value)) return;
    }
    Frame frame;
    frame.value = value;
    frame.children = ChildCursor(value);
    frame.bytes = internal::EncodedSize(value);
    Count(value, frame.bytes);
    if (value.is(Kind::kObject)) {
      frame.of_class = &classes_[value.class_name()];
      ++frame.of_class->count;
      ++frame.of_class->open;
    }
    frames_.push_back(frame);
  }

  uint64_t RootNode() const {
    return ValueAccess::has_node(root_) ? internal::Address(root_) : 0;
  }

  // False if the object was met before: only a reference stands here.
  bool Discover(Value value) {
    if (!ValueAccess::has_node(value)) return true;
    auto [entry, fresh] =
        met_.try_emplace(internal::Address(value), Meeting{met_.size(), false});
    if (fresh) return true;
    if (!entry->second.again) ++statistics_.shared_objects;
    entry->second.again = true;
    ++statistics_.references;
    const uint64_t bytes = internal::EncodedReferenceSize(entry->second.index);
    statistics_.value_bytes += bytes;
    if (!frames_.empty()) frames_.back().bytes += bytes;
    StatisticsRow& row = types_[kReferenceRow];
    ++row.count;
    row.bytes += bytes;
    return false;
  }

  void Count(Value value, uint64_t bytes) {
    ++statistics_.values;
    statistics_.value_bytes += bytes;
    StatisticsRow& row = types_[static_cast<size_t>(value.kind())];
    ++row.count;
    row.bytes += bytes;
    if (!value.is(Kind::kBuffer)) return;
    ++statistics_.buffers;
    if (value.readonly()) ++statistics_.readonly_buffers;
    if (value.buffer() != nullptr) {
      statistics_.buffer_bytes += value.buffer()->nbytes();
    }
  }

  void Leave() {
    const Frame frame = frames_.back();
    if (listing_ && frames_.size() <= options_.path_depth + 1 &&
        frame.bytes > least_listed_) {
      List(frame.bytes);
    }
    frames_.pop_back();
    if (frame.of_class != nullptr && --frame.of_class->open == 0) {
      frame.of_class->bytes += frame.bytes;
    }
    if (!frames_.empty()) frames_.back().bytes += frame.bytes;
  }

  // Gives the value that the walk is in a row, if it has a path.
  void List(uint64_t bytes) {
    std::vector<PathStep> steps;
    for (size_t i = 0; i + 1 < frames_.size(); ++i) {
      std::optional<PathStep> step =
          internal::StepToChild(frames_[i].value, frames_[i].next_child - 1);
      if (!step) return;
      steps.push_back(*std::move(step));
    }
    std::vector<StatisticsRow>& rows = statistics_.paths;
    rows.push_back({Path(std::move(steps)).ToString(), 1, bytes});
    // Sorted out in large steps, so that a row costs constant time.
    if (rows.size() < 8 * options_.max_rows + 8) return;
    KeepLargest(rows, options_.max_rows);
    least_listed_ =
        rows.empty()
            ? UINT64_MAX
            : std::min_element(rows.begin(), rows.end(), FewerBytes)->bytes;
  }

  void Finish() {
    for (size_t i = 0; i < types_.size(); ++i) {
      if (types_[i].count == 0) continue;
      types_[i].name =
          i == kReferenceRow ? "(reference)" : KindName(static_cast<Kind>(i));
      statistics_.types.push_back(std::move(types_[i]));
    }
    for (const auto& [name, total] : classes_) {
      statistics_.classes.push_back(
          {name.empty() ? "(unknown)" : name, total.count, total.bytes});
    }
    KeepLargest(statistics_.classes, options_.max_rows);
    KeepLargest(statistics_.paths, options_.max_rows);
    SortRows(statistics_.types);
    SortRows(statistics_.classes);
    SortRows(statistics_.paths);
  }

  static constexpr size_t kKinds = static_cast<size_t>(Kind::kBuffer) + 1;
  static constexpr size_t kReferenceRow = kKinds;

  struct Meeting {
    uint64_t index;
    bool again;
  };

  const StatisticsOptions& options_;
  Statistics& statistics_;
  Value root_;
  bool listing_ = true;
  uint64_t least_listed_ = 0;
  std::vector<Frame> frames_;
  internal::HashMap<uint64_t, Meeting> met_;
  std::unordered_map<std::string, ClassTotal> classes_;
  std::array<StatisticsRow, kKinds + 1> types_;
};

}  // namespace

absl::StatusOr<Statistics> Measure(std::string_view pickle,
                                   const Document& document,
                                   const StatisticsOptions& options) {
  try {
    Statistics statistics;
    statistics.protocol = document.protocol();
    if (!pickle.empty()) {
      absl::Status status = CountOpcodes(pickle, statistics);
      if (!status.ok()) return status;
    }
    Walk(options, statistics).Run(document.root(), document.effects());
    return statistics;
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5

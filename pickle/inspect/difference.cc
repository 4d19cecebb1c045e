#include "pickle/inspect/difference.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "buffers/io_status.h"
#include "pickle/inspect/child_step.h"
#include "pickle/inspect/describe.h"
#include "pickle/numpy/array_text.h"
#include "pickle/numpy/ndarray.h"
#include "pickle/protocol/hash_table.h"
#include "pickle/show/json_text.h"
#include "pickle/value/child_cursor.h"
#include "pickle/value/key_interner.h"
#include "pickle/value/node.h"
#include "pickle/value/path.h"
#include "pickle/value/repr.h"
#include "pickle/value/scalar.h"
#include "pickle/value/union_find.h"

namespace pickle5::internal {
namespace {

// Steps of a path that are shown at its beginning and at its end.
constexpr size_t kStepsShown = 100;
// So many bytes of equal text may stand in front of a difference before the
// place is told instead.
constexpr size_t kEqualTextShown = 40;
constexpr uint64_t kTextShown = 60;
constexpr size_t kNoChild = SIZE_MAX;

// One of the items of a container, or of the posts of one kind.
struct Item {
  const Value* value;
  size_t child;  // its place in ChildCursor's order
};

// The posts of an object by kind, whatever their batches.
struct Items {
  std::vector<Item> states;
  std::vector<Item> appended;
  std::vector<Item> pairs;  // keys and values in turn
  std::vector<Item> added;
  std::vector<Item> effects;
};

Items ItemsOf(Value object) {
  Items items;
  size_t child = ValueAccess::parts(object).size();
  for (const Post& post : object.posts()) {
    std::vector<Item>& of_kind =
        post.kind == PostKind::kState     ? items.states
        : post.kind == PostKind::kAppend  ? items.appended
        : post.kind == PostKind::kSetItem ? items.pairs
        : post.kind == PostKind::kAddItem ? items.added
                                          : items.effects;
    for (const Value& value : post.items) of_kind.push_back({&value, child++});
  }
  return items;
}

// The graphs are walked together; a frame is a pair of values that are open.
class Comparison {
 public:
  Comparison(Value a, Value b, uint64_t max_listed)
      : root_a_(a), root_b_(b), max_listed_(max_listed) {}

  Differences Run() {
    Compare(root_a_, root_b_);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      if (frame.part == frame.parts.size()) {
        frames_.pop_back();
        continue;
      }
      Part& part = frame.parts[frame.part];
      const size_t i = frame.at++;
      frame.child_a = part.a == nullptr ? kNoChild : part.child_a + i;
      frame.child_b = part.b == nullptr ? kNoChild : part.child_b + i;
      const Value* a = part.a == nullptr ? nullptr : part.a + i;
      const Value* b = part.b == nullptr ? nullptr : part.b + i;
      if (frame.at == part.count) {
        ++frame.part;
        frame.at = 0;
      }
      if (a != nullptr && b != nullptr) {
        Compare(*a, *b);
      } else {
        Report(a, b);
      }
    }
    return std::move(found_);
  }

 private:
  // A run of children that stand in turn in both graphs, or in one of them.
  struct Part {
    const Value* a;
    const Value* b;
    size_t count;
    size_t child_a;
    size_t child_b;
  };
  struct Frame {
    Value a;
    Value b;
    std::vector<Part> parts = {};
    size_t part = 0;
    size_t at = 0;
    // The children that are being compared.
    size_t child_a = kNoChild;
    size_t child_b = kNoChild;
  };

  void Compare(Value a, Value b) {
    if (a.Is(b)) return;
    if (a.kind() != b.kind()) return Report(&a, &b);
    if (IsScalar(a) && !a.is(Kind::kByteArray)) return CompareScalars(a, b);
    if (!Meet(a, b)) return;
    switch (a.kind()) {
      case Kind::kByteArray:
        return CompareScalars(a, b);
      case Kind::kList:
      case Kind::kTuple:
        return CompareSequences(a, b);
      case Kind::kDict:
      case Kind::kSet:
      case Kind::kFrozenSet:
        return CompareUnordered(a, b);
      default:
        return CompareExtensible(a, b);
    }
  }

  // Tells whether the pair is to be compared: not if it was, or is assumed to
  // be equal because of others. Reports sharing that differs.
  bool Meet(Value a, Value b) {
    const bool may_come_again = IsShared(a) || IsShared(b) ||
                                Address(a) == Address(root_a_) ||
                                Address(b) == Address(root_b_);
    if (!ValueAccess::has_node(a) || !ValueAccess::has_node(b) ||
        !may_come_again) {
      return true;
    }
    if (CanChange(a) && CanChange(b)) {
      const auto [of_a, new_a] = to_b_.try_emplace(Address(a), Address(b));
      const auto [of_b, new_b] = to_a_.try_emplace(Address(b), Address(a));
      const bool a_has_other = !new_a && of_a->second != Address(b);
      const bool b_has_other = !new_b && of_b->second != Address(a);
      if (a_has_other || b_has_other) {
        Report(&a, &b,
               a_has_other && b_has_other
                   ? "shared with different places in the two"
               : a_has_other ? "shared with another place in the first only"
                             : "shared with another place in the second only");
      }
    }
    return nodes_.Unite(Address(a), Address(b));
  }

  // Tells whether it matters in how many places an object stands.
  static bool CanChange(Value v) {
    switch (v.kind()) {
      case Kind::kList:
      case Kind::kDict:
      case Kind::kSet:
      case Kind::kByteArray:
        return true;
      case Kind::kObject:
        return ValueAccess::first_post(v) != nullptr &&
               v.callable().qualname() != "dtype";
      default:
        return false;
    }
  }

  void CompareScalars(Value a, Value b) {
    if (a.is(Kind::kFloat)) {
      const double x = *a.AsDouble();
      const double y = *b.AsDouble();
      if (x != x && y != y) return;
      return Report(&a, &b);
    }
    if (IsLongText(a) && IsLongText(b) && (IsShared(a) || IsShared(b)) &&
        !nodes_.Unite(Address(a), Address(b))) {
      return;
    }
    if (ScalarEqual(a, b)) return;
    if (a.is(Kind::kInt) || a.is(Kind::kBool)) return Report(&a, &b);
    const auto text = [](Value v) {
      return v.is(Kind::kStr) ? *v.AsStr() : *v.AsBytes();
    };
    ReportText(a, b, text(a), text(b));
  }

  void ReportText(Value a, Value b, std::string_view p, std::string_view q) {
    if (++found_.count > max_listed_) return;
    size_t at = static_cast<size_t>(
        std::mismatch(
            p.begin(),
            p.begin() + static_cast<ptrdiff_t>(std::min(p.size(), q.size())),
            q.begin())
            .first -
        p.begin());
    if (at <= kEqualTextShown) return List(Describe(a), Describe(b), "");
    // Not in the middle of a code point.
    const auto continues = [](std::string_view s, size_t i) {
      return i < s.size() && (static_cast<uint8_t>(s[i]) & 0xc0) == 0x80;
    };
    while (a.is(Kind::kStr) && (continues(p, at) || continues(q, at))) --at;
    const auto rest = [&](std::string_view s) {
      std::string shown = absl::StrCat(a.is(Kind::kStr) ? "str" : "bytes",
                                       " of ", s.size(), " bytes with ");
      std::string_view part = s.substr(at, kTextShown);
      if (a.is(Kind::kStr)) {
        size_t end = at + part.size();
        while (continues(s, end)) --end;
        part = s.substr(at, end - at);
        AppendStrRepr(part, &shown);
      } else {
        AppendBytesRepr(part, &shown);
      }
      return shown;
    };
    List(rest(p), rest(q), absl::StrCat("at byte ", at));
  }

  void CompareSequences(Value a, Value b) {
    Frame frame{a, b};
    AddRuns(ValueAccess::items(a), ValueAccess::items(b), &frame);
    frames_.push_back(std::move(frame));
  }

  static void AddRuns(std::span<const Value> a, std::span<const Value> b,
                      Frame* frame) {
    const size_t both = std::min(a.size(), b.size());
    if (both != 0) frame->parts.push_back({a.data(), b.data(), both, 0, 0});
    if (a.size() > both) {
      frame->parts.push_back(
          {a.data() + both, nullptr, a.size() - both, both, 0});
    }
    if (b.size() > both) {
      frame->parts.push_back(
          {nullptr, b.data() + both, b.size() - both, 0, both});
    }
  }

  static void AddItems(std::span<const Item> a, std::span<const Item> b,
                       Frame* frame) {
    for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
      AddItem(i < a.size() ? &a[i] : nullptr, i < b.size() ? &b[i] : nullptr,
              frame);
    }
  }

  static void AddItem(const Item* a, const Item* b, Frame* frame) {
    frame->parts.push_back(
        {a == nullptr ? nullptr : a->value, b == nullptr ? nullptr : b->value,
         1, a == nullptr ? 0 : a->child, b == nullptr ? 0 : b->child});
  }

  struct Slot {
    KeyInterner::Key key;
    size_t order;
    Item item;   // the key, or the item of a set
    Item value;  // of a dict
  };

  KeyInterner& Keys() {
    if (!keys_.has_value()) keys_.emplace(KeyInterner::Objects::kByContent);
    return *keys_;
  }

  std::vector<Slot> SlotsOf(Value container) {
    if (!same_keys_.has_value()) {
      same_keys_.emplace(KeyInterner::Objects::kByIdentity);
    }
    const Value* items = ValueAccess::items(container).data();
    const size_t value = container.is(Kind::kDict) ? 1 : 0;
    std::vector<Slot> slots;
    for (const DistinctEntry& entry :
         DistinctEntries(container, &*same_keys_)) {
      const Item key = {items + entry.first, entry.first};
      const size_t last = entry.last + value;
      slots.push_back(
          {Keys().Of(*key.value), slots.size(), key, {items + last, last}});
    }
    return slots;
  }

  std::vector<Slot> SlotsOf(std::span<const Item> items, size_t step) {
    std::vector<Slot> slots;
    for (size_t i = 0; i + step <= items.size(); i += step) {
      slots.push_back({Keys().Of(*items[i].value), slots.size(), items[i],
                       items[i + step - 1]});
    }
    return slots;
  }

  void CompareUnordered(Value a, Value b) {
    Frame frame{a, b};
    AddSlots(SlotsOf(a), SlotsOf(b), a.is(Kind::kDict), &frame);
    frames_.push_back(std::move(frame));
  }

  // Pairs what has equal keys.
  void AddSlots(std::vector<Slot> a, std::vector<Slot> b, bool is_dict,
                Frame* frame) {
    const auto less = [](const Slot& p, const Slot& q) {
      return std::tie(p.key.exact, p.key.number, p.order) <
             std::tie(q.key.exact, q.key.number, q.order);
    };
    std::sort(a.begin(), a.end(), less);
    std::sort(b.begin(), b.end(), less);
    const auto key = [](const Slot& slot) {
      return std::tie(slot.key.exact, slot.key.number);
    };
    std::vector<Match> matches;
    size_t i = 0;
    size_t j = 0;
    while (i < a.size() || j < b.size()) {
      const bool in_a =
          j == b.size() || (i < a.size() && key(a[i]) <= key(b[j]));
      const bool in_b =
          i == a.size() || (j < b.size() && key(b[j]) <= key(a[i]));
      matches.push_back({in_a ? &a[i++] : nullptr, in_b ? &b[j++] : nullptr});
    }
    // In the order of the first graph; what it lacks comes last.
    std::sort(
        matches.begin(), matches.end(),
        [](const Match& p, const Match& q) { return p.Place() < q.Place(); });
    for (const Match& match : matches) AddMatch(match, is_dict, frame);
  }

  struct Match {
    const Slot* a;
    const Slot* b;

    std::pair<size_t, size_t> Place() const {
      return {a == nullptr ? SIZE_MAX : a->order, b == nullptr ? 0 : b->order};
    }
  };

  static void AddMatch(const Match& match, bool is_dict, Frame* frame) {
    const auto& [a, b] = match;
    if (a == nullptr || b == nullptr) {
      return AddItem(a == nullptr ? nullptr : &a->value,
                     b == nullptr ? nullptr : &b->value, frame);
    }
    // 1, 1.0 and True are one key. Keys that reach a cycle may differ.
    if (!a->key.exact || a->item.value->kind() != b->item.value->kind()) {
      AddItem(&a->item, &b->item, frame);
    }
    if (is_dict) AddItem(&a->value, &b->value, frame);
  }

  void CompareExtensible(Value a, Value b) {
    if (IsArray(a) && IsArray(b) && CompareArrays(a, b)) return;
    if (a.is(Kind::kBuffer)) {
      CompareBuffers(a, b);
    } else if (a.is(Kind::kGlobal)) {
      if (a.module() != b.module() || a.qualname() != b.qualname()) {
        Report(&a, &b);
      }
    } else if (a.form() != b.form()) {
      Report(&a, &b, "made by different opcodes");
    } else if (a.extension_code() != b.extension_code()) {
      Report(&a, &b);
    }
    Frame frame{a, b};
    if (!a.is(Kind::kGlobal) && a.form() == b.form()) {
      AddRuns(ValueAccess::parts(a), ValueAccess::parts(b), &frame);
    }
    if (!a.posts().empty() || !b.posts().empty()) {
      const Items of_a = ItemsOf(a);
      const Items of_b = ItemsOf(b);
      AddItems(of_a.states, of_b.states, &frame);
      AddItems(of_a.appended, of_b.appended, &frame);
      AddSlots(SlotsOf(of_a.pairs, 2), SlotsOf(of_b.pairs, 2),
               /*is_dict=*/true, &frame);
      AddSlots(SlotsOf(of_a.added, 1), SlotsOf(of_b.added, 1),
               /*is_dict=*/false, &frame);
      AddItems(of_a.effects, of_b.effects, &frame);
    }
    if (!frame.parts.empty()) frames_.push_back(std::move(frame));
  }

  void CompareBuffers(Value a, Value b) {
    const Buffer* p = a.buffer();
    const Buffer* q = b.buffer();
    const bool same = p != nullptr && q != nullptr
                          ? p->chars() == q->chars()
                          : p == q && a.buffer_index() == b.buffer_index();
    if (same && a.readonly() == b.readonly()) return;
    std::string note;
    if (!same && p != nullptr && q != nullptr) {
      const std::string_view x = p->chars();
      const std::string_view y = q->chars();
      const size_t shorter = std::min(x.size(), y.size());
      const auto at = std::mismatch(
          x.begin(), x.begin() + static_cast<ptrdiff_t>(shorter), y.begin());
      note = absl::StrCat("at byte ", at.first - x.begin());
    }
    Report(&a, &b, note);
  }

  // False if they are no arrays whose items can be compared.
  bool CompareArrays(Value a, Value b) {
    std::string storage_a;
    std::string storage_b;
    const absl::StatusOr<ArrayView> x = ViewArray(a, &storage_a);
    const absl::StatusOr<ArrayView> y = ViewArray(b, &storage_b);
    if (!x.ok() || !y.ok()) return false;
    if (x->descr != y->descr || x->shape != y->shape) {
      Report(&a, &b);
      return true;
    }
    // Items without bytes are equal, however many there are.
    if (x->itemsize == 0) return true;
    const bool in_order =
        x->fortran_order == y->fortran_order || x->shape.size() < 2;
    if (in_order && x->data == y->data) return true;
    uint64_t count = 0;
    uint64_t first = 0;
    for (uint64_t n = x->items; n-- > 0;) {
      if (ItemAt(*x, n) == ItemAt(*y, n)) continue;
      ++count;
      first = n;
    }
    if (count != 0) ReportItems(*x, *y, count, first);
    return true;
  }

  static std::string_view ItemAt(const ArrayView& array, uint64_t n) {
    return array.data.substr(ItemOffset(array, n), array.itemsize);
  }

  void ReportItems(const ArrayView& x, const ArrayView& y, uint64_t count,
                   uint64_t first) {
    if (++found_.count > max_listed_) return;
    std::vector<uint64_t> index(x.shape.size());
    uint64_t rest = first;
    for (size_t d = index.size(); d-- > 0;) {
      index[d] = rest % x.shape[d];
      rest /= x.shape[d];
    }
    std::string shown_x;
    std::string shown_y;
    const absl::StatusOr<ItemPrinter> printer = ItemPrinter::Make(x.descr);
    if (printer.ok() && printer->size() == x.itemsize) {
      printer->Append(ItemAt(x, first), kTextShown, &shown_x);
      printer->Append(ItemAt(y, first), kTextShown, &shown_y);
    }
    List(std::move(shown_x), std::move(shown_y),
         absl::StrCat("at [", absl::StrJoin(index, ", "), "] of array ",
                      ArrayTitle(x), ", ", count, " of ", x.items,
                      x.items == 1 ? " item differs" : " items differ"));
  }

  // Null: it is not there.
  void Report(const Value* a, const Value* b, std::string note = "") {
    if (++found_.count > max_listed_) return;
    List(a == nullptr ? "" : Describe(*a), b == nullptr ? "" : Describe(*b),
         std::move(note));
  }

  void List(std::string a, std::string b, std::string note) {
    found_.listed.push_back(
        {PathHere(), std::move(a), std::move(b), std::move(note)});
  }

  std::string PathHere() const {
    std::string path = "$";
    for (size_t i = 0; i < frames_.size(); ++i) {
      if (i == kStepsShown && frames_.size() > 2 * kStepsShown) {
        absl::StrAppend(&path, "... ", frames_.size() - 2 * kStepsShown,
                        " steps ...");
        i = frames_.size() - kStepsShown;
      }
      const Frame& frame = frames_[i];
      const bool in_a = frame.child_a != kNoChild;
      const Value parent = in_a ? frame.a : frame.b;
      const size_t child = in_a ? frame.child_a : frame.child_b;
      std::optional<PathStep> step = StepToChild(parent, child);
      if (!step && parent.is(Kind::kDict)) {
        step = {.kind = PathStep::Kind::kKey,
                .index = static_cast<int64_t>(child / 2)};
      }
      if (step) AppendPathStep(*step, &path);
    }
    return path;
  }

  const Value root_a_;
  const Value root_b_;
  const uint64_t max_listed_;
  Differences found_;
  std::vector<Frame> frames_;
  UnionFind nodes_;
  HashMap<uint64_t, uint64_t> to_b_;
  HashMap<uint64_t, uint64_t> to_a_;
  std::optional<KeyInterner> keys_;
  std::optional<KeyInterner> same_keys_;
};

}  // namespace

absl::StatusOr<Differences> FindDifferences(Value first, Value second,
                                            uint64_t max_listed) {
  try {
    return Comparison(first, second, max_listed).Run();
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

std::string DifferenceText(const Difference& difference) {
  const auto& [path, first, second, note] = difference;
  std::string text = path + ": ";
  if (second.empty()) {
    absl::StrAppend(&text, "only in the first: ", first);
  } else if (first.empty()) {
    absl::StrAppend(&text, "only in the second: ", second);
  } else {
    text += first;
    if (first != second) absl::StrAppend(&text, " != ", second);
  }
  if (!note.empty()) absl::StrAppend(&text, " (", note, ")");
  return text + "\n";
}

std::string DifferenceJson(const Difference& difference) {
  std::string line = "{";
  const auto add = [&line](const char* name, const std::string& text) {
    absl::StrAppend(&line, line.size() == 1 ? "\"" : ", \"", name, "\": ");
    if (text.empty()) {
      line += "null";
    } else {
      AppendJsonString(text, /*ascii=*/true, &line);
    }
  };
  add("path", difference.path);
  add("first", difference.first);
  add("second", difference.second);
  add("note", difference.note);
  return line + "}\n";
}

}  // namespace pickle5::internal

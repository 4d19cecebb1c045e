#include "pickle/value/repr.h"

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "pickle/text/integer_text.h"
#include "pickle/text/shown_text.h"
#include "pickle/text/text_argument.h"
#include "pickle/text/utf8.h"
#include "pickle/value/child_cursor.h"
#include "pickle/value/key_interner.h"
#include "pickle/value/node.h"
#include "pickle/value/references.h"
#include "pickle/value/scalar.h"

namespace pickle5 {
namespace {

using internal::PostNode;
using internal::ValueAccess;

// The bytes of the first `count` code points.
std::string_view FirstCodePoints(std::string_view utf8, uint64_t count) {
  const char* p = utf8.data();
  const char* const end = p + utf8.size();
  for (; count != 0 && p != end; --count) DecodeUtf8(p);
  return utf8.substr(0, static_cast<size_t>(p - utf8.data()));
}

class ReprPrinter {
 public:
  ReprPrinter(Value root, const ReprOptions& options)
      : options_(options), references_(root) {
    Visit(root, 0);
    while (!tasks_.empty()) Continue();
  }

  std::string Take() { return std::move(out_); }

 private:
  // Larger ints are not made text only to show its beginning.
  static constexpr uint64_t kMaxBits = 20'000;

  enum class Step : uint8_t {
    kText,      // prints `text`
    kValue,     // prints `value`
    kItems,     // prints at .. end, then `text`
    kPairs,     // the same as key: value
    kEntries,   // prints what of `value` is in `entries`, then `text`
    kPosts,     // prints the posts of an object from `post` on
    kContents,  // prints the items of the posts from `post` up to `post_end`,
                // then `text`
  };
  struct Task {
    Step step;
    uint64_t depth = 0;
    uint64_t printed = 0;
    Value value = {};
    const Value* at = nullptr;
    const Value* end = nullptr;
    const PostNode* post = nullptr;
    const PostNode* post_end = nullptr;
    size_t left = 0;     // kContents: Values not printed yet
    bool pairs = false;  // kContents: of keys and values
    const char* text = nullptr;
    std::unique_ptr<const std::vector<internal::DistinctEntry>> entries =
        nullptr;
  };

  void Put(std::string_view text) { out_.append(text); }
  void Later(const char* text) {
    tasks_.push_back({.step = Step::kText, .text = text});
  }
  void Later(Value value, uint64_t depth) {
    tasks_.push_back({.step = Step::kValue, .depth = depth, .value = value});
  }
  void Later(Step step, std::span<const Value> items, const char* close,
             uint64_t depth) {
    tasks_.push_back({.step = step,
                      .depth = depth,
                      .at = items.data(),
                      .end = items.data() + items.size(),
                      .text = close});
  }

  void PutMore(uint64_t count) {
    Put(" ... ");
    Put(std::to_string(count));
    Put(" more");
  }

  void Visit(Value v, uint64_t depth) {
    const internal::References::Mark mark = references_.Meet(v);
    if (mark.number != 0) {
      Put("#");
      Put(std::to_string(mark.number));
      Put(mark.again ? "#" : "=");
      if (mark.again) return;
    }
    switch (v.kind()) {
      case Kind::kNull:
        return Put("<null>");
      case Kind::kNone:
        return Put("None");
      case Kind::kBool:
        return Put(*v.AsBool() ? "True" : "False");
      case Kind::kInt:
        return PutInt(v);
      case Kind::kFloat:
        return Put(FloatRepr(*v.AsDouble()));
      case Kind::kStr:
        return PutStr(*v.AsStr());
      case Kind::kBytes:
        return PutBytes(*v.AsBytes());
      case Kind::kByteArray:
        Put("bytearray(");
        PutBytes(*v.AsBytes());
        return Put(")");
      case Kind::kList:
      case Kind::kTuple:
        return VisitSequence(v, depth);
      case Kind::kDict:
      case Kind::kSet:
      case Kind::kFrozenSet:
        return VisitUnordered(v, depth);
      default:
        return VisitExtensible(v, depth);
    }
  }

  void PutInt(Value v) {
    if (ValueAccess::has_big_int(v)) {
      const uint64_t bits = BitLength(ValueAccess::text(v));
      if (bits > kMaxBits && bits / 4 > options_.max_text) {
        Put("<int of ");
        Put(std::to_string(bits));
        return Put(" bits>");
      }
    }
    const std::string text = internal::IntLiteralOf(v);
    if (text.size() <= options_.max_text) return Put(text);
    const auto shown = static_cast<size_t>(options_.max_text);
    Put(std::string_view(text).substr(0, shown));
    PutMore(text.size() - shown);
  }

  void PutStr(std::string_view text) {
    const std::string_view shown =
        text.size() <= options_.max_text
            ? text
            : FirstCodePoints(text, options_.max_text);
    AppendStrRepr(shown, &out_);
    if (shown.size() < text.size()) {
      PutMore(CountCodePoints(text.substr(shown.size())));
    }
  }

  void PutBytes(std::string_view bytes) {
    if (bytes.size() <= options_.max_text) {
      return AppendBytesRepr(bytes, &out_);
    }
    const auto shown = static_cast<size_t>(options_.max_text);
    AppendBytesRepr(bytes.substr(0, shown), &out_);
    PutMore(bytes.size() - shown);
  }

  void VisitSequence(Value v, uint64_t depth) {
    const bool is_list = v.is(Kind::kList);
    const std::span<const Value> items = ValueAccess::items(v);
    if (depth >= options_.max_depth && !items.empty()) {
      return Put(is_list ? "[...]" : "(...)");
    }
    Put(is_list ? "[" : "(");
    Later(Step::kItems, items,
          is_list             ? "]"
          : items.size() == 1 ? ",)"
                              : ")",
          depth + 1);
  }

  void VisitUnordered(Value v, uint64_t depth) {
    const bool is_frozen = v.is(Kind::kFrozenSet);
    if (ValueAccess::items(v).empty()) {
      return Put(v.is(Kind::kDict) ? "{}"
                 : is_frozen       ? "frozenset()"
                                   : "set()");
    }
    if (is_frozen) Put("frozenset(");
    if (depth >= options_.max_depth) {
      return Put(is_frozen ? "{...})" : "{...}");
    }
    Put("{");
    tasks_.push_back(
        {.step = Step::kEntries,
         .depth = depth + 1,
         .value = v,
         .text = is_frozen ? "})" : "}",
         .entries = std::make_unique<std::vector<internal::DistinctEntry>>(
             internal::DistinctEntries(v, &keys_))});
  }

  void VisitExtensible(Value v, uint64_t depth) {
    if (v.is(Kind::kObject) && options_.object_text != nullptr &&
        options_.object_text(v, options_.max_items, &out_)) {
      return;
    }
    const PostNode* post = ValueAccess::first_post(v);
    const bool deep = depth >= options_.max_depth;
    Contents contents;
    if (post != nullptr && !deep) {
      contents = FirstContents(&post);
      if (post != nullptr) {
        tasks_.push_back(
            {.step = Step::kPosts, .depth = depth + 1, .post = post});
      }
      if (contents.of != nullptr && !TakesContents(v)) {
        LaterContents(contents, depth + 1);
        Later(" ");
      }
    }
    switch (v.kind()) {
      case Kind::kGlobal:
        Put("<global ");
        PutName(v);
        return Put(">");
      case Kind::kExtension:
        Put("<extension ");
        Put(std::to_string(*v.extension_code()));
        return Put(">");
      case Kind::kPersistentId:
        Put("<persistent ");
        if (deep) return Put("...>");
        Later(">");
        return Later(v.persistent_id(), depth + 1);
      case Kind::kBuffer:
        return PutBuffer(v);
      default:
        return VisitObject(v, contents, depth, deep);
    }
  }

  void PutName(Value global) {
    Put(internal::ShownText(global.module()));
    Put(".");
    Put(internal::ShownText(global.qualname()));
  }

  void PutBuffer(Value v) {
    Put("<buffer ");
    Put(std::to_string(*v.buffer_index()));
    if (v.buffer() != nullptr) {
      Put(", ");
      Put(std::to_string(v.buffer()->nbytes()));
      Put(" bytes");
    }
    Put(v.readonly() ? ", readonly>" : ">");
  }

  // What is set or appended directly after construction, in one or more steps
  // of one kind.
  struct Contents {
    const PostNode* of = nullptr;
    const PostNode* end = nullptr;  // the first step of another kind
    size_t count = 0;               // Values
  };

  static Contents FirstContents(const PostNode** post) {
    Contents contents;
    const auto kind = static_cast<PostKind>((*post)->kind);
    if (kind == PostKind::kState || kind == PostKind::kEffect) return contents;
    contents.of = *post;
    while (*post != nullptr && static_cast<PostKind>((*post)->kind) == kind) {
      contents.count += static_cast<size_t>((*post)->count);
      *post = (*post)->next;
    }
    contents.end = *post;
    return contents;
  }

  // Returns whether Python's own repr() shows the contents as one more
  // argument.
  static bool TakesContents(Value v) {
    return v.is(Kind::kObject) && v.form() != ObjectForm::kNewObj &&
           v.form() != ObjectForm::kNewObjEx;
  }

  void LaterContents(const Contents& contents, uint64_t depth) {
    const auto kind = static_cast<PostKind>(contents.of->kind);
    tasks_.push_back({.step = Step::kContents,
                      .depth = depth,
                      .post = contents.of,
                      .post_end = contents.end,
                      .left = contents.count,
                      .pairs = kind == PostKind::kSetItem,
                      .text = kind == PostKind::kAppend ? "]" : "}"});
    Later(kind == PostKind::kAppend ? "[" : "{");
  }

  void VisitObject(Value v, const Contents& contents, uint64_t depth,
                   bool deep) {
    const Value callable = v.callable();
    const Value args = v.args();
    const bool is_new =
        v.form() == ObjectForm::kNewObj || v.form() == ObjectForm::kNewObjEx;
    const char* const open = is_new ? ".__new__(" : "(";
    const bool is_name = callable.is(Kind::kGlobal) &&
                         !internal::HasPosts(callable) &&
                         !references_.Has(callable);
    if (deep) {
      if (is_name) PutName(callable);
      if (!is_name) Put("(...)");
      return Put(is_new ? ".__new__(...)" : "(...)");
    }
    Later(")");
    const bool whole = references_.Has(args);
    if (contents.of != nullptr && TakesContents(v)) {
      LaterContents(contents, depth + 1);
      if (whole || !ValueAccess::items(args).empty()) Later(", ");
    }
    if (!v.kwargs().is_null()) {
      Later(v.kwargs(), depth + 1);
      const bool first = !whole && ValueAccess::items(args).empty();
      Later(first ? "**" : ", **");
    }
    if (whole) {
      Later(args, depth + 1);
      Later("*");
    } else {
      Later(Step::kItems, ValueAccess::items(args), "", depth + 1);
    }
    if (is_name) {
      PutName(callable);
      return Put(open);
    }
    Later(open);
    Later(")");
    Put("(");
    Later(callable, depth + 1);
  }

  void Continue() {
    Task& task = tasks_.back();
    switch (task.step) {
      case Step::kText:
        Put(task.text);
        tasks_.pop_back();
        return;
      case Step::kValue: {
        const Value v = task.value;
        const uint64_t depth = task.depth;
        tasks_.pop_back();
        return Visit(v, depth);
      }
      case Step::kItems:
        return NextItem(task);
      case Step::kPairs:
        return NextPair(task);
      case Step::kEntries:
        return NextEntry(task);
      case Step::kPosts:
        return NextPost(task);
      case Step::kContents:
        return NextContent(task);
    }
  }

  // Returns whether another entry is to be printed, of which `left` are left;
  // ends the task if not.
  bool Next(Task& task, size_t left) {
    if (left == 0) {
      Put(task.text);
      tasks_.pop_back();
      return false;
    }
    if (task.printed == options_.max_items) {
      if (task.printed != 0) Put(",");
      PutMore(left);
      Put(task.text);
      tasks_.pop_back();
      return false;
    }
    if (task.printed != 0) Put(", ");
    ++task.printed;
    return true;
  }

  void NextItem(Task& task) {
    if (!Next(task, static_cast<size_t>(task.end - task.at))) return;
    Visit(*task.at++, task.depth);
  }

  void NextPair(Task& task) {
    if (!Next(task, static_cast<size_t>(task.end - task.at) / 2)) return;
    const Value* const pair = task.at;
    task.at += 2;
    VisitPair(pair[0], pair[1], task.depth);
  }

  void NextEntry(Task& task) {
    const auto place = static_cast<size_t>(task.printed);
    if (!Next(task, task.entries->size() - place)) return;
    const internal::DistinctEntry entry = (*task.entries)[place];
    const std::span<const Value> items = ValueAccess::items(task.value);
    if (task.value.is(Kind::kDict)) {
      VisitPair(items[entry.first], items[entry.last + 1], task.depth);
    } else {
      Visit(items[entry.first], task.depth);
    }
  }

  void NextContent(Task& task) {
    const size_t stride = task.pairs ? 2 : 1;
    while (task.at == task.end && task.post != task.post_end) {
      task.at = task.post->items();
      task.end = task.at + task.post->count;
      task.post = task.post->next;
    }
    if (!Next(task, task.left / stride)) return;
    const Value* const at = task.at;
    task.at += stride;
    task.left -= stride;
    if (stride == 2) return VisitPair(at[0], at[1], task.depth);
    Visit(*at, task.depth);
  }

  void VisitPair(Value key, Value value, uint64_t depth) {
    Later(value, depth);
    Later(": ");
    Visit(key, depth);
  }

  void NextPost(Task& task) {
    const PostNode* const post = task.post;
    const uint64_t depth = task.depth;
    task.post = post->next;
    if (post->next == nullptr) tasks_.pop_back();
    const std::span<const Value> items(post->items(),
                                       static_cast<size_t>(post->count));
    switch (static_cast<PostKind>(post->kind)) {
      case PostKind::kState:
        Put(" <state ");
        Later(">");
        return Visit(items[0], depth);
      case PostKind::kEffect:
        Put(" <effect ");
        Later(">");
        return Visit(items[0], depth);
      case PostKind::kAppend:
        Put(" <append [");
        return Later(Step::kItems, items, "]>", depth);
      case PostKind::kSetItem:
        Put(" <setitem {");
        return Later(Step::kPairs, items, "}>", depth);
      case PostKind::kAddItem:
        Put(" <additem {");
        return Later(Step::kItems, items, "}>", depth);
    }
  }

  const ReprOptions options_;
  internal::References references_;
  internal::KeyInterner keys_{internal::KeyInterner::Objects::kByIdentity};
  std::string out_;
  std::vector<Task> tasks_;
};

}  // namespace

std::string Repr(Value value, const ReprOptions& options) {
  return ReprPrinter(value, options).Take();
}

}  // namespace pickle5

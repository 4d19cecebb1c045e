#ifndef PICKLE5_PICKLE_VALUE_VALUE_BUILDER_H_
#define PICKLE5_PICKLE_VALUE_VALUE_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "buffers/buffer.h"
#include "buffers/source.h"
#include "pickle/machine/machine.h"
#include "pickle/protocol/class_resolver.h"
#include "pickle/protocol/limits.h"
#include "pickle/value/arena.h"
#include "pickle/value/node.h"

namespace pickle5::internal {

// Builds the Values of a Document; see Builder in machine.h for the contract of
// its functions.
class ValueBuilder {
 public:
  using Slot = Value;
  static constexpr bool kValidatesText = false;
  static constexpr bool kRunsForeignCode = false;

  ValueBuilder(Arena* arena, std::deque<Buffer>* buffers,
               std::vector<Value>* effects)
      : arena_(*arena), buffers_(*buffers), effects_(*effects) {}

  // Makes ready for a pickle. `views`: the input outlives the Values, so that
  // long texts may point into it.
  void Start(const ReadOptions& options, bool views, BufferSource* source);
  void set_views(bool views) { views_ = views; }

  // What a buffer source failed with, or PermissionDenied by a class resolver;
  // OK if the machine's own error counts.
  const absl::Status& status() const { return status_; }
  // Memory ran out for an effect.
  bool lost_effect() const { return lost_effect_; }
  // Objects made that can hold others: an upper bound of the depth.
  uint64_t compounds() const { return compounds_; }

  static bool Ok(Slot s) { return ValueAccess::head(s) != 0; }
  static constexpr Slot Null() { return Value(); }
  // One 16-byte store: a Value written as two halves and read back whole would
  // stall.
  ABSL_ATTRIBUTE_ALWAYS_INLINE static void Put(Slot* to, Slot s) {
    *reinterpret_cast<Word*>(to) =
        Word{ValueAccess::head(s), ValueAccess::bits(s)};
  }

  Slot None() { return Value::None(); }
  Slot Bool(bool value) { return Value::Bool(value); }
  Slot Int(int64_t value) { return Value::Int(value); }
  Slot Float(double value) { return Value::Float(value); }
  Slot Long(const uint8_t* p, size_t n);
  ABSL_ATTRIBUTE_ALWAYS_INLINE Slot Str(const uint8_t* p, size_t n) {
    return Text(Kind::kStr, p, n, views_);
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE Slot Bytes(const uint8_t* p, size_t n) {
    return Text(Kind::kBytes, p, n, views_);
  }
  Slot CopiedStr(const uint8_t* p, size_t n) {
    return Text(Kind::kStr, p, n, false);
  }
  Slot ByteArray(const uint8_t* p, size_t n);
  Slot Python2Str(const uint8_t* p, size_t n);
  // An object of a large payload whose bytes live in the arena. Text is
  // checked.
  Slot Adopt(Opcode opcode, const uint8_t* p, size_t n);

  ABSL_ATTRIBUTE_ALWAYS_INLINE Slot NewList() {
    return NewSequence(Kind::kList);
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE Slot NewDict() {
    return NewSequence(Kind::kDict);
  }
  Slot NewSet() { return NewSequence(Kind::kSet); }
  Slot EmptyTuple() {
    return ValueAccess::Make(ValueAccess::Head(Kind::kTuple), uint64_t{0});
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Tuple(Slot* f, size_t n) {
    return Inline(Kind::kTuple, f, n);
  }
  bool FrozenSet(Slot* f, size_t n) {
    return Hashable(f, n, 1) && Inline(Kind::kFrozenSet, f, n);
  }
  bool List(Slot* f, size_t n) { return FilledSequence(Kind::kList, f, n); }
  bool Dict(Slot* f, size_t n) {
    return Hashable(f, n / 2, 2) && FilledSequence(Kind::kDict, f, n);
  }

  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Append(Slot* f, size_t n) {
    if (ABSL_PREDICT_FALSE(!f[-1].is(Kind::kList))) return AppendOther(f, n);
    return Extend(ValueAccess::node<SequenceNode>(f[-1]), f, n);
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool SetItems(Slot* f, size_t n) {
    if (ABSL_PREDICT_FALSE(!f[-1].is(Kind::kDict))) return SetOther(f, n);
    return Hashable(f, n / 2, 2) &&
           Extend(ValueAccess::node<SequenceNode>(f[-1]), f, n);
  }
  bool AddItems(Slot* f, size_t n);

  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Hashable(const Slot* f, size_t n,
                                             size_t step) {
    for (const Slot* end = f + n * step; f != end; f += step) {
      if (ABSL_PREDICT_FALSE(kMayBeUnhashable >> static_cast<int>(f->kind()) &
                             1) &&
          !HashableSlow(*f)) {
        return false;
      }
    }
    return true;
  }

  Slot Keep(Slot s) { return s; }
  ABSL_ATTRIBUTE_ALWAYS_INLINE Slot Share(Slot s) {
    if (ValueAccess::has_node(s)) {
      NodeHeader* header = ValueAccess::header(s);
      if (!(header->flags & NodeHeader::kShared)) {
        header->flags |= NodeHeader::kShared;
      }
    }
    return s;
  }
  void Drop(Slot) {}
  void Discard(Slot s, const Slot* below) {
    if (ABSL_PREDICT_FALSE(ValueAccess::is_extensible(s))) {
      KeepEffect(s, below);
    }
  }

  bool Charge(size_t n) { return arena_.Charge(n); }
  void Release(size_t n) { arena_.Release(n); }

  bool Global(Slot* f, int protocol);
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Reduce(Slot* f) {
    return Call(ObjectForm::kReduce, f, {});
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool NewObj(Slot* f) {
    return Call(ObjectForm::kNewObj, f, {});
  }
  bool NewObjEx(Slot* f);
  bool Instance(Slot* f, size_t n, bool inst);
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Build(Slot* f) {
    return ABSL_PREDICT_TRUE(ValueAccess::is_extensible(f[0]))
               ? AddPost(f[0], PostKind::kState, f + 1, 1)
               : BuildOther(f);
  }
  bool Persistent(Slot* f);
  Slot Extension(int64_t code);
  Slot NextBuffer();
  // A buffer that no source gave: the next of the Document's.
  Slot MakeBuffer(const Buffer& buffer, bool readonly);
  bool ReadonlyBuffer(Slot* f);
  Fault fault() const;

  // --- For values built by hand as well ------------------------------------

  // Adds a step to an extensible object. False: no memory.
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool AddPost(Slot object, PostKind kind,
                                            const Slot* items, size_t n) {
    void* memory = arena_.Allocate(sizeof(PostNode) + n * sizeof(Slot));
    if (ABSL_PREDICT_FALSE(memory == nullptr)) return false;
    auto* post = static_cast<PostNode*>(memory);
    CopyItems(reinterpret_cast<Slot*>(post + 1), items, n);
    post->next = nullptr;
    post->last = post;
    post->count = n & ((uint64_t{1} << 56) - 1);
    post->kind = static_cast<uint8_t>(kind);
    PostNode*& first = ValueAccess::first_post(object);
    if (ABSL_PREDICT_TRUE(first == nullptr)) {
      first = post;
    } else {
      first->last->next = post;
      first->last = post;
    }
    return true;
  }
  bool Extend(SequenceNode* sequence, const Slot* f, size_t n) {
    if (ABSL_PREDICT_TRUE(sequence->capacity == 0 && n <= kSmallFill)) {
      Slot* items = static_cast<Slot*>(arena_.Allocate(n * sizeof(Slot)));
      if (ABSL_PREDICT_FALSE(items == nullptr)) return false;
      sequence->items = items;
      sequence->size = sequence->capacity = static_cast<uint32_t>(n);
      // In blocks of four; the arena and the stack have room for it.
      for (const Slot* end = f + n; f < end; f += 4, items += 4) {
        Copy4(items, f);
      }
      return true;
    }
    if (ABSL_PREDICT_FALSE(n > sequence->capacity - sequence->size) &&
        !Grow(sequence, n)) {
      return false;
    }
    CopyItems(sequence->items + sequence->size, f, n);
    sequence->size += static_cast<uint32_t>(n);
    return true;
  }
  // A value of the parts that are not null: an ObjectNode.
  ABSL_ATTRIBUTE_ALWAYS_INLINE Slot NewObject(Kind kind, uint64_t flags, Slot a,
                                              Slot b, Slot kwargs) {
    const size_t more = kwargs.is_null() ? 0 : sizeof kwargs;
    void* memory =
        arena_.Allocate(sizeof(NodeHeader) + sizeof(ObjectNode) + more);
    if (ABSL_PREDICT_FALSE(memory == nullptr)) return Null();
    ++compounds_;
    auto* header = new (memory) NodeHeader;
    auto* node = new (header + 1) ObjectNode{nullptr, a, b};
    if (more != 0) Put(reinterpret_cast<Slot*>(node + 1), kwargs);
    return ValueAccess::Make(ValueAccess::Head(kind, 0, flags), node);
  }
  Slot NewScalar(Kind kind, uint64_t flags, int64_t scalar,
                 const Buffer* buffer = nullptr);
  ABSL_ATTRIBUTE_ALWAYS_INLINE Slot NewSequence(Kind kind) {
    void* memory = arena_.Allocate(sizeof(NodeHeader) + sizeof(SequenceNode));
    if (ABSL_PREDICT_FALSE(memory == nullptr)) return Null();
    ++compounds_;
    auto* header = new (memory) NodeHeader;
    auto* node = new (header + 1) SequenceNode{nullptr, 0, 0};
    return ValueAccess::Make(ValueAccess::Head(kind), node);
  }
  // A tuple or frozenset of the n items at f, into f[0].
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Inline(Kind kind, Slot* f, size_t n) {
    void* memory = arena_.Allocate(sizeof(NodeHeader) + n * sizeof(Slot));
    if (ABSL_PREDICT_FALSE(memory == nullptr)) return false;
    ++compounds_;
    auto* header = new (memory) NodeHeader;
    Slot* items = reinterpret_cast<Slot*>(header + 1);
    CopyItems(items, f, n);
    Put(f, ValueAccess::Make(ValueAccess::Head(kind, n), items));
    return true;
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE Slot Text(Kind kind, const uint8_t* p, size_t n,
                                         bool view) {
    if (ABSL_PREDICT_FALSE(n >= kViewThreshold && view)) {
      return View(kind, p, n);
    }
    void* memory = arena_.Allocate(sizeof(NodeHeader) + n);
    if (ABSL_PREDICT_FALSE(memory == nullptr)) return Null();
    auto* header = new (memory) NodeHeader;
    char* text = reinterpret_cast<char*>(header + 1);
    CopyText(text, p, n);
    return ValueAccess::Make(ValueAccess::Head(kind, n), text);
  }
  // A text whose bytes live elsewhere.
  Slot View(Kind kind, const uint8_t* p, size_t n, uint64_t flags = 0);

 private:
  typedef unsigned long long Word
      __attribute__((vector_size(16), aligned(8), may_alias));

  static constexpr size_t kViewThreshold = 256;
  static constexpr size_t kSmallFill = 64;
  // From this many items on (64 KiB) a sequence has a block of its own.
  static constexpr size_t kLargeSequence = 4096;
  static constexpr uint32_t kMayBeUnhashable =
      1u << static_cast<int>(Kind::kByteArray) |
      1u << static_cast<int>(Kind::kList) |
      1u << static_cast<int>(Kind::kTuple) |
      1u << static_cast<int>(Kind::kDict) | 1u << static_cast<int>(Kind::kSet);

  ABSL_ATTRIBUTE_ALWAYS_INLINE static void Copy4(Slot* to, const Slot* from) {
    Word words[4];
    for (int i = 0; i < 4; ++i) {
      words[i] = reinterpret_cast<const Word*>(from)[i];
    }
    for (int i = 0; i < 4; ++i) reinterpret_cast<Word*>(to)[i] = words[i];
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE static void CopyItems(Slot* to, const Slot* from,
                                                     size_t n) {
    if (ABSL_PREDICT_TRUE(n <= kSmallFill)) {
      for (const Slot* end = from + n; from != end; ++from, ++to) {
        *reinterpret_cast<Word*>(to) = *reinterpret_cast<const Word*>(from);
        // A loop that stays one: a call of memcpy costs more here.
        __asm__("" : "+r"(from));
      }
    } else {
      std::memcpy(static_cast<void*>(to), from, n * sizeof(Slot));
    }
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE static void CopyText(char* to, const uint8_t* p,
                                                    size_t n) {
    if (n > 16) {
      std::memcpy(to, p, n);
    } else if (n >= 8) {
      CopyEnds<uint64_t>(to, p, n);
    } else if (n >= 4) {
      CopyEnds<uint32_t>(to, p, n);
    } else if (n > 0) {
      to[0] = static_cast<char>(p[0]);
      to[n >> 1] = static_cast<char>(p[n >> 1]);
      to[n - 1] = static_cast<char>(p[n - 1]);
    }
  }
  template <typename T>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static void CopyEnds(char* to, const uint8_t* p,
                                                    size_t n) {
    T head;
    T tail;
    std::memcpy(&head, p, sizeof head);
    std::memcpy(&tail, p + n - sizeof tail, sizeof tail);
    std::memcpy(to, &head, sizeof head);
    std::memcpy(to + n - sizeof tail, &tail, sizeof tail);
  }

  bool strict() const { return mode_ == Mode::kStrict; }
  bool Fail(ErrorCode code, const char* rule) {
    fault_ = {code, rule};
    return false;
  }
  // Records that the class resolver refused `name`. Always false.
  bool Refuse(const std::string& name);
  bool FilledSequence(Kind kind, Slot* f, size_t n);
  bool Grow(SequenceNode* sequence, size_t n);
  bool HashableSlow(Slot s);
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Call(ObjectForm form, Slot* f,
                                         Slot kwargs) {
    if (ABSL_PREDICT_FALSE(!ValueAccess::is_extensible(f[0]) ||
                           !f[1].is(Kind::kTuple))) {
      return FailCall(f[0]);
    }
    const Slot made = NewObject(
        Kind::kObject, static_cast<uint64_t>(form) << ValueAccess::kFormShift,
        f[0], f[1], kwargs);
    Put(f, made);
    return Ok(made);
  }
  bool FailCall(Slot callable);
  bool BuildOther(Slot* f);
  bool AppendOther(Slot* f, size_t n);
  bool SetOther(Slot* f, size_t n);
  bool SetListItems(Slot list, const Slot* f, size_t n);
  bool SetByteArrayItems(Slot array, const Slot* f, size_t n);
  uint8_t* MutableBytes(Slot array, size_t size);
  bool Index(Slot key, uint64_t size, uint64_t* index);
  void KeepEffect(Slot s, const Slot* below);

  Arena& arena_;
  std::deque<Buffer>& buffers_;
  std::vector<Value>& effects_;
  BufferSource* source_ = nullptr;
  ClassResolver* resolver_ = nullptr;
  bool views_ = false;
  bool placeholders_ = false;
  Mode mode_ = Mode::kCompat;
  StringEncoding encoding_ = StringEncoding::kAscii;
  bool lost_effect_ = false;
  uint64_t compounds_ = 0;
  uint64_t buffer_count_ = 0;
  Fault fault_ = {ErrorCode::kMemoryLimit, nullptr};
  absl::Status status_;
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_VALUE_BUILDER_H_

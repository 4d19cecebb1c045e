#include "pickle/value/value_walker.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"

namespace pickle5::internal {

absl::Status ValueWalker::Write(std::span<const Value> effects, Value root,
                                bool placed, ByteWriter& writer,
                                const WriteOptions& options, BufferSink* sink) {
  emitter_.Start(writer, options.protocol, options.payload_store);
  lowering_.Start(options.fix_imports);
  sink_ = options.protocol >= 5 ? sink : nullptr;
  sink_threshold_ = UINT64_MAX;
  if (sink_ != nullptr && options.out_of_band_threshold.has_value()) {
    sink_threshold_ = *options.out_of_band_threshold;
  }
  shared_flags_ = NodeHeader::kShared;
  if (!placed && ValueAccess::has_node(root)) {
    // Something may refer to the root, and the root to it. The one reference
    // that is not counted is then the caller's.
    shared_flags_ |= ValueAccess::header(root)->flags & NodeHeader::kPlaced;
  }
  binary_ints_ = options.protocol >= 2;
  short_str_ = options.protocol >= 4 ? Atoms::kShortText : 0;
  short_bytes_ = options.protocol >= 4
                     ? std::min<uint64_t>(Atoms::kShortText, sink_threshold_)
                     : 0;
  top_ = frames_.data();
  frames_end_ = top_ + frames_.size();
  *top_ = {};
  top_->step = Step::kBottom;
  for (const Value& effect : effects) {
    OpenEffect(&effect);
    if (!Walk()) break;
  }
  if (emitter_.ok()) {
    Push(Step::kRoot, 0, &root, &root + 1);
    Walk();
  }
  return emitter_.Finish();
}

ABSL_ATTRIBUTE_NOINLINE void ValueWalker::GrowFrames() {
  const size_t used = static_cast<size_t>(top_ - frames_.data());
  frames_.resize(frames_.size() * 2);
  top_ = frames_.data() + used;
  frames_end_ = frames_.data() + frames_.size();
}

inline const Value* ValueWalker::SaveInts(const Value* next,
                                          const Value* limit) {
  constexpr uint64_t kSmall = ValueAccess::Head(Kind::kInt);
  if (ABSL_PREDICT_FALSE(!binary_ints_ || ValueAccess::head(*next) != kSmall)) {
    SaveLong(*next);
    return next + 1;
  }
  uint8_t* at = emitter_.cursor();
  do {
    at = emitter_.NextBoundary(at);
    at = Atoms::PutInt(at, static_cast<int64_t>(ValueAccess::bits(*next)));
  } while (++next != limit && ValueAccess::head(*next) == kSmall);
  emitter_.set_cursor(at);
  return next;
}

inline const Value* ValueWalker::SaveFloats(const Value* next,
                                            const Value* limit) {
  if (ABSL_PREDICT_FALSE(!binary_ints_)) {
    emitter_.EmitFloat(std::bit_cast<double>(ValueAccess::bits(*next)));
    return next + 1;
  }
  uint8_t* at = emitter_.cursor();
  do {
    at = emitter_.NextBoundary(at);
    at = Atoms::PutFloat(at, ValueAccess::bits(*next));
  } while (++next != limit && next->is(Kind::kFloat));
  emitter_.set_cursor(at);
  return next;
}

inline const Value* ValueWalker::SaveTexts(const Value* next,
                                           const Value* limit) {
  uint8_t* at = emitter_.cursor();
  uint64_t count = emitter_.memo_count();
  do {
    const Value text = *next;
    const bool is_str = text.is(Kind::kStr);
    if (!is_str && !text.is(Kind::kBytes)) break;
    const uint64_t length = ValueAccess::length(text);
    const uint64_t bits = ValueAccess::bits(text);
    if (ABSL_PREDICT_FALSE(length >= (is_str ? short_str_ : short_bytes_))) {
      emitter_.set_cursor(at);
      emitter_.set_memo_count(count);
      SaveText(text);
      return next + 1;
    }
    at = emitter_.NextBoundary(at);
    if (IsShared(bits)) {
      const uint32_t index = emitter_.IndexOf(KeyOf(bits));
      if (index != Memo::kAbsent) {
        at = Atoms::PutGet(at, index);
        continue;
      }
      emitter_.Remember(KeyOf(bits), count);
    }
    at = Atoms::PutShortText(
        at, is_str ? Opcode::SHORT_BINUNICODE : Opcode::SHORT_BINBYTES,
        ValueAccess::text_data(text), length);
    at = Atoms::PutOp(at, Opcode::MEMOIZE);
    ++count;
  } while (++next != limit);
  emitter_.set_cursor(at);
  emitter_.set_memo_count(count);
  return next;
}

ABSL_ATTRIBUTE_NOINLINE void ValueWalker::SaveFurtherReferences() {
  if (!binary_ints_) return;
  const Value* next = top_->next;
  uint8_t* at = emitter_.cursor();
  for (; next != top_->limit && next->kind() > Kind::kBytes; ++next) {
    const uint64_t known = ValueAccess::bits(*next);
    if (known == 0 || !IsShared(known)) break;
    const uint32_t index = emitter_.IndexOf(KeyOf(known));
    if (index == Memo::kAbsent) break;
    at = Atoms::PutGet(emitter_.NextBoundary(at), index);
  }
  emitter_.set_cursor(at);
  top_->next = next;
}

// Text for which SaveTexts() has no short form.
void ValueWalker::SaveText(Value text) {
  emitter_.StartValue();
  const bool is_str = text.is(Kind::kStr);
  const std::string_view chars = ValueAccess::text(text);
  const uint64_t bits = ValueAccess::bits(text);
  const void* unique = nullptr;
  if (is_str && emitter_.protocol() < 3) {
    unique = Lowering::OneCharacterKey(chars);
  }
  if (unique != nullptr ? emitter_.EmitKnown(unique) : EmitKnown(bits)) return;
  if (EmitStored(is_str ? Opcode::BINUNICODE : Opcode::BINBYTES, bits, chars)) {
    return;
  }
  if (is_str) {
    emitter_.EmitStr(chars);
  } else if (emitter_.protocol() < 3) {
    lowering_.EmitBytes(chars);
  } else if (chars.size() >= sink_threshold_) {
    if (SaveOutOfBand(Buffer::Borrow(chars), true)) {
      if (IsShared(bits)) emitter_.Memoize(KeyOf(bits));
      return;
    }
    emitter_.EmitBytes(chars);
  } else {
    emitter_.EmitBytes(chars);
  }
  emitter_.StartClosing();
  if (unique != nullptr) return emitter_.Memoize(unique);
  Memoize(bits);
}

void ValueWalker::SaveLong(Value value) {
  if (ValueAccess::has_big_int(value)) {
    emitter_.EmitLong(ValueAccess::text(value));
  } else {
    emitter_.EmitInt(static_cast<int64_t>(ValueAccess::bits(value)));
  }
}

inline void ValueWalker::SaveTuple(Value tuple) {
  const uint64_t bits = ValueAccess::bits(tuple);
  const size_t count = ValueAccess::length(tuple);
  if (count == 0) return emitter_.EmitEmptyTuple();
  if (SaveReferences(bits)) return;
  emitter_.OpenTuple(count);
  const Value* items = NodeAt<Value>(bits);
  Push(Step::kTuple, bits, items, items + count);
}

inline void ValueWalker::CloseTuple() {
  const uint64_t bits = top_->bits;
  const size_t count = static_cast<size_t>(top_->end - NodeAt<Value>(bits));
  Pop();
  if (IsShared(bits)) {
    // Memoized meanwhile: the tuple contains itself.
    if (emitter_.IndexOf(KeyOf(bits)) != Memo::kAbsent) {
      emitter_.DropTuple(count);
      emitter_.StartClosing();
      emitter_.EmitKnown(KeyOf(bits));
      return;
    }
    emitter_.Remember(KeyOf(bits));
  }
  emitter_.CloseTuple(count);
  emitter_.Memoize();
}

inline void ValueWalker::SaveList(Value list) {
  const uint64_t bits = ValueAccess::bits(list);
  if (SaveReferences(bits)) return;
  emitter_.EmitEmptyList();
  Memoize(bits);
  const auto* node = NodeAt<SequenceNode>(bits);
  if (node->size == 0) return;
  Push(Step::kList, bits, node->items, node->items + node->size);
  OpenBatch(true);
}

inline void ValueWalker::SaveDict(Value dict) {
  const uint64_t bits = ValueAccess::bits(dict);
  if (SaveReferences(bits)) return;
  emitter_.EmitEmptyDict();
  Memoize(bits);
  const auto* node = NodeAt<SequenceNode>(bits);
  if (node->size == 0) return;
  Push(Step::kDict, bits, node->items, node->items + node->size);
  OpenBatch(true);
}

// The batches of batch_list_exact(), batch_dict_exact() and save_set(), and for
// what belongs to objects those of batch_list() and batch_dict().
void ValueWalker::OpenBatch(bool first) {
  const Step step = top_->step;
  const size_t width = step == Step::kDict || step == Step::kSetItem ? 2 : 1;
  const bool is_set = step == Step::kSet || step == Step::kAddItem;
  const bool exact = step != Step::kAppend && step != Step::kSetItem;
  const size_t left = static_cast<size_t>(top_->end - top_->next);
  top_->single = !is_set && ((left == width && (first || !exact)) ||
                             emitter_.protocol() == 0);
  if (top_->single) {
    top_->limit = top_->next + width;
  } else {
    emitter_.Emit(Opcode::MARK);
    top_->limit = top_->next + std::min(left, kBatch * width);
  }
}

void ValueWalker::CloseBatch() {
  const Step step = top_->step;
  const bool is_dict = step == Step::kDict || step == Step::kSetItem;
  const bool is_set = step == Step::kSet || step == Step::kAddItem;
  Opcode opcode = Opcode::ADDITEMS;
  if (!is_set) {
    opcode = top_->single ? (is_dict ? Opcode::SETITEM : Opcode::APPEND)
                          : (is_dict ? Opcode::SETITEMS : Opcode::APPENDS);
  }
  emitter_.Emit(opcode);
  if (top_->next != top_->end) {
    if (!emitter_.ok()) return Unwind();
    return OpenBatch(false);
  }
  if ((step == Step::kDict && !top_->single) || step == Step::kSet) {
    // CPython learns that a full batch was the last only from an empty one.
    const size_t batch = is_dict ? 2 * kBatch : kBatch;
    const size_t size = NodeAt<SequenceNode>(top_->bits)->size;
    if (size >= batch && size % batch == 0) {
      emitter_.Emit(Opcode::MARK);
      emitter_.Emit(opcode);
    }
  }
  if (step == Step::kLoweredSet) return CloseLoweredSet();
  Pop();
}

bool ValueWalker::Walk() {
  const Value* next = top_->next;
  const Value* limit = top_->limit;
  for (;;) {
    while (ABSL_PREDICT_TRUE(next != limit)) {
      const Value value = *next;
      emitter_.StartValue();
      switch (value.kind()) {
        case Kind::kNone:
          emitter_.EmitNone();
          ++next;
          continue;
        case Kind::kBool:
          emitter_.EmitBool(ValueAccess::bits(value) != 0);
          ++next;
          continue;
        case Kind::kInt:
          next = SaveInts(next, limit);
          continue;
        case Kind::kFloat:
          next = SaveFloats(next, limit);
          continue;
        case Kind::kStr:
        case Kind::kBytes:
          next = SaveTexts(next, limit);
          continue;
        case Kind::kTuple:
          top_->next = next + 1;
          SaveTuple(value);
          break;
        case Kind::kList:
          top_->next = next + 1;
          SaveList(value);
          break;
        case Kind::kDict:
          top_->next = next + 1;
          SaveDict(value);
          break;
        default:
          top_->next = next + 1;
          SaveOther(value);
          break;
      }
      next = top_->next;
      limit = top_->limit;
    }
    if (top_->step == Step::kBottom) return emitter_.ok();
    top_->next = next;
    emitter_.StartClosing();
    if (top_->step == Step::kTuple) {
      CloseTuple();
    } else if (top_->step == Step::kList || top_->step == Step::kDict) {
      CloseBatch();
    } else {
      Close();
    }
    next = top_->next;
    limit = top_->limit;
  }
}

void ValueWalker::Unwind() { top_ = frames_.data(); }

}  // namespace pickle5::internal

// The part of ValueWalker that a list of numbers never meets: sets, globals,
// objects with what follows their construction, buffers.

#include <cstddef>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "pickle/text/utf8.h"
#include "pickle/value/value_walker.h"

namespace pickle5::internal {
namespace {

const Value* Operands(const ObjectNode* node) {
  return reinterpret_cast<const Value*>(reinterpret_cast<const char*>(node) +
                                        offsetof(ObjectNode, a));
}

std::string_view ModuleOf(const ObjectNode* global) {
  return ValueAccess::text(global->a);
}

std::string_view QualnameOf(const ObjectNode* global) {
  return ValueAccess::text(global->b);
}

bool IsPython2(Value global) {
  return ValueAccess::has(global, ValueAccess::kPython2Name);
}

// A global, nothing more: memoized last when it is saved.
bool IsPlainClass(Value value) {
  return value.is(Kind::kGlobal) && ValueAccess::first_post(value) == nullptr;
}

}  // namespace

void ValueWalker::SaveOther(Value value) {
  switch (value.kind()) {
    case Kind::kByteArray:
      return SaveByteArray(value);
    case Kind::kSet:
      return SaveSet(value);
    case Kind::kFrozenSet:
      return SaveFrozenSet(value);
    case Kind::kGlobal:
      return SaveGlobal(value);
    case Kind::kObject:
      return SaveObject(value);
    case Kind::kExtension:
      return SaveExtension(value);
    case Kind::kPersistentId:
      return SavePersistentId(value);
    case Kind::kBuffer:
      return SaveBuffer(value);
    default:
      emitter_.Fail(absl::InvalidArgumentError("a null Value has no pickle"));
      return Unwind();
  }
}

void ValueWalker::SaveByteArray(Value bytes) {
  const uint64_t bits = ValueAccess::bits(bytes);
  if (EmitKnown(bits)) return;
  const auto* node = NodeAt<ByteArrayNode>(bits);
  const std::string_view chars(reinterpret_cast<const char*>(node->data),
                               node->size);
  if (chars.size() >= sink_threshold_) {
    const std::span<uint8_t> mutable_bytes(const_cast<uint8_t*>(node->data),
                                           node->size);
    if (SaveOutOfBand(Buffer::BorrowMutable(mutable_bytes), false)) {
      if (IsShared(bits)) emitter_.Memoize(KeyOf(bits));
      return;
    }
  }
  SaveInBand(chars, /*readonly=*/false);
  Memoize(bits);
}

void ValueWalker::SaveInBand(std::string_view bytes, bool readonly) {
  if (readonly) {
    if (emitter_.protocol() >= 3) {
      emitter_.EmitBytes(bytes);
    } else {
      lowering_.EmitBytes(bytes);
    }
  } else if (emitter_.protocol() >= 5) {
    emitter_.EmitByteArray(bytes);
  } else {
    lowering_.EmitByteArray(bytes);
  }
  emitter_.StartClosing();
}

// Offers the buffer to the sink. False if its bytes are to stand in-band.
bool ValueWalker::SaveOutOfBand(const Buffer& buffer, bool readonly) {
  const absl::StatusOr<BufferSink::Placement> placement = sink_->Accept(buffer);
  if (!placement.ok()) {
    emitter_.Fail(placement.status());
    Unwind();
    return true;
  }
  if (*placement == BufferSink::Placement::kInBand) return false;
  emitter_.Emit(Opcode::NEXT_BUFFER);
  if (readonly) emitter_.Emit(Opcode::READONLY_BUFFER);
  return true;
}

// As save_picklebuffer(): what goes out-of-band is not memoized.
void ValueWalker::SaveBuffer(Value value) {
  const uint64_t bits = ValueAccess::bits(value);
  if (EmitKnown(bits)) return;
  const Buffer* buffer = NodeAt<ScalarNode>(bits)->buffer;
  const bool readonly = ValueAccess::has(value, ValueAccess::kReadonly);
  if (buffer == nullptr) {
    if (emitter_.protocol() < 5 || sink_ != nullptr) {
      emitter_.Fail(absl::FailedPreconditionError(
          "a buffer without data can only stay NEXT_BUFFER, in protocol 5 and "
          "among no other out-of-band buffers"));
      return Unwind();
    }
    emitter_.Emit(Opcode::NEXT_BUFFER);
    if (readonly) emitter_.Emit(Opcode::READONLY_BUFFER);
    return EndLeaf(bits, IsShared(bits));
  }
  if (sink_ != nullptr &&
      SaveOutOfBand(readonly ? buffer->AsReadonly() : *buffer, readonly)) {
    if (emitter_.ok()) EndLeaf(bits, IsShared(bits));
    return;
  }
  if (!buffer->IsContiguous('A')) {
    emitter_.Fail(absl::InvalidArgumentError(
        "a buffer that is not contiguous cannot be pickled"));
    return Unwind();
  }
  // What follows the construction of a buffer is done to that one alone.
  if (readonly && NodeAt<ObjectNode>(bits)->first_post == nullptr &&
      EmitStored(Opcode::BINBYTES, bits, buffer->chars())) {
    return;
  }
  SaveInBand(buffer->chars(), readonly);
  EndLeaf(bits, true);
}

void ValueWalker::SaveSet(Value set) {
  const uint64_t bits = ValueAccess::bits(set);
  if (EmitKnown(bits)) return;
  const auto* node = NodeAt<SequenceNode>(bits);
  const Value* end = node->items + node->size;
  if (emitter_.protocol() < 4) {
    lowering_.OpenSet(StandIn::kSet);
    Push(Step::kLoweredSet, bits, node->items, end);
    return node->size == 0 ? CloseLoweredSet() : OpenBatch(true);
  }
  emitter_.Emit(Opcode::EMPTY_SET);
  Memoize(bits);
  if (node->size == 0) return;
  Push(Step::kSet, bits, node->items, end);
  OpenBatch(true);
}

void ValueWalker::SaveFrozenSet(Value set) {
  const uint64_t bits = ValueAccess::bits(set);
  if (EmitKnown(bits)) return;
  const Value* items = NodeAt<Value>(bits);
  const Value* end = items + ValueAccess::length(set);
  if (emitter_.protocol() < 4) {
    lowering_.OpenSet(StandIn::kFrozenSet);
    Push(Step::kLoweredSet, bits, items, end);
    return items == end ? CloseLoweredSet() : OpenBatch(true);
  }
  emitter_.Emit(Opcode::MARK);
  Push(Step::kFrozenSet, bits, items, end);
}

bool ValueWalker::Replaced(uint64_t bits) {
  if (!IsShared(bits)) return false;
  if (emitter_.IndexOf(KeyOf(bits)) == Memo::kAbsent) return false;
  emitter_.Emit(Opcode::POP);
  return emitter_.EmitKnown(KeyOf(bits));
}

void ValueWalker::CloseLoweredSet() {
  const uint64_t bits = top_->bits;
  lowering_.CloseSet();
  if (!Replaced(bits)) Memoize(bits);
  Pop();
}

void ValueWalker::CloseFrozenSet() {
  const uint64_t bits = top_->bits;
  Pop();
  if (IsShared(bits) && emitter_.IndexOf(KeyOf(bits)) != Memo::kAbsent) {
    emitter_.Emit(Opcode::POP_MARK);
    emitter_.EmitKnown(KeyOf(bits));
    return;
  }
  emitter_.Emit(Opcode::FROZENSET);
  Memoize(bits);
}

void ValueWalker::SaveGlobal(Value global) {
  const uint64_t bits = ValueAccess::bits(global);
  if (EmitKnown(bits)) return;
  const auto* node = NodeAt<ObjectNode>(bits);
  if (emitter_.protocol() >= 4 && !IsPython2(global)) {
    Push(Step::kGlobal, bits, Operands(node), Operands(node) + 2);
    return;
  }
  lowering_.EmitGlobal(ModuleOf(node), QualnameOf(node), IsPython2(global));
  EndLeaf(bits, true);
}

// As in CPython neither an extension nor a persistent id is memoized, unless
// something refers to it.
void ValueWalker::SaveExtension(Value extension) {
  const uint64_t bits = ValueAccess::bits(extension);
  if (EmitKnown(bits)) return;
  emitter_.EmitExtension(
      static_cast<int32_t>(NodeAt<ScalarNode>(bits)->scalar));
  EndLeaf(bits, IsShared(bits));
}

void ValueWalker::SavePersistentId(Value id) {
  const uint64_t bits = ValueAccess::bits(id);
  if (EmitKnown(bits)) return;
  const auto* node = NodeAt<ObjectNode>(bits);
  if (emitter_.protocol() == 0 && node->a.is(Kind::kStr)) {
    const std::string_view text = ValueAccess::text(node->a);
    if (IsAscii(text) && text.find('\n') == text.npos) {
      emitter_.EmitPersistentId(text);
      emitter_.StartClosing();
      return EndLeaf(bits, IsShared(bits));
    }
  }
  Push(Step::kPersistentId, bits, Operands(node), Operands(node) + 1);
}

void ValueWalker::SaveObject(Value object) {
  const uint64_t bits = ValueAccess::bits(object);
  if (EmitKnown(bits)) return;
  const Value* operands = Operands(NodeAt<ObjectNode>(bits));
  switch (ValueAccess::form(object)) {
    case ObjectForm::kReduce:
      Push(Step::kReduce, bits, operands, operands + 2);
      return;
    case ObjectForm::kNewObj:
      return SaveNewObj(object);
    case ObjectForm::kNewObjEx:
      return SaveNewObjEx(object);
    case ObjectForm::kInst:
    case ObjectForm::kObj:
      return SaveInst(object);
  }
}

void ValueWalker::SaveNewObj(Value object) {
  const uint64_t bits = ValueAccess::bits(object);
  const Value* operands = Operands(NodeAt<ObjectNode>(bits));
  if (emitter_.protocol() >= 2) {
    Push(Step::kNewObj, bits, operands, operands + 2);
    return;
  }
  lowering_.EmitStandIn(StandIn::kNewObj);
  emitter_.StartValue();
  emitter_.OpenTuple(1 + ValueAccess::length(operands[1]));
  Push(Step::kCallClass, bits, operands, operands + 1);
}

void ValueWalker::SaveNewObjEx(Value object) {
  const uint64_t bits = ValueAccess::bits(object);
  const Value* operands = Operands(NodeAt<ObjectNode>(bits));
  if (emitter_.protocol() < 2) {
    lowering_.EmitStandIn(StandIn::kNewObjEx);
    emitter_.StartValue();
    emitter_.OpenTuple(3);
    Push(Step::kCall, bits, operands, operands + 3);
  } else if (emitter_.protocol() < 4 && IsPlainClass(operands[0])) {
    lowering_.EmitStandIn(StandIn::kPartial);
    lowering_.EmitStandIn(StandIn::kGetattr);
    Push(Step::kPartialClass, bits, operands, operands + 1);
  } else {
    Push(Step::kNewObjEx, bits, operands, operands + 3);
  }
}

void ValueWalker::SaveInst(Value object) {
  const uint64_t bits = ValueAccess::bits(object);
  const auto* node = NodeAt<ObjectNode>(bits);
  const std::span<const Value> items = ValueAccess::items(node->b);
  emitter_.Emit(Opcode::MARK);
  if (ValueAccess::form(object) == ObjectForm::kInst && IsPlainClass(node->a)) {
    const auto* global = ValueAccess::node<const ObjectNode>(node->a);
    if (lowering_.FitsInst(ModuleOf(global), QualnameOf(global),
                           IsPython2(node->a))) {
      Push(Step::kInst, bits, items.data(), items.data() + items.size());
      return;
    }
  }
  Push(Step::kObjClass, bits, Operands(node), Operands(node) + 1);
}

void ValueWalker::Close() {
  const auto* node = NodeAt<ObjectNode>(top_->bits);
  switch (top_->step) {
    case Step::kFrozenSet:
      return CloseFrozenSet();
    case Step::kGlobal:
      return CloseObject(Opcode::STACK_GLOBAL);
    case Step::kPersistentId:
      emitter_.Emit(Opcode::BINPERSID);
      return EndObject(IsShared(top_->bits));
    case Step::kReduce:
      return CloseObject(Opcode::REDUCE);
    case Step::kNewObj:
      return CloseObject(Opcode::NEWOBJ);
    case Step::kNewObjEx:
      return CloseObject(Opcode::NEWOBJ_EX);
    case Step::kInst:
      return CloseInst();
    case Step::kObjClass:
      return Continue(Step::kObj, node->b);
    case Step::kObj:
      return CloseObject(Opcode::OBJ);
    case Step::kCallClass:
      return Continue(Step::kCall, node->b);
    case Step::kCall:
    case Step::kPartialKwargs:
      return CloseCall();
    case Step::kPartialClass:
      return ClosePartialClass();
    case Step::kPartialArgs:
      emitter_.CloseTuple(1 + ValueAccess::length(node->b));
      emitter_.Memoize();
      top_->step = Step::kPartialKwargs;
      top_->next = Operands(node) + 2;
      top_->limit = top_->next + 1;
      return;
    case Step::kPosts:
      return OpenPost();
    case Step::kState:
      emitter_.Emit(Opcode::BUILD);
      return Pop();
    case Step::kEffect:
    case Step::kSetter:
    case Step::kSetterArgs:
      return CloseEffect();
    case Step::kBottom:
    case Step::kRoot:
    case Step::kTuple:
      return Pop();
    case Step::kList:
    case Step::kDict:
    case Step::kSet:
    case Step::kLoweredSet:
    case Step::kAppend:
    case Step::kSetItem:
    case Step::kAddItem:
      return CloseBatch();
  }
}

void ValueWalker::Continue(Step step, Value tuple) {
  const std::span<const Value> items = ValueAccess::items(tuple);
  top_->step = step;
  top_->next = items.data();
  top_->limit = items.data() + items.size();
}

void ValueWalker::CloseInst() {
  const Value callable = NodeAt<ObjectNode>(top_->bits)->a;
  const auto* global = ValueAccess::node<const ObjectNode>(callable);
  lowering_.EmitInst(ModuleOf(global), QualnameOf(global), IsPython2(callable));
  emitter_.StartClosing();
  EndObject(true);
}

// partial(cls.__new__, cls, *args, **kwargs) as partial.__reduce__() has it:
// partial((cls.__new__,)) with the state (cls.__new__, (cls, *args), kwargs,
// None), up to cls in the state.
void ValueWalker::ClosePartialClass() {
  const auto* node = NodeAt<ObjectNode>(top_->bits);
  const uint64_t cls = ValueAccess::bits(node->a);
  const void* new_method = &node->b;
  if (!IsShared(cls)) {
    emitter_.Remember(KeyOf(cls), emitter_.memo_count() - 1);
  }
  lowering_.EmitName("__new__");
  emitter_.CloseTuple(2);
  emitter_.Memoize();
  emitter_.Emit(Opcode::REDUCE);
  emitter_.Memoize(new_method);
  emitter_.CloseTuple(1);
  emitter_.Memoize();
  emitter_.Emit(Opcode::REDUCE);
  emitter_.Memoize();
  emitter_.Emit(Opcode::MARK);
  emitter_.EmitKnown(new_method);
  emitter_.OpenTuple(1 + ValueAccess::length(node->b));
  emitter_.EmitKnown(KeyOf(cls));
  Continue(Step::kPartialArgs, node->b);
}

void ValueWalker::CloseCall() {
  const bool is_partial = top_->step == Step::kPartialKwargs;
  if (is_partial) emitter_.EmitNone();
  emitter_.Emit(Opcode::TUPLE);
  emitter_.Memoize();
  if (is_partial) {
    emitter_.Emit(Opcode::BUILD);
    emitter_.EmitEmptyTuple();
  }
  CloseObject(Opcode::REDUCE);
}

void ValueWalker::CloseObject(Opcode opcode) {
  emitter_.Emit(opcode);
  EndObject(true);
}

void ValueWalker::EndObject(bool memoize) {
  const uint64_t bits = top_->bits;
  if (Replaced(bits)) return Pop();
  if (memoize) Memoize(bits);
  top_->post = NodeAt<ObjectNode>(bits)->first_post;
  if (top_->post == nullptr) return Pop();
  top_->step = Step::kPosts;
}

void ValueWalker::EndLeaf(uint64_t bits, bool memoize) {
  if (memoize) Memoize(bits);
  const PostNode* post = NodeAt<ObjectNode>(bits)->first_post;
  if (post == nullptr) return;
  Push(Step::kPosts, bits, nullptr, nullptr);
  top_->post = post;
}

void ValueWalker::OpenPost() {
  const PostNode* post = top_->post;
  if (post == nullptr) return Pop();
  top_->post = post->next;
  const Value* items = post->items();
  const Value* end = items + post->count;
  switch (static_cast<PostKind>(post->kind)) {
    case PostKind::kState:
      Push(Step::kState, 0, items, end);
      return;
    case PostKind::kEffect:
      return OpenEffect(items);
    case PostKind::kAppend:
      return OpenPostBatch(Step::kAppend, Opcode::APPENDS, items, end);
    case PostKind::kSetItem:
      return OpenPostBatch(Step::kSetItem, Opcode::SETITEMS, items, end);
    case PostKind::kAddItem:
      return OpenPostBatch(Step::kAddItem, Opcode::ADDITEMS, items, end);
  }
}

void ValueWalker::OpenPostBatch(Step step, Opcode opcode, const Value* items,
                                const Value* end) {
  if (items == end) {
    emitter_.Emit(Opcode::MARK);
    emitter_.Emit(opcode);
    return;
  }
  Push(step, 0, items, end);
  OpenBatch(true);
}

// The call of a state setter, `setter(object, state)` of a six-item reduce, has
// no memo entries; what else is dropped is written as any value.
void ValueWalker::OpenEffect(const Value* call) {
  if (call->is(Kind::kObject) &&
      ValueAccess::form(*call) == ObjectForm::kReduce) {
    const uint64_t bits = ValueAccess::bits(*call);
    const auto* node = NodeAt<ObjectNode>(bits);
    if (!IsShared(bits) && node->first_post == nullptr &&
        ValueAccess::length(node->b) == 2 &&
        !IsShared(ValueAccess::bits(node->b))) {
      Push(Step::kSetter, bits, Operands(node), Operands(node) + 1);
      return;
    }
  }
  Push(Step::kEffect, 0, call, call + 1);
}

void ValueWalker::CloseEffect() {
  if (top_->step == Step::kSetter) {
    return Continue(Step::kSetterArgs, NodeAt<ObjectNode>(top_->bits)->b);
  }
  if (top_->step == Step::kSetterArgs) {
    emitter_.Emit(Opcode::TUPLE2);
    emitter_.Emit(Opcode::REDUCE);
  }
  emitter_.Emit(Opcode::POP);
  Pop();
}

}  // namespace pickle5::internal

#ifndef PICKLE5_PICKLE_VALUE_VALUE_WALKER_H_
#define PICKLE5_PICKLE_VALUE_VALUE_WALKER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "buffers/bytes/byte_writer.h"
#include "buffers/sink.h"
#include "pickle/emitter/emitter.h"
#include "pickle/value/lowering.h"
#include "pickle/value/node.h"
#include "pickle/value/value.h"
#include "pickle/value/value_writer.h"

namespace pickle5::internal {

// Walks a graph of Values in the order their opcodes stand in a pickle and
// tells the Emitter: what save() of _pickle.c is for Python objects.
//
// Every container is a Frame: a run of Values to save, and a Step to take
// behind the last. Frames stand on a stack of their own, so that depth costs
// memory only.
//
// Sharing: each node that CPython would memoize is counted in the memo, but
//          only shared ones are entered in its table.
class ValueWalker {
 public:
  ValueWalker() : lowering_(&emitter_), frames_(kInitialFrames) {}
  ValueWalker(const ValueWalker&) = delete;
  ValueWalker& operator=(const ValueWalker&) = delete;

  // `root` is counted as a reference if `placed`: as a Document's root is, but
  // no other Value a caller holds.
  // May throw std::bad_alloc; Abandon() is then to be called.
  absl::Status Write(std::span<const Value> effects, Value root, bool placed,
                     ByteWriter& writer, const WriteOptions& options,
                     BufferSink* sink);
  void Abandon() { emitter_.Abandon(); }

 private:
  static constexpr size_t kInitialFrames = 64;
  static constexpr size_t kBatch = 1000;  // BATCHSIZE of _pickle.c

  // What is done behind the last Value of a run.
  enum class Step : uint8_t {
    kBottom,         // the walk is over
    kRoot,           // nothing
    kTuple,          // TUPLE, TUPLE1, ...; the node's items are the run
    kList,           // APPENDS of a batch
    kDict,           // SETITEMS of a batch
    kSet,            // ADDITEMS of a batch
    kLoweredSet,     // APPENDS of a batch, then the call of the set's type
    kFrozenSet,      // FROZENSET
    kGlobal,         // STACK_GLOBAL
    kPersistentId,   // BINPERSID
    kReduce,         // REDUCE
    kNewObj,         // NEWOBJ
    kNewObjEx,       // NEWOBJ_EX
    kInst,           // INST
    kObjClass,       // the arguments of OBJ
    kObj,            // OBJ
    kCallClass,      // the arguments of copyreg.__newobj__
    kCall,           // TUPLE, REDUCE
    kPartialClass,   // cls.__new__, functools.partial; MARK of its state
    kPartialArgs,    // TUPLE of the state's arguments
    kPartialKwargs,  // NONE, TUPLE of the state, BUILD, the call
    kPosts,          // the object's next post
    kState,          // BUILD
    kAppend,         // APPENDS of a batch
    kSetItem,        // SETITEMS of a batch
    kAddItem,        // ADDITEMS of a batch
    kEffect,         // POP
    kSetter,         // the arguments of a state setter
    kSetterArgs,     // TUPLE2, REDUCE, POP
  };

  struct Frame {
    const Value* next;     // the next Value of the run
    const Value* limit;    // the run's end: the batch's
    const Value* end;      // the container's end
    uint64_t bits;         // the container's node
    const PostNode* post;  // kPosts: the next one
    Step step;
    bool single;  // the batch is one APPEND or SETITEM, without a mark
  };

  bool IsShared(uint64_t bits) const {
    return (reinterpret_cast<const NodeHeader*>(bits - sizeof(NodeHeader))
                ->flags &
            shared_flags_) != 0;
  }
  static const void* KeyOf(uint64_t bits) {
    return reinterpret_cast<const void*>(bits);
  }
  template <typename Node>
  static const Node* NodeAt(uint64_t bits) {
    return reinterpret_cast<const Node*>(bits);
  }

  // Writes the GET of a node that was memoized; false if it was not.
  bool EmitKnown(uint64_t bits) {
    return IsShared(bits) && emitter_.EmitKnown(KeyOf(bits));
  }
  // Writes the GET of an equal object that the payload store has; false if
  // there is none.
  bool EmitStored(Opcode opcode, uint64_t bits, std::string_view payload) {
    const uint32_t index = emitter_.EmitStored(opcode, payload);
    if (index == Memo::kAbsent) return false;
    if (IsShared(bits)) emitter_.Remember(KeyOf(bits), index);
    return true;
  }
  void Memoize(uint64_t bits) {
    if (IsShared(bits)) emitter_.Remember(KeyOf(bits));
    emitter_.Memoize();
  }

  void Push(Step step, uint64_t bits, const Value* next, const Value* end) {
    if (ABSL_PREDICT_FALSE(++top_ == frames_end_)) GrowFrames();
    top_->next = next;
    top_->limit = end;
    top_->end = end;
    top_->bits = bits;
    top_->step = step;
  }
  void Pop() { --top_; }
  void GrowFrames();

  // Saves what is in the frames above the bottom. False after an error.
  bool Walk();
  // Saves one Value, or pushes its frame; the innermost cases are Walk()'s.
  void SaveOther(Value value);
  // Runs of values of one kind: each saves from `next` on, returns the first
  // Value it did not save.
  const Value* SaveInts(const Value* next, const Value* limit);
  const Value* SaveFloats(const Value* next, const Value* limit);
  const Value* SaveTexts(const Value* next, const Value* limit);
  // As EmitKnown(), for a Value of the top frame; goes on with those behind it
  // that were memoized, too.
  bool SaveReferences(uint64_t bits) {
    if (!EmitKnown(bits)) return false;
    SaveFurtherReferences();
    return true;
  }
  void SaveFurtherReferences();
  void SaveText(Value text);
  void SaveLong(Value value);
  void SaveTuple(Value tuple);
  void SaveList(Value list);
  void SaveDict(Value dict);
  void SaveSet(Value set);
  void SaveFrozenSet(Value set);
  void SaveByteArray(Value bytes);
  void SaveGlobal(Value global);
  void SaveExtension(Value extension);
  void SavePersistentId(Value id);
  void SaveBuffer(Value buffer);
  void SaveObject(Value object);
  void SaveNewObj(Value object);
  void SaveNewObjEx(Value object);
  void SaveInst(Value object);
  void SaveInBand(std::string_view bytes, bool readonly);
  bool SaveOutOfBand(const Buffer& buffer, bool readonly);

  // The end of the top frame's run: takes its Step.
  void Close();
  void CloseTuple();
  void CloseBatch();
  void CloseLoweredSet();
  void CloseFrozenSet();
  void CloseInst();
  void ClosePartialClass();
  void CloseEffect();
  void CloseCall();
  // Emits what makes the object, memoizes it, and goes on to its posts.
  void CloseObject(Opcode opcode);
  // After an error: leaves all frames but the bottom.
  void Unwind();
  // A further run of the top frame: a tuple's items.
  void Continue(Step step, Value tuple);

  // Starts the next batch of the top frame, or the first.
  void OpenBatch(bool first);
  void OpenPost();
  void OpenPostBatch(Step step, Opcode opcode, const Value* items,
                     const Value* end);
  void OpenEffect(const Value* call);
  // The object that the top frame made is on the stack.
  void EndObject(bool memoize);
  // The same for an object that took no frame.
  void EndLeaf(uint64_t bits, bool memoize);
  // If the node was memoized while it was being written, as it contains itself:
  // drops it and fetches the other one.
  bool Replaced(uint64_t bits);

  Emitter emitter_;
  Lowering lowering_;
  BufferSink* sink_ = nullptr;
  uint64_t sink_threshold_ = UINT64_MAX;  // of bytes for sink_
  uint32_t shared_flags_ = NodeHeader::kShared;
  bool binary_ints_ = true;  // protocol 2 and up
  size_t short_str_ = 0;     // texts below have a short form and MEMOIZE
  size_t short_bytes_ = 0;
  std::vector<Frame> frames_;
  Frame* top_ = nullptr;
  const Frame* frames_end_ = nullptr;
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_VALUE_WALKER_H_

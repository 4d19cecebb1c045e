#ifndef PICKLE5_PICKLE_INSPECT_CHECK_BUILDER_H_
#define PICKLE5_PICKLE_INSPECT_CHECK_BUILDER_H_

#include <cstddef>
#include <cstdint>

#include "pickle/machine/machine.h"
#include "pickle/protocol/limits.h"

namespace pickle5::internal {

// Builds nothing: a slot only knows what strict mode asks of an object under
// an opcode. Memory is that of the stack and the memo.
class CheckBuilder {
 public:
  enum class Type : uint8_t {
    kNull,
    kScalar,
    kStr,      // fit for the name of a global
    kBadName,  // a str that is not
    kBytes,
    kByteArray,
    kList,
    kDict,
    kSet,
    kTuple,
    kFrozenSet,
    kObject,  // may be called, filled and given state
  };
  struct Slot {
    Type type;
    bool hashable;
  };
  static constexpr bool kRunsForeignCode = false;
  static constexpr bool kValidatesText = false;

  // `max_memory` is for the stack, the marks and the memo.
  CheckBuilder(StringEncoding encoding, uint64_t max_memory)
      : encoding_(encoding), memory_left_(max_memory) {}

  static bool Ok(Slot s) { return s.type != Type::kNull; }
  static constexpr Slot Null() { return {Type::kNull, false}; }
  static void Put(Slot* to, Slot s) { *to = s; }

  Slot None() { return Scalar(); }
  Slot Bool(bool) { return Scalar(); }
  Slot Int(int64_t) { return Scalar(); }
  Slot Float(double) { return Scalar(); }
  Slot Long(const uint8_t*, size_t) { return Scalar(); }
  Slot Str(const uint8_t* p, size_t n);
  Slot CopiedStr(const uint8_t* p, size_t n) { return Str(p, n); }
  Slot Bytes(const uint8_t*, size_t) { return {Type::kBytes, true}; }
  Slot ByteArray(const uint8_t*, size_t) { return {Type::kByteArray, false}; }
  Slot Python2Str(const uint8_t* p, size_t n);
  Slot NewList() { return {Type::kList, false}; }
  Slot NewDict() { return {Type::kDict, false}; }
  Slot NewSet() { return {Type::kSet, false}; }
  Slot EmptyTuple() { return {Type::kTuple, true}; }
  bool Tuple(Slot* f, size_t n);
  bool FrozenSet(Slot* f, size_t n);
  bool List(Slot* f, size_t n);
  bool Dict(Slot* f, size_t n);
  bool Append(Slot* f, size_t n);
  bool SetItems(Slot* f, size_t n);
  bool AddItems(Slot* f, size_t n);
  bool Hashable(const Slot* f, size_t n, size_t step);
  Slot Keep(Slot s) { return s; }
  Slot Share(Slot s) { return s; }
  void Drop(Slot) {}
  void Discard(Slot, const Slot*) {}
  bool Charge(size_t n);
  void Release(size_t n) { memory_left_ += n; }
  bool Global(Slot* f, int protocol);
  bool Reduce(Slot* f) { return Call(f); }
  bool NewObj(Slot* f) { return Call(f); }
  bool NewObjEx(Slot* f);
  bool Instance(Slot* f, size_t n, bool inst);
  bool Build(Slot* f);
  bool Persistent(Slot* f);
  Slot Extension(int64_t) { return Object(); }
  Slot NextBuffer() { return Object(); }
  bool ReadonlyBuffer(Slot* f);
  Fault fault() const { return fault_; }

 private:
  static constexpr Slot Scalar() { return {Type::kScalar, true}; }
  static constexpr Slot Object() { return {Type::kObject, true}; }
  bool Fail(ErrorCode code, const char* rule) {
    fault_ = {code, rule};
    return false;
  }
  bool Call(Slot* f);
  bool Fill(Slot target, Type type);

  StringEncoding encoding_;
  uint64_t memory_left_;
  Fault fault_ = {ErrorCode::kMemoryLimit, "no memory"};
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_INSPECT_CHECK_BUILDER_H_

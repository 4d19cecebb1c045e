#ifndef PICKLE5_PICKLE_MACHINE_MACHINE_H_
#define PICKLE5_PICKLE_MACHINE_MACHINE_H_

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "pickle/machine/machine_memo.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/protocol/limits.h"
#include "pickle/protocol/opcode.h"
#include "pickle/text/text_argument.h"

namespace pickle5::internal {

// Why Machine::Run came back.
enum class Flow : uint8_t {
  kNext,      // not seen outside: go on with the next opcode
  kStop,      // STOP was executed, the result is the machine's
  kNeedMore,  // the input ends inside an opcode: see Machine::needed()
  kPayload,   // a large payload may be delivered: see Machine::payload()
  kError,     // see Machine::error()
  kAgain,     // not seen outside: execute the opcode at hand anew
};

// A rule that was broken, found by a builder or the machine.
struct Fault {
  ErrorCode code;
  const char* rule;
};

// The rule of a fault of FRAME itself, where others name the opcode at hand.
inline constexpr char kNestedFrame[] = "a frame begins inside a frame";

// The builder of a machine's objects. A Slot is what stands on the machine's
// stack and in its memo: a handle to an object of the model, trivially
// copyable, owned by whoever holds it (Keep and Share make a second owner, Drop
// ends one). A null Slot says that making it failed.
//
// Functions that take `Slot* f` find their operands at f and leave their result
// in f[0]; they consume the operands in every case. Those that return bool
// return false after an error, which fault() then tells.
template <class B>
concept Builder = requires(B b, typename B::Slot s, typename B::Slot* f,
                           const uint8_t* p, size_t n, int64_t i, double d) {
  requires std::is_trivially_copyable_v<typename B::Slot>;
  { B::Ok(s) } -> std::same_as<bool>;  // not the null Slot
  B::Put(f, s);                        // stores a slot
  { B::Null() } -> std::same_as<typename B::Slot>;
  { b.None() } -> std::same_as<typename B::Slot>;
  { b.Bool(true) } -> std::same_as<typename B::Slot>;
  { b.Int(i) } -> std::same_as<typename B::Slot>;
  { b.Float(d) } -> std::same_as<typename B::Slot>;
  // Two's complement of any length.
  { b.Long(p, n) } -> std::same_as<typename B::Slot>;
  // UTF-8, already valid if kValidatesText is false; surrogates allowed.
  { B::kValidatesText } -> std::convertible_to<bool>;
  { b.Str(p, n) } -> std::same_as<typename B::Slot>;
  // As Str, of bytes that do not outlive the call; always valid.
  { b.CopiedStr(p, n) } -> std::same_as<typename B::Slot>;
  { b.Bytes(p, n) } -> std::same_as<typename B::Slot>;
  { b.ByteArray(p, n) } -> std::same_as<typename B::Slot>;
  // The body of a Python 2 str under the reader's encoding.
  { b.Python2Str(p, n) } -> std::same_as<typename B::Slot>;
  { b.NewList() } -> std::same_as<typename B::Slot>;
  { b.NewDict() } -> std::same_as<typename B::Slot>;
  { b.NewSet() } -> std::same_as<typename B::Slot>;
  { b.EmptyTuple() } -> std::same_as<typename B::Slot>;
  { b.Tuple(f, n) } -> std::same_as<bool>;
  { b.FrozenSet(f, n) } -> std::same_as<bool>;
  { b.List(f, n) } -> std::same_as<bool>;
  { b.Dict(f, n) } -> std::same_as<bool>;
  // The target is f[-1]; f, n are the items; a dict's are keys and values.
  { b.Append(f, n) } -> std::same_as<bool>;
  { b.SetItems(f, n) } -> std::same_as<bool>;
  { b.AddItems(f, n) } -> std::same_as<bool>;
  // Returns whether the n keys at f, every `step` slots, can be hashed.
  // Consumes nothing.
  { b.Hashable(f, n, n) } -> std::same_as<bool>;
  { b.Keep(s) } -> std::same_as<typename B::Slot>;
  { b.Share(s) } -> std::same_as<typename B::Slot>;
  b.Drop(s);
  // POP and POP_MARK: `below` is the slot below the dropped ones, or nullptr.
  b.Discard(s, f);
  // Bytes taken by stack, marks and memo; false: limit or no memory.
  { b.Charge(n) } -> std::same_as<bool>;
  b.Release(n);
  // True if the following may run code that sees the machine: the cold opcodes
  // spill its state first.
  { B::kRunsForeignCode } -> std::convertible_to<bool>;
  { b.Global(f, 5) } -> std::same_as<bool>;  // module, name; the protocol
  { b.Reduce(f) } -> std::same_as<bool>;
  { b.NewObj(f) } -> std::same_as<bool>;
  { b.NewObjEx(f) } -> std::same_as<bool>;
  { b.Instance(f, n, true) } -> std::same_as<bool>;  // class, n args; INST?
  { b.Build(f) } -> std::same_as<bool>;
  { b.Persistent(f) } -> std::same_as<bool>;
  { b.Extension(i) } -> std::same_as<typename B::Slot>;
  { b.NextBuffer() } -> std::same_as<typename B::Slot>;
  { b.ReadonlyBuffer(f) } -> std::same_as<bool>;
  { b.fault() } -> std::same_as<Fault>;
};

// The pickle machine: stack, marks, memo, and the loop over the opcodes, which
// are the specialisations of Op<> in ops/.
//
// It is resumable. Run() comes back with kNeedMore with nothing of the opcode
// at hand done; SetInput() then brings the same bytes again and more behind
// them, at the same place or another.
//
// Errors:  Run() returns kError once; the machine must be Start()ed anew.
// Threads: thread-compatible.
template <class B>
class Machine {
 public:
  using Slot = typename B::Slot;

  // Builders that stand for a certain CPython say how its integers are read.
  static constexpr TextIntegers kTextIntegers = [] {
    if constexpr (requires { B::kTextIntegers; }) return B::kTextIntegers;
    return TextIntegers::kAnyBase;
  }();

  // The part of the state that lives in registers while Run() runs. The
  // machine's own copies stand apart from each other: adjacent ones would be
  // packed into vector registers, at a cost of 30 to 70 %.
  struct Hot {
    const uint8_t* p;  // the opcode at hand
    const uint8_t* e;  // end of the input, or of the frame
    Slot* sp;          // one past the top of the stack
    // Four slots before the stack's end; the stack's start where opcodes are
    // counted, so that each of them passes Refill().
    Slot* sl;
  };

  explicit Machine(B* builder) : b(*builder), memo(builder) {
    static_assert(Builder<B>);
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine() {
    Clear();
    FreeStorage();
  }

  // Makes ready for a pickle.
  void Start(const ReadOptions& options) {
    memo.Clear();
    StartNext(options);
  }
  // The same with the memo of the pickle before. max_memory cannot be limited.
  void StartNext(const ReadOptions& options) {
    ClearStack();
    mode_ = options.mode;
    limits_ = options.limits;
    large_payload_ = kLargePayload;
    allow_trailing_ = options.allow_trailing;
    memo.set_limit(limits_.max_memo);
    protocol_ = 0;
    fault_ = {};
    opcode_ = std::nullopt;
    position_ = 0;
    in_frame_ = false;
    scanned_line_ = 0;
    p_ = e_ = input_end_ = begin_ = nullptr;
    payload_ = {};
    frame_short_ = false;
    if (limits_.max_memory != Limits::kUnlimited) FreeStorage();
    opcodes_left_ = limits_.max_opcodes;
    SetStackLimit();
  }

  // Gives the input from the opcode at hand on. `streaming`: what comes behind
  // is not known yet, and the bytes may move.
  void SetInput(const uint8_t* begin, const uint8_t* end, bool streaming) {
    position_ += static_cast<uint64_t>(p_ - begin_);
    const ptrdiff_t frame_left = e_ - p_;
    begin_ = p_ = begin;
    input_end_ = end;
    e_ = in_frame_ ? begin + frame_left : end;
    streaming_ = streaming;
    frame_short_ = false;
    frame_end_ = nullptr;
  }

  // Forgets the input from `next` on, where the cold opcode at hand ends or the
  // frame that it is in: Run() comes back there with kNeedMore.
  void CutInput(const uint8_t* next) { e_ = input_end_ = next; }
  // The end of the last frame that was begun in this input, or nullptr.
  const uint8_t* frame_end() const { return frame_end_; }

  Flow Run();

  // Drops all slots; memory is kept.
  void Clear() {
    ClearStack();
    memo.Clear();
  }
  void ClearStack() {
    for (Slot* s = stack_; s != sp_; ++s) b.Drop(*s);
    sp_ = fence_ = stack_;
    mark_ = marks_;
  }

  // After kStop.
  Slot TakeResult() { return *--sp_; }

  // The place at which Run() stopped: the opcode at fault, after STOP, or the
  // incomplete opcode.
  const uint8_t* cursor() const { return p_; }
  // The same as an offset from the pickle's start.
  uint64_t offset() const {
    return position_ + static_cast<uint64_t>(p_ - begin_);
  }
  int protocol() const { return protocol_; }
  Mode mode() const { return mode_; }
  const Limits& limits() const { return limits_; }
  bool allow_trailing() const { return allow_trailing_; }

  // After kNeedMore: how many bytes from cursor() on must be there for the
  // opcode to get further.
  uint64_t needed() const { return needed_; }

  // After kPayload: the opcode at hand is complete but for `size` bytes of
  // payload, of which those behind cursor() + header are there. Give them all
  // at once with Deliver(), or more input as after kNeedMore.
  struct Payload {
    Opcode opcode = Opcode::STOP;
    size_t header = 0;
    uint64_t size = 0;
  };
  const Payload& payload() const { return payload_; }
  // Payloads from so many bytes on are delivered, in place of kLargePayload.
  void set_large_payload(uint64_t size) { large_payload_ = size; }
  // Pushes the object made of the payload; its opcode is done and cursor()
  // behind it (of which no bytes may be left in the input).
  Flow Deliver(Slot made) {
    if (!B::Ok(made)) return FailBuilder();
    position_ = offset() + payload_.header + payload_.size;
    begin_ = p_ = e_ = input_end_;
    B::Put(sp_++, made);
    return Flow::kNext;
  }

  // After kNeedMore, when no more will come: makes it an error.
  Flow FailTruncated() {
    if (frame_short_) {
      return Fail(ErrorCode::kFrame, "frame is longer than the input");
    }
    return Fail(ErrorCode::kTruncated, opcode_.has_value()
                                           ? "input ends inside the opcode"
                                           : "input ends before STOP");
  }
  Flow Fail(ErrorCode code, const char* rule) {
    fault_ = {code, rule};
    return Flow::kError;
  }
  // After kError: what the machine or the builder found.
  const Fault& last_fault() const { return fault_; }
  absl::Status error() const {
    return MakeDecodeStatus(fault_.code, offset(), opcode_, fault_.rule);
  }
  // After kError: a status that did not come from the machine, with the place
  // in front of its message.
  absl::Status Annotate(const absl::Status& status) const {
    const OpcodeInfo* info = opcode_ ? FindOpcode(*opcode_) : nullptr;
    return absl::Status(
        status.code(),
        absl::StrCat("at byte ", offset(), ": ",
                     info == nullptr ? "" : std::string(info->name), ": ",
                     status.message()));
  }
  // After kStop: an error at STOP, such as of bytes that stand behind it.
  absl::Status StopError(ErrorCode code, std::string_view rule) const {
    return MakeDecodeStatus(code, offset() - 1,
                            static_cast<uint8_t>(Opcode::STOP), rule);
  }
  absl::Status TrailingError() const {
    return StopError(ErrorCode::kTrailing, "bytes stand behind STOP");
  }

  // --- For the opcodes -----------------------------------------------------

  B& b;
  MachineMemo<B> memo;

  bool strict() const { return mode_ == Mode::kStrict; }

  // Returns whether an opcode with all its fixed argument bytes can be read and
  // a value pushed without further checks: the one test per opcode.
  ABSL_ATTRIBUTE_ALWAYS_INLINE static bool Roomy(const Hot& h) {
    return h.e - h.p >= kRoom && h.sp < h.sl;
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Has(const Hot& h, ptrdiff_t n) const {
    return ABSL_PREDICT_TRUE(h.sp - fence_ >= n);
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE Flow Push(Hot& h, Slot s) {
    if (ABSL_PREDICT_FALSE(!B::Ok(s))) return FailBuilder();
    B::Put(h.sp++, s);
    return Flow::kNext;
  }
  // Executes a MEMOIZE that stands next, with its object still in registers.
  ABSL_ATTRIBUTE_ALWAYS_INLINE Flow MemoizeIfNext(Hot& h, Slot s) {
    if (ABSL_PREDICT_TRUE(h.p < h.e && h.sp < h.sl) &&
        *h.p == static_cast<uint8_t>(Opcode::MEMOIZE)) {
      if (ABSL_PREDICT_FALSE(!memo.Memoize(s))) return FailMemo();
      ++h.p;
    }
    return Flow::kNext;
  }
  // Executes a BINGET that stands next: the keys of repeated records.
  ABSL_ATTRIBUTE_ALWAYS_INLINE Flow BinGetIfNext(Hot& h) {
    if (Roomy(h) && *h.p == static_cast<uint8_t>(Opcode::BINGET)) {
      const Slot* found = memo.Find(h.p[1]);
      if (ABSL_PREDICT_TRUE(found != nullptr)) {
        B::Put(h.sp++, b.Share(*found));
        h.p += 2;
      }
    }
    return Flow::kNext;
  }

  // MARK and what undoes it.
  ABSL_ATTRIBUTE_ALWAYS_INLINE Flow PushMark(Hot& h) {
    if (ABSL_PREDICT_FALSE(mark_ == marks_end_) && !GrowMarks()) {
      return FailBuilder();
    }
    *mark_++ = static_cast<size_t>(fence_ - stack_);
    fence_ = h.sp;
    return Flow::kNext;
  }
  bool has_mark() const { return mark_ != marks_; }
  // The topmost mark's place on the stack.
  Slot* fence() const { return fence_; }
  // The place of the fence once the topmost mark is popped.
  Slot* outer_fence() const { return stack_ + mark_[-1]; }
  void PopMark() {
    --mark_;
    fence_ = stack_ + *mark_;
  }

  ABSL_ATTRIBUTE_NOINLINE ABSL_ATTRIBUTE_COLD Flow FailBuilder() {
    fault_ = b.fault();
    return Flow::kError;
  }
  ABSL_ATTRIBUTE_NOINLINE ABSL_ATTRIBUTE_COLD Flow FailMemo() {
    return memo.full() ? Fail(ErrorCode::kMemoLimit, "too many memo entries")
                       : FailBuilder();
  }
  ABSL_ATTRIBUTE_NOINLINE ABSL_ATTRIBUTE_COLD Flow FailUnderflow() {
    return has_mark() ? Fail(ErrorCode::kUnexpectedMark,
                             "a MARK stands where a value is needed")
                      : Fail(ErrorCode::kStackUnderflow,
                             "the stack holds too few values");
  }
  // Nothing stands below the topmost MARK that could be filled.
  ABSL_ATTRIBUTE_NOINLINE ABSL_ATTRIBUTE_COLD Flow FailNoTarget() {
    return mark_ - marks_ > 1
               ? Fail(ErrorCode::kUnexpectedMark,
                      "a MARK stands where a container is needed")
               : Fail(ErrorCode::kStackUnderflow,
                      "no container stands below the MARK");
  }
  ABSL_ATTRIBUTE_NOINLINE ABSL_ATTRIBUTE_COLD Flow FailNoMark() {
    return Fail(ErrorCode::kNoMark, "no MARK is on the stack");
  }
  ABSL_ATTRIBUTE_NOINLINE ABSL_ATTRIBUTE_COLD Flow FailUtf8() {
    return Fail(ErrorCode::kUtf8, "text is not UTF-8");
  }
  ABSL_ATTRIBUTE_NOINLINE ABSL_ATTRIBUTE_COLD Flow FailMemoMissing() {
    return Fail(ErrorCode::kMemoMissing, "memo index was never set");
  }

  // The payload of `n` bytes behind `header` bytes of opcode does not end
  // before h.e, or is too large.
  ABSL_ATTRIBUTE_NOINLINE ABSL_ATTRIBUTE_COLD Flow
  ShortPayload(const uint8_t* p, Slot* sp, size_t header, uint64_t n) {
    p_ = p;
    sp_ = sp;
    if (n > limits_.max_payload) {
      return Fail(ErrorCode::kPayloadLimit, "payload is over the limit");
    }
    const bool there = n <= static_cast<size_t>(input_end_ - p) - header;
    if (in_frame_ && (there || !strict())) {
      if (!EndFrameAt(p + header)) return FailStraddling();
      if (counts_opcodes()) ++opcodes_left_;  // it will be counted again
      return Flow::kAgain;
    }
    payload_ = {static_cast<Opcode>(*p), header, n};
    needed_ = header + n < n ? ~uint64_t{0} : header + n;
    return streaming_ && !in_frame_ && n >= large_payload_ ? Flow::kPayload
                                                           : Flow::kNeedMore;
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool HasPayload(const Hot& h, size_t header,
                                               uint64_t n) const {
    return ABSL_PREDICT_TRUE(n <= static_cast<uint64_t>(h.e - h.p) - header &&
                             n <= limits_.max_payload);
  }

  // A cold opcode O executes with the state spilled: p(), sp() and e() below.
  template <class O>
  ABSL_ATTRIBUTE_ALWAYS_INLINE Flow Cold(Hot& h) {
    const Flow flow = RunCold<O>(h.p, h.sp);
    h.p = p_;
    h.sp = sp_;
    h.e = e_;
    h.sl = sl_;
    return flow;
  }

  // Ends a cold opcode of `length` bytes that makes one value.
  Flow PushCold(Slot made, size_t length) {
    if (!B::Ok(made)) return FailBuilder();
    B::Put(sp_++, made);
    p_ += length;
    return Flow::kNext;
  }
  // Ends a cold opcode whose operands from `f` on the builder has consumed,
  // with `results` slots left there.
  Flow Finish(bool done, Slot* f, ptrdiff_t results, const uint8_t* next) {
    sp_ = done ? f + results : f;
    if (!done) return FailBuilder();
    p_ = next;
    return Flow::kNext;
  }

  const uint8_t* p() const { return p_; }
  Slot*& sp() { return sp_; }
  const uint8_t* input_end() const { return input_end_; }
  void set_p(const uint8_t* p) { p_ = p; }
  void set_protocol(int protocol) { protocol_ = protocol; }
  const uint8_t* e() const { return e_; }
  bool in_frame() const { return in_frame_; }
  bool HasCold(ptrdiff_t n) const { return sp_ - fence_ >= n; }
  Slot* stack() const { return stack_; }

  // FRAME was read and its `size` bytes are there: what follows keeps to them.
  void EnterFrame(uint64_t size) {
    frame_end_ = p_ + size;
    if (size == 0) return;
    in_frame_ = true;
    e_ = p_ + size;
  }
  // Leaves the frame if it ends at `part`, where a part of an opcode begins:
  // its argument, its payload or one of its lines. As in CPython, whose reads
  // may follow a frame but not go over its end; strict mode wants whole
  // opcodes.
  bool EndFrameAt(const uint8_t* part) {
    if (strict() || part != e_) return false;
    in_frame_ = false;
    e_ = input_end_;
    return true;
  }
  Flow FailStraddling() {
    return Fail(ErrorCode::kFrame, "the opcode straddles the frame's end");
  }
  Flow FailNestedFrame() { return Fail(ErrorCode::kFrame, kNestedFrame); }
  Flow NeedMore(uint64_t bytes, bool frame = false) {
    needed_ = bytes;
    frame_short_ = frame;
    return Flow::kNeedMore;
  }
  // Finds the line that starts at `from`. kNext: it ends at *end (a newline).
  Flow FindLine(const uint8_t* from, const uint8_t** end);

  static constexpr uint64_t kLargePayload = uint64_t{64} << 10;

 private:
  // The longest opcode with a fixed argument is 9 bytes.
  static constexpr ptrdiff_t kRoom = 10;
  static constexpr size_t kSpareSlots = 4;

  template <class O>
  ABSL_ATTRIBUTE_NOINLINE Flow RunCold(const uint8_t* p, Slot* sp) {
    p_ = p;
    sp_ = sp;
    return O::Run(*this);
  }

  ABSL_ATTRIBUTE_NOINLINE ABSL_ATTRIBUTE_COLD Flow Refill(const uint8_t* p,
                                                          Slot* sp);
  ABSL_ATTRIBUTE_NOINLINE Flow Leave(const uint8_t* p, Slot* sp, Flow flow) {
    p_ = p;
    sp_ = sp;
    if (flow == Flow::kNeedMore) ++opcodes_left_;  // it will be counted again
    return Stop(flow);
  }
  // Remembers the opcode at hand: its bytes may be gone when it is asked for.
  Flow Stop(Flow flow) {
    opcode_ = p_ == input_end_ ? std::nullopt : std::optional<uint8_t>(*p_);
    return flow;
  }
  bool counts_opcodes() const {
    return limits_.max_opcodes != Limits::kUnlimited;
  }
  void SetStackLimit() {
    sl_ = counts_opcodes() || stack_ == nullptr ? stack_
                                                : stack_end_ - kSpareSlots;
  }
  // Returns whether the opcode at hand, near the end of the input or of the
  // frame, is there with its fixed argument.
  Flow LastBytes();
  bool GrowStack();
  bool GrowMarks();
  void FreeStorage();

  // Hot state at rest; see Hot for why other members stand in between.
  const uint8_t* p_ = nullptr;
  Slot* fence_ = nullptr;
  const uint8_t* e_ = nullptr;
  size_t* mark_ = nullptr;
  Slot* sp_ = nullptr;
  size_t* marks_end_ = nullptr;
  Slot* sl_ = nullptr;
  size_t* marks_ = nullptr;

  Slot* stack_ = nullptr;
  Slot* stack_end_ = nullptr;
  const uint8_t* begin_ = nullptr;
  const uint8_t* input_end_ = nullptr;
  const uint8_t* frame_end_ = nullptr;
  uint64_t position_ = 0;  // of begin_, from the pickle's start
  uint64_t needed_ = 0;
  uint64_t opcodes_left_ = 0;
  uint64_t large_payload_ = kLargePayload;
  // The offset from p_ of the last line searched in vain, 0 if none; and up to
  // where behind p_ it is known to hold no newline.
  uint64_t scanned_line_ = 0;
  uint64_t scanned_ = 0;
  Payload payload_;
  Limits limits_;
  Fault fault_ = {};
  std::optional<uint8_t> opcode_;  // where Run() stopped
  int protocol_ = 0;
  Mode mode_ = Mode::kCompat;
  bool allow_trailing_ = false;
  bool streaming_ = false;
  bool in_frame_ = false;     // e_ is the frame's end
  bool frame_short_ = false;  // what is missing belongs to a frame
};

}  // namespace pickle5::internal

#include "pickle/machine/machine_run.h"  // IWYU pragma: export

#endif  // PICKLE5_PICKLE_MACHINE_MACHINE_H_

#ifndef PICKLE5_PICKLE_MACHINE_MACHINE_RUN_H_
#define PICKLE5_PICKLE_MACHINE_MACHINE_RUN_H_

// The loop of Machine and its slow paths; included by machine.h alone.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "pickle/machine/machine.h"
#include "pickle/machine/ops/container_ops.h"
#include "pickle/machine/ops/control_ops.h"
#include "pickle/machine/ops/line_ops.h"
#include "pickle/machine/ops/memo_ops.h"
#include "pickle/machine/ops/number_ops.h"
#include "pickle/machine/ops/object_ops.h"
#include "pickle/machine/ops/op.h"
#include "pickle/machine/ops/payload_ops.h"

namespace pickle5::internal {

// Every byte has its Op: compilers turn the fold into one jump table without a
// range check.
template <class M, size_t... kCodes>
ABSL_ATTRIBUTE_ALWAYS_INLINE inline Flow Dispatch(
    std::index_sequence<kCodes...>, uint8_t code, typename M::Hot& h, M& m) {
  Flow flow;
  if (((code == kCodes &&
        (flow = Op<static_cast<uint8_t>(kCodes)>::Execute(h, m), true)) ||
       ...)) {
    return flow;
  }
  __builtin_unreachable();
}

template <class B>
ABSL_ATTRIBUTE_NOINLINE Flow Machine<B>::Run() {
  Hot h{p_, e_, sp_, sl_};
  for (;;) {
    if (ABSL_PREDICT_FALSE(!Roomy(h))) {
      const Flow flow = Refill(h.p, h.sp);
      if (flow != Flow::kNext) return Stop(flow);
      h.p = p_;
      h.e = e_;
      h.sp = sp_;
      h.sl = sl_;
    }
    const Flow flow = Dispatch(std::make_index_sequence<256>{}, *h.p, h, *this);
    if (ABSL_PREDICT_FALSE(flow != Flow::kNext)) {
      if (flow != Flow::kAgain) return Leave(h.p, h.sp, flow);
      h = {p_, e_, sp_, sl_};
    }
  }
}

template <class B>
Flow Machine<B>::Refill(const uint8_t* p, Slot* sp) {
  p_ = p;
  sp_ = sp;
  if (sp_ >= sl_ && stack_end_ - sp_ <= static_cast<ptrdiff_t>(kSpareSlots) &&
      !GrowStack()) {
    return FailBuilder();
  }
  if (in_frame_ && p_ == e_) {
    in_frame_ = false;
    e_ = input_end_;
  }
  if (e_ - p_ < kRoom) {
    const Flow flow = LastBytes();
    if (flow != Flow::kNext) return flow;
  }
  if (counts_opcodes() && opcodes_left_-- == 0) {
    return Fail(ErrorCode::kOpcodesLimit, "too many opcodes");
  }
  return Flow::kNext;
}

template <class B>
Flow Machine<B>::LastBytes() {
  if (p_ == e_) return NeedMore(1);
  const OpcodeInfo* info = FindOpcode(*p_);
  const size_t length =
      info == nullptr ? 1 : 1 + size_t{ShapeOf(info->argument).fixed};
  if (static_cast<size_t>(e_ - p_) >= length) return Flow::kNext;
  if (in_frame_ && !EndFrameAt(p_ + 1)) {
    if (strict() && info->opcode == Opcode::FRAME) return FailNestedFrame();
    const bool there = static_cast<size_t>(input_end_ - p_) >= length;
    if (there || !strict()) return FailStraddling();
  }
  return static_cast<size_t>(e_ - p_) >= length ? Flow::kNext
                                                : NeedMore(length);
}

template <class B>
Flow Machine<B>::FindLine(const uint8_t* from, const uint8_t** end) {
  if (in_frame_) EndFrameAt(from);
  // A line that arrives in pieces is searched once.
  const uint64_t line = static_cast<uint64_t>(from - p_);
  if (line < scanned_line_) {
    *end = p_ + scanned_line_ - 1;
    return Flow::kNext;
  }
  // Strict mode names what is truncated before what straddles.
  const uint8_t* limit = strict() ? input_end_ : e_;
  const uint8_t* start = line == scanned_line_ ? p_ + scanned_ : from;
  const auto* found = static_cast<const uint8_t*>(
      start < limit
          ? std::memchr(start, '\n', static_cast<size_t>(limit - start))
          : nullptr);
  const uint64_t length =
      static_cast<uint64_t>((found != nullptr ? found : limit) - from);
  if (length > limits_.max_line) {
    return Fail(ErrorCode::kLineLimit, "line is over the limit");
  }
  if (in_frame_ && (found == nullptr ? !strict() : found >= e_)) {
    return FailStraddling();
  }
  if (found == nullptr) {
    const uint64_t there = static_cast<uint64_t>(input_end_ - p_);
    scanned_line_ = line;
    scanned_ = there;
    return NeedMore(there + 1);
  }
  scanned_line_ = 0;
  *end = found;
  return Flow::kNext;
}

template <class B>
bool Machine<B>::GrowStack() {
  const size_t capacity = static_cast<size_t>(stack_end_ - stack_);
  const size_t grown = std::max<size_t>(capacity * 2, 1024);
  if (!b.Charge((grown - capacity) * sizeof(Slot))) return false;
  const ptrdiff_t size = sp_ - stack_;
  const ptrdiff_t fence = fence_ - stack_;
  void* stack = std::realloc(static_cast<void*>(stack_), grown * sizeof(Slot));
  if (stack == nullptr) {
    b.Release((grown - capacity) * sizeof(Slot));
    return false;
  }
  stack_ = static_cast<Slot*>(stack);
  stack_end_ = stack_ + grown;
  sp_ = stack_ + size;
  fence_ = stack_ + fence;
  SetStackLimit();
  return true;
}

template <class B>
bool Machine<B>::GrowMarks() {
  const size_t capacity = static_cast<size_t>(marks_end_ - marks_);
  const size_t grown = std::max<size_t>(capacity * 2, 64);
  if (!b.Charge((grown - capacity) * sizeof(size_t))) return false;
  const ptrdiff_t size = mark_ - marks_;
  void* marks = std::realloc(marks_, grown * sizeof(size_t));
  if (marks == nullptr) {
    b.Release((grown - capacity) * sizeof(size_t));
    return false;
  }
  marks_ = static_cast<size_t*>(marks);
  marks_end_ = marks_ + grown;
  mark_ = marks_ + size;
  return true;
}

template <class B>
void Machine<B>::FreeStorage() {
  memo.FreeStorage();
  b.Release(static_cast<size_t>(stack_end_ - stack_) * sizeof(Slot) +
            static_cast<size_t>(marks_end_ - marks_) * sizeof(size_t));
  std::free(static_cast<void*>(stack_));
  std::free(marks_);
  stack_ = stack_end_ = sp_ = sl_ = fence_ = nullptr;
  marks_ = mark_ = marks_end_ = nullptr;
}

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_MACHINE_MACHINE_RUN_H_

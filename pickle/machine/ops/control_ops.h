#ifndef PICKLE5_PICKLE_MACHINE_OPS_CONTROL_OPS_H_
#define PICKLE5_PICKLE_MACHINE_OPS_CONTROL_OPS_H_

#include <cstdint>

#include "pickle/machine/ops/op.h"

namespace pickle5::internal {

template <>
struct Op<Code(Opcode::MARK)> {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    const Flow flow = m.PushMark(h);
    if (flow != Flow::kNext) return flow;
    ++h.p;
    return m.BinGetIfNext(h);
  }
};

template <>
struct Op<Code(Opcode::POP)> : ColdOp<Op<Code(Opcode::POP)>> {
  template <class M>
  static Flow Run(M& m) {
    if (m.HasCold(1)) {
      typename M::Slot* top = --m.sp();
      m.b.Discard(*top, m.HasCold(1) ? top - 1 : nullptr);
    } else if (m.has_mark()) {
      m.PopMark();
    } else {
      return m.FailUnderflow();
    }
    m.set_p(m.p() + 1);
    return Flow::kNext;
  }
};

template <>
struct Op<Code(Opcode::POP_MARK)> : ColdOp<Op<Code(Opcode::POP_MARK)>> {
  template <class M>
  static Flow Run(M& m) {
    if (!m.has_mark()) return m.FailNoMark();
    typename M::Slot* f = m.fence();
    typename M::Slot* top = m.sp();
    m.PopMark();
    m.sp() = f;
    typename M::Slot* below = m.HasCold(1) ? f - 1 : nullptr;
    for (typename M::Slot* s = f; s != top; ++s) m.b.Discard(*s, below);
    m.set_p(m.p() + 1);
    return Flow::kNext;
  }
};

template <>
struct Op<Code(Opcode::DUP)> : ColdOp<Op<Code(Opcode::DUP)>> {
  template <class M>
  static Flow Run(M& m) {
    if (!m.HasCold(1)) return m.FailUnderflow();
    return m.PushCold(m.b.Share(m.sp()[-1]), 1);
  }
};

template <>
struct Op<Code(Opcode::PROTO)> : ColdOp<Op<Code(Opcode::PROTO)>> {
  template <class M>
  static Flow Run(M& m) {
    const int protocol = m.p()[1];
    if (protocol > kHighestProtocol) {
      return m.Fail(ErrorCode::kProto, "protocol is above 5");
    }
    if (m.strict() && m.offset() != 0) {
      return m.Fail(ErrorCode::kProtoPos, "PROTO is not the first opcode");
    }
    m.set_protocol(protocol);
    m.set_p(m.p() + 2);
    return Flow::kNext;
  }
};

template <>
struct Op<Code(Opcode::FRAME)> : ColdOp<Op<Code(Opcode::FRAME)>> {
  // CPython reads the whole frame before it goes on, so that a frame must be
  // there as a whole in both modes. It may begin where another one ends.
  template <class M>
  static Flow Run(M& m) {
    if (m.in_frame() && !m.EndFrameAt(m.p() + 9)) return m.FailNestedFrame();
    const uint64_t size = ReadLittle<uint64_t>(m.p() + 1);
    if (size > m.limits().max_frame) {
      return m.Fail(ErrorCode::kFrameLimit, "frame is over the limit");
    }
    if (static_cast<uint64_t>(m.input_end() - m.p()) - 9 < size) {
      const uint64_t needed = size + 9;
      return m.NeedMore(needed < size ? ~uint64_t{0} : needed, true);
    }
    m.set_p(m.p() + 9);
    m.EnterFrame(size);
    return Flow::kNext;
  }
};

template <>
struct Op<Code(Opcode::STOP)> : ColdOp<Op<Code(Opcode::STOP)>> {
  template <class M>
  static Flow Run(M& m) {
    if (!m.HasCold(1)) return m.FailUnderflow();
    if (m.strict()) {
      if (m.has_mark()) {
        return m.Fail(ErrorCode::kOpenMark, "a MARK is left on the stack");
      }
      if (m.HasCold(2)) {
        return m.Fail(ErrorCode::kStackLeftover,
                      "values are left on the stack");
      }
      if (m.in_frame() && m.e() != m.p() + 1) {
        return m.Fail(ErrorCode::kFrame, "the frame goes on behind STOP");
      }
    }
    typename M::Slot* top = m.sp() - 1;
    typename M::Slot* bottom = m.stack();
    for (typename M::Slot* s = bottom; s != top; ++s) {
      m.b.Discard(*s, nullptr);
    }
    *bottom = *top;
    m.sp() = bottom + 1;
    m.set_p(m.p() + 1);
    return Flow::kStop;
  }
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_MACHINE_OPS_CONTROL_OPS_H_

#ifndef PICKLE5_PICKLE_MACHINE_OPS_NUMBER_OPS_H_
#define PICKLE5_PICKLE_MACHINE_OPS_NUMBER_OPS_H_

#include <bit>
#include <cstdint>
#include <cstring>

#include "pickle/machine/ops/op.h"

namespace pickle5::internal {

// An opcode with a fixed argument that makes one number. Stays in its own loop
// while the same opcode follows, as in lists of numbers.
template <Opcode kOpcode, class Make, size_t kArgument>
struct NumberOp {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    do {
      const Flow flow = m.Push(h, Make::From(m.b, h.p + 1));
      if (flow != Flow::kNext) return flow;
      h.p += 1 + kArgument;
    } while (M::Roomy(h) && *h.p == Code(kOpcode));
    return m.BinGetIfNext(h);
  }
};

template <typename T>
struct MakeInt {
  template <class B>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static typename B::Slot From(B& b,
                                                            const uint8_t* p) {
    return b.Int(ReadLittle<T>(p));
  }
};

struct MakeFloat {
  template <class B>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static typename B::Slot From(B& b,
                                                            const uint8_t* p) {
    return b.Float(
        std::bit_cast<double>(__builtin_bswap64(ReadLittle<uint64_t>(p))));
  }
};

template <>
struct Op<Code(Opcode::BININT)>
    : NumberOp<Opcode::BININT, MakeInt<int32_t>, 4> {};
template <>
struct Op<Code(Opcode::BININT1)>
    : NumberOp<Opcode::BININT1, MakeInt<uint8_t>, 1> {};
template <>
struct Op<Code(Opcode::BININT2)>
    : NumberOp<Opcode::BININT2, MakeInt<uint16_t>, 2> {};
template <>
struct Op<Code(Opcode::BINFLOAT)> : NumberOp<Opcode::BINFLOAT, MakeFloat, 8> {};

template <>
struct Op<Code(Opcode::LONG1)> {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    const size_t n = h.p[1];
    if (!m.HasPayload(h, 2, n)) return m.ShortPayload(h.p, h.sp, 2, n);
    Flow flow;
    if (ABSL_PREDICT_TRUE(n <= 8)) {
      uint64_t bits = 0;
      if (ABSL_PREDICT_TRUE(h.e - h.p >= 10)) {
        bits = ReadLittle<uint64_t>(h.p + 2);
      } else {
        std::memcpy(&bits, h.p + 2, n);
      }
      const unsigned shift = 64 - 8 * static_cast<unsigned>(n);
      flow = m.Push(
          h,
          m.b.Int(n == 0 ? 0 : static_cast<int64_t>(bits << shift) >> shift));
    } else {
      flow = m.Push(h, m.b.Long(h.p + 2, n));
    }
    if (flow != Flow::kNext) return flow;
    h.p += 2 + n;
    return m.BinGetIfNext(h);
  }
};

template <>
struct Op<Code(Opcode::LONG4)> : ColdOp<Op<Code(Opcode::LONG4)>> {
  template <class M>
  static Flow Run(M& m) {
    const int32_t n = ReadLittle<int32_t>(m.p() + 1);
    if (n < 0) {
      return m.Fail(ErrorCode::kNegativeLength, "length is negative");
    }
    const size_t size = static_cast<size_t>(n);
    if (size > m.limits().max_payload ||
        static_cast<size_t>(m.e() - m.p()) - 5 < size) {
      return m.ShortPayload(m.p(), m.sp(), 5, size);
    }
    const typename M::Slot made = m.b.Long(m.p() + 5, size);
    return m.PushCold(made, 5 + size);
  }
};

// An opcode without argument that makes one constant.
template <class Make>
struct ConstantOp {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    const Flow flow = m.Push(h, Make::From(m.b));
    if (flow != Flow::kNext) return flow;
    ++h.p;
    return m.BinGetIfNext(h);
  }
};

struct MakeNone {
  template <class B>
  static typename B::Slot From(B& b) {
    return b.None();
  }
};
template <bool kValue>
struct MakeBool {
  template <class B>
  static typename B::Slot From(B& b) {
    return b.Bool(kValue);
  }
};

template <>
struct Op<Code(Opcode::NONE)> : ConstantOp<MakeNone> {};
template <>
struct Op<Code(Opcode::NEWTRUE)> : ConstantOp<MakeBool<true>> {};
template <>
struct Op<Code(Opcode::NEWFALSE)> : ConstantOp<MakeBool<false>> {};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_MACHINE_OPS_NUMBER_OPS_H_

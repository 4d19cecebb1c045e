#ifndef PICKLE5_PICKLE_MACHINE_OPS_MEMO_OPS_H_
#define PICKLE5_PICKLE_MACHINE_OPS_MEMO_OPS_H_

#include <cstdint>

#include "pickle/machine/ops/op.h"

namespace pickle5::internal {

template <>
struct Op<Code(Opcode::MEMOIZE)> {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    if (!m.Has(h, 1)) return m.FailUnderflow();
    if (ABSL_PREDICT_FALSE(!m.memo.Memoize(h.sp[-1]))) return m.FailMemo();
    ++h.p;
    return Flow::kNext;
  }
};

// PUT with a binary index.
template <Opcode kOpcode, typename Index>
struct BinPutOp {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    if (!m.Has(h, 1)) return m.FailUnderflow();
    const uint64_t index = ReadLittle<Index>(h.p + 1);
    const bool done = ABSL_PREDICT_TRUE(index == m.memo.count())
                          ? m.memo.Memoize(h.sp[-1])
                          : m.memo.Put(index, h.sp[-1]);
    if (ABSL_PREDICT_FALSE(!done)) return m.FailMemo();
    h.p += 1 + sizeof(Index);
    return Flow::kNext;
  }
};
template <>
struct Op<Code(Opcode::BINPUT)> : BinPutOp<Opcode::BINPUT, uint8_t> {};
template <>
struct Op<Code(Opcode::LONG_BINPUT)> : BinPutOp<Opcode::LONG_BINPUT, uint32_t> {
};

// GET with a binary index. Stays in a loop of its own while others follow, of
// either width: no branch depends on which, as it cannot be foreseen.
template <Opcode kOpcode, typename Index>
struct BinGetOp {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    const typename M::Slot* found = m.memo.Find(ReadLittle<Index>(h.p + 1));
    if (ABSL_PREDICT_FALSE(found == nullptr)) return m.FailMemoMissing();
    size_t length = 1 + sizeof(Index);
    for (;;) {
      const Flow flow = m.Push(h, m.b.Share(*found));
      if (flow != Flow::kNext) return flow;
      h.p += length;
      if (!M::Roomy(h)) return flow;
      const uint32_t is_long = *h.p == Code(Opcode::LONG_BINGET);
      if (!is_long && *h.p != Code(Opcode::BINGET)) return flow;
      found = m.memo.Find(ReadLittle<uint32_t>(h.p + 1) &
                          (UINT8_MAX | (0 - is_long)));
      // Left to be found missing as the opcode at hand.
      if (ABSL_PREDICT_FALSE(found == nullptr)) return flow;
      length = 2 + 3 * is_long;
    }
  }
};
template <>
struct Op<Code(Opcode::BINGET)> : BinGetOp<Opcode::BINGET, uint8_t> {};
template <>
struct Op<Code(Opcode::LONG_BINGET)> : BinGetOp<Opcode::LONG_BINGET, uint32_t> {
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_MACHINE_OPS_MEMO_OPS_H_

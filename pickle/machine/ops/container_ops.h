#ifndef PICKLE5_PICKLE_MACHINE_OPS_CONTAINER_OPS_H_
#define PICKLE5_PICKLE_MACHINE_OPS_CONTAINER_OPS_H_

#include <cstddef>
#include <cstdint>

#include "pickle/machine/ops/op.h"

namespace pickle5::internal {

// --- Empty containers ------------------------------------------------------

// Makes an empty mutable container, and executes the MEMOIZE behind it.
template <class Make>
struct EmptyContainerOp {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    const typename M::Slot made = Make::From(m.b);
    const Flow flow = m.Push(h, made);
    if (flow != Flow::kNext) return flow;
    ++h.p;
    return m.MemoizeIfNext(h, made);
  }
};

struct MakeList {
  template <class B>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static typename B::Slot From(B& b) {
    return b.NewList();
  }
};
struct MakeDict {
  template <class B>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static typename B::Slot From(B& b) {
    return b.NewDict();
  }
};

template <>
struct Op<Code(Opcode::EMPTY_LIST)> : EmptyContainerOp<MakeList> {};
template <>
struct Op<Code(Opcode::EMPTY_DICT)> : EmptyContainerOp<MakeDict> {};

template <>
struct Op<Code(Opcode::EMPTY_SET)> : ColdOp<Op<Code(Opcode::EMPTY_SET)>> {
  template <class M>
  static Flow Run(M& m) {
    return m.PushCold(m.b.NewSet(), 1);
  }
};

template <>
struct Op<Code(Opcode::EMPTY_TUPLE)> {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    const Flow flow = m.Push(h, m.b.EmptyTuple());
    if (flow != Flow::kNext) return flow;
    ++h.p;
    return Flow::kNext;
  }
};

// --- Tuples ----------------------------------------------------------------

template <Opcode kOpcode, ptrdiff_t kItems>
struct TupleNOp {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    if (!m.Has(h, kItems)) return m.FailUnderflow();
    typename M::Slot* f = h.sp - kItems;
    if (ABSL_PREDICT_FALSE(!m.b.Tuple(f, static_cast<size_t>(kItems)))) {
      h.sp = f;
      return m.FailBuilder();
    }
    h.sp = f + 1;
    ++h.p;
    return m.MemoizeIfNext(h, *f);
  }
};
template <>
struct Op<Code(Opcode::TUPLE1)> : TupleNOp<Opcode::TUPLE1, 1> {};
template <>
struct Op<Code(Opcode::TUPLE2)> : TupleNOp<Opcode::TUPLE2, 2> {};
template <>
struct Op<Code(Opcode::TUPLE3)> : TupleNOp<Opcode::TUPLE3, 3> {};

template <>
struct Op<Code(Opcode::TUPLE)> {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    if (ABSL_PREDICT_FALSE(!m.has_mark())) return m.FailNoMark();
    typename M::Slot* f = m.fence();
    const size_t n = static_cast<size_t>(h.sp - f);
    m.PopMark();
    h.sp = f;
    if (ABSL_PREDICT_FALSE(n == 0)) {
      const Flow flow = m.Push(h, m.b.EmptyTuple());
      if (flow != Flow::kNext) return flow;
      ++h.p;
      return Flow::kNext;
    }
    if (ABSL_PREDICT_FALSE(!m.b.Tuple(f, n))) return m.FailBuilder();
    h.sp = f + 1;
    ++h.p;
    return m.MemoizeIfNext(h, *f);
  }
};

// --- Containers made of what stands above the topmost MARK ------------------

template <class Fill>
struct FromMarkOp : ColdOp<FromMarkOp<Fill>> {
  template <class M>
  static Flow Run(M& m) {
    if (!m.has_mark()) return m.FailNoMark();
    typename M::Slot* f = m.fence();
    const size_t n = static_cast<size_t>(m.sp() - f);
    if constexpr (Fill::kPairs) {
      if (n % 2 != 0) {
        return m.Fail(ErrorCode::kOddItems, "a key has no value");
      }
    }
    m.PopMark();
    return m.Finish(Fill::From(m.b, f, n), f, 1, m.p() + 1);
  }
};

struct FillList {
  static constexpr bool kPairs = false;
  template <class B>
  static bool From(B& b, typename B::Slot* f, size_t n) {
    return b.List(f, n);
  }
};
struct FillDict {
  static constexpr bool kPairs = true;
  template <class B>
  static bool From(B& b, typename B::Slot* f, size_t n) {
    return b.Dict(f, n);
  }
};
struct FillFrozenSet {
  static constexpr bool kPairs = false;
  template <class B>
  static bool From(B& b, typename B::Slot* f, size_t n) {
    return b.FrozenSet(f, n);
  }
};
template <>
struct Op<Code(Opcode::LIST)> : FromMarkOp<FillList> {};
template <>
struct Op<Code(Opcode::DICT)> : FromMarkOp<FillDict> {};
template <>
struct Op<Code(Opcode::FROZENSET)> : FromMarkOp<FillFrozenSet> {};

// --- Filling ---------------------------------------------------------------

template <>
struct Op<Code(Opcode::APPEND)> {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    if (!m.Has(h, 2)) return m.FailUnderflow();
    --h.sp;
    if (ABSL_PREDICT_FALSE(!m.b.Append(h.sp, 1))) return m.FailBuilder();
    ++h.p;
    return Flow::kNext;
  }
};

template <>
struct Op<Code(Opcode::APPENDS)> {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    if (ABSL_PREDICT_FALSE(!m.has_mark())) return m.FailNoMark();
    typename M::Slot* f = m.fence();
    if (ABSL_PREDICT_FALSE(f - m.outer_fence() < 1)) {
      return m.FailNoTarget();
    }
    const size_t n = static_cast<size_t>(h.sp - f);
    m.PopMark();
    h.sp = f;
    if (ABSL_PREDICT_FALSE(!m.b.Append(f, n))) return m.FailBuilder();
    ++h.p;
    return m.BinGetIfNext(h);
  }
};

template <>
struct Op<Code(Opcode::SETITEM)> {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    if (ABSL_PREDICT_FALSE(!m.Has(h, 3))) {
      // Strict readers look at the key first.
      if (m.Has(h, 2) && !m.b.Hashable(h.sp - 2, 1, 2)) {
        return m.FailBuilder();
      }
      return m.FailUnderflow();
    }
    h.sp -= 2;
    if (ABSL_PREDICT_FALSE(!m.b.SetItems(h.sp, 2))) return m.FailBuilder();
    ++h.p;
    return Flow::kNext;
  }
};

template <>
struct Op<Code(Opcode::SETITEMS)> {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    if (ABSL_PREDICT_FALSE(!m.has_mark())) return m.FailNoMark();
    typename M::Slot* f = m.fence();
    const size_t n = static_cast<size_t>(h.sp - f);
    if (ABSL_PREDICT_FALSE(n % 2 != 0)) {
      return m.Fail(ErrorCode::kOddItems, "a key has no value");
    }
    if (ABSL_PREDICT_FALSE(f - m.outer_fence() < 1)) {
      if (!m.b.Hashable(f, n / 2, 2)) return m.FailBuilder();
      return m.FailNoTarget();
    }
    m.PopMark();
    h.sp = f;
    if (ABSL_PREDICT_FALSE(!m.b.SetItems(f, n))) return m.FailBuilder();
    ++h.p;
    return Flow::kNext;
  }
};

template <>
struct Op<Code(Opcode::ADDITEMS)> : ColdOp<Op<Code(Opcode::ADDITEMS)>> {
  template <class M>
  static Flow Run(M& m) {
    if (!m.has_mark()) return m.FailNoMark();
    typename M::Slot* f = m.fence();
    if (f - m.outer_fence() < 1) return m.FailNoTarget();
    const size_t n = static_cast<size_t>(m.sp() - f);
    m.PopMark();
    return m.Finish(m.b.AddItems(f, n), f, 0, m.p() + 1);
  }
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_MACHINE_OPS_CONTAINER_OPS_H_

#ifndef PICKLE5_PICKLE_MACHINE_OPS_OBJECT_OPS_H_
#define PICKLE5_PICKLE_MACHINE_OPS_OBJECT_OPS_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "pickle/machine/ops/op.h"

namespace pickle5::internal {

// Takes kOperands slots and leaves one.
template <class Apply, ptrdiff_t kOperands>
struct ApplyOp : ColdOp<ApplyOp<Apply, kOperands>> {
  template <class M>
  static Flow Run(M& m) {
    if (!m.HasCold(kOperands)) return m.FailUnderflow();
    typename M::Slot* f = m.sp() - kOperands;
    return m.Finish(Apply::To(m, f), f, 1, m.p() + 1);
  }
};

struct ApplyStackGlobal {
  template <class M>
  static bool To(M& m, typename M::Slot* f) {
    return m.b.Global(f, m.protocol());
  }
};
struct ApplyReduce {
  template <class M>
  static bool To(M& m, typename M::Slot* f) {
    return m.b.Reduce(f);
  }
};
struct ApplyNewObj {
  template <class M>
  static bool To(M& m, typename M::Slot* f) {
    return m.b.NewObj(f);
  }
};
struct ApplyNewObjEx {
  template <class M>
  static bool To(M& m, typename M::Slot* f) {
    return m.b.NewObjEx(f);
  }
};
struct ApplyBuild {
  template <class M>
  static bool To(M& m, typename M::Slot* f) {
    return m.b.Build(f);
  }
};
struct ApplyPersistent {
  template <class M>
  static bool To(M& m, typename M::Slot* f) {
    return m.b.Persistent(f);
  }
};
struct ApplyReadonlyBuffer {
  template <class M>
  static bool To(M& m, typename M::Slot* f) {
    return m.b.ReadonlyBuffer(f);
  }
};

// As ApplyOp, without leaving the loop if the builder runs no foreign code: the
// opcodes of every instance. kMakes: what is left is a new object.
template <class Apply, ptrdiff_t kOperands, bool kMakes>
struct InstanceOp {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    using B = std::remove_reference_t<decltype(m.b)>;
    if constexpr (B::kRunsForeignCode) {
      return ApplyOp<Apply, kOperands>::Execute(h, m);
    } else {
      if (!m.Has(h, kOperands)) return m.FailUnderflow();
      typename M::Slot* f = h.sp - kOperands;
      const bool done = Apply::To(m, f);
      h.sp = f;
      if (ABSL_PREDICT_FALSE(!done)) return m.FailBuilder();
      ++h.sp;
      ++h.p;
      return kMakes ? m.MemoizeIfNext(h, *f) : m.BinGetIfNext(h);
    }
  }
};

template <>
struct Op<Code(Opcode::STACK_GLOBAL)> : ApplyOp<ApplyStackGlobal, 2> {};
template <>
struct Op<Code(Opcode::REDUCE)> : InstanceOp<ApplyReduce, 2, true> {};
template <>
struct Op<Code(Opcode::NEWOBJ)> : InstanceOp<ApplyNewObj, 2, true> {};
template <>
struct Op<Code(Opcode::NEWOBJ_EX)> : ApplyOp<ApplyNewObjEx, 3> {};
template <>
struct Op<Code(Opcode::BUILD)> : InstanceOp<ApplyBuild, 2, false> {};
template <>
struct Op<Code(Opcode::BINPERSID)> : ApplyOp<ApplyPersistent, 1> {};
template <>
struct Op<Code(Opcode::READONLY_BUFFER)> : ApplyOp<ApplyReadonlyBuffer, 1> {};

template <>
struct Op<Code(Opcode::OBJ)> : ColdOp<Op<Code(Opcode::OBJ)>> {
  template <class M>
  static Flow Run(M& m) {
    if (!m.has_mark()) return m.FailNoMark();
    typename M::Slot* f = m.fence();
    const size_t n = static_cast<size_t>(m.sp() - f);
    if (n == 0) {
      return m.Fail(ErrorCode::kStackUnderflow, "no class behind the MARK");
    }
    m.PopMark();
    return m.Finish(m.b.Instance(f, n - 1, /*inst=*/false), f, 1, m.p() + 1);
  }
};

template <typename Number>
struct ExtensionOp : ColdOp<ExtensionOp<Number>> {
  template <class M>
  static Flow Run(M& m) {
    const int64_t code = ReadLittle<Number>(m.p() + 1);
    if (code <= 0) {
      return m.Fail(ErrorCode::kExtCode, "extension code is not positive");
    }
    return m.PushCold(m.b.Extension(code), 1 + sizeof(Number));
  }
};
template <>
struct Op<Code(Opcode::EXT1)> : ExtensionOp<uint8_t> {};
template <>
struct Op<Code(Opcode::EXT2)> : ExtensionOp<uint16_t> {};
template <>
struct Op<Code(Opcode::EXT4)> : ExtensionOp<int32_t> {};

template <>
struct Op<Code(Opcode::NEXT_BUFFER)> : ColdOp<Op<Code(Opcode::NEXT_BUFFER)>> {
  template <class M>
  static Flow Run(M& m) {
    return m.PushCold(m.b.NextBuffer(), 1);
  }
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_MACHINE_OPS_OBJECT_OPS_H_

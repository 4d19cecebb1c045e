#ifndef PICKLE5_PICKLE_MACHINE_OPS_PAYLOAD_OPS_H_
#define PICKLE5_PICKLE_MACHINE_OPS_PAYLOAD_OPS_H_

#include <cstdint>

#include "pickle/machine/ops/op.h"
#include "pickle/text/utf8.h"

namespace pickle5::internal {

// The object that an opcode with a length and a payload makes. kText: the
// payload must be UTF-8.
struct MakeStr {
  static constexpr bool kText = true;
  template <class B>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static typename B::Slot From(B& b,
                                                            const uint8_t* p,
                                                            size_t n) {
    return b.Str(p, n);
  }
};
struct MakeBytes {
  static constexpr bool kText = false;
  template <class B>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static typename B::Slot From(B& b,
                                                            const uint8_t* p,
                                                            size_t n) {
    return b.Bytes(p, n);
  }
};

template <class B>
ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool ValidText(const uint8_t* p, size_t n) {
  if constexpr (B::kValidatesText) {
    return true;
  } else {
    return ABSL_PREDICT_TRUE(IsAscii(p, n)) ||
           IsValidUtf8(p, n, /*allow_surrogates=*/true);
  }
}

// Text and bytes: reads the payload, and the MEMOIZE behind it; stays in its
// loop while the same opcode follows.
template <Opcode kOpcode, typename Length, class Make>
struct PayloadOp {
  static constexpr size_t kHeader = 1 + sizeof(Length);

  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    using B = std::remove_reference_t<decltype(m.b)>;
    do {
      const uint64_t n = ReadLittle<Length>(h.p + 1);
      if (!m.HasPayload(h, kHeader, n)) {
        return m.ShortPayload(h.p, h.sp, kHeader, n);
      }
      const uint8_t* payload = h.p + kHeader;
      if constexpr (Make::kText) {
        if (ABSL_PREDICT_FALSE(!ValidText<B>(payload, n))) {
          return m.FailUtf8();
        }
      }
      const typename M::Slot made = Make::From(m.b, payload, n);
      Flow flow = m.Push(h, made);
      if (flow != Flow::kNext) return flow;
      h.p = payload + n;
      flow = m.MemoizeIfNext(h, made);
      if (flow != Flow::kNext) return flow;
    } while (M::Roomy(h) && *h.p == Code(kOpcode));
    return m.BinGetIfNext(h);
  }
};

template <>
struct Op<Code(Opcode::SHORT_BINUNICODE)>
    : PayloadOp<Opcode::SHORT_BINUNICODE, uint8_t, MakeStr> {};
template <>
struct Op<Code(Opcode::BINUNICODE)>
    : PayloadOp<Opcode::BINUNICODE, uint32_t, MakeStr> {};
template <>
struct Op<Code(Opcode::BINUNICODE8)>
    : PayloadOp<Opcode::BINUNICODE8, uint64_t, MakeStr> {};
template <>
struct Op<Code(Opcode::SHORT_BINBYTES)>
    : PayloadOp<Opcode::SHORT_BINBYTES, uint8_t, MakeBytes> {};
template <>
struct Op<Code(Opcode::BINBYTES)>
    : PayloadOp<Opcode::BINBYTES, uint32_t, MakeBytes> {};
template <>
struct Op<Code(Opcode::BINBYTES8)>
    : PayloadOp<Opcode::BINBYTES8, uint64_t, MakeBytes> {};

template <>
struct Op<Code(Opcode::BYTEARRAY8)> : ColdOp<Op<Code(Opcode::BYTEARRAY8)>> {
  template <class M>
  static Flow Run(M& m) {
    const uint64_t n = ReadLittle<uint64_t>(m.p() + 1);
    if (n > m.limits().max_payload ||
        static_cast<uint64_t>(m.e() - m.p()) - 9 < n) {
      return m.ShortPayload(m.p(), m.sp(), 9, n);
    }
    return m.PushCold(m.b.ByteArray(m.p() + 9, n), 9 + n);
  }
};

// The bodies of Python 2 strings.
template <typename Length>
struct Python2StringOp : ColdOp<Python2StringOp<Length>> {
  template <class M>
  static Flow Run(M& m) {
    constexpr size_t kHeader = 1 + sizeof(Length);
    const Length length = ReadLittle<Length>(m.p() + 1);
    if constexpr (std::is_signed_v<Length>) {
      if (length < 0) {
        return m.Fail(ErrorCode::kNegativeLength, "length is negative");
      }
    }
    const size_t n = static_cast<size_t>(length);
    if (n > m.limits().max_payload ||
        static_cast<size_t>(m.e() - m.p()) - kHeader < n) {
      return m.ShortPayload(m.p(), m.sp(), kHeader, n);
    }
    return m.PushCold(m.b.Python2Str(m.p() + kHeader, n), kHeader + n);
  }
};
template <>
struct Op<Code(Opcode::SHORT_BINSTRING)> : Python2StringOp<uint8_t> {};
template <>
struct Op<Code(Opcode::BINSTRING)> : Python2StringOp<int32_t> {};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_MACHINE_OPS_PAYLOAD_OPS_H_

#ifndef PICKLE5_PICKLE_MACHINE_OPS_OP_H_
#define PICKLE5_PICKLE_MACHINE_OPS_OP_H_

#include <cstdint>
#include <cstring>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "pickle/machine/machine.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/protocol/opcode.h"

namespace pickle5::internal {

// The action of an opcode: Execute() with the machine's hot state, which it
// moves on only when the opcode is done. One struct per opcode, by family in
// the files of this folder; bytes without a specialisation are no opcodes.
template <uint8_t kCode>
struct Op {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot&, M& m) {
    return m.Fail(ErrorCode::kBadOpcode, "no opcode has this byte");
  }
};

constexpr uint8_t Code(Opcode opcode) { return static_cast<uint8_t>(opcode); }

// Base of opcodes that are rare, long, or run foreign code: O::Run(m) finds the
// state spilled and moves it on itself.
template <class O>
struct ColdOp {
  template <class M>
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Flow Execute(typename M::Hot& h, M& m) {
    return m.template Cold<O>(h);
  }
};

// A little-endian argument.
template <typename T>
ABSL_ATTRIBUTE_ALWAYS_INLINE inline T ReadLittle(const uint8_t* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_MACHINE_OPS_OP_H_

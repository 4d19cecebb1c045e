#ifndef PICKLE5_FUZZ_OPCODE_SAMPLES_H_
#define PICKLE5_FUZZ_OPCODE_SAMPLES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pickle/protocol/opcode.h"

namespace pickle5 {

// A length or fixed argument as it stands behind its opcode: `size` bytes,
// little-endian.
std::string LittleEndian(uint64_t value, size_t size);

// A payload with the length in front of it, both as `shape` has them.
std::string Counted(const ArgumentShape& shape, std::string_view payload);

// Arguments of one kind, each as the bytes behind the opcode. The first half is
// what picklers write, the rest are the edges of the kind.
const std::vector<std::string>& SampleArguments(ArgumentKind kind);

}  // namespace pickle5

#endif  // PICKLE5_FUZZ_OPCODE_SAMPLES_H_

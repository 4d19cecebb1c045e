// libFuzzer's entries to PickleMutator. One change in eight is libFuzzer's own,
// which uses the dictionary and knows no opcodes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/pickle_mutator.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

std::string_view View(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

size_t Store(const std::string& pickle, uint8_t* out) {
  std::copy(pickle.begin(), pickle.end(), out);
  return pickle.size();
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size,
                                          size_t max_size, unsigned int seed) {
  if (seed % 8 == 0) return LLVMFuzzerMutate(data, size, max_size);
  return Store(pickle5::PickleMutator(seed).Mutate(View(data, size), max_size),
               data);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* a, size_t a_size,
                                            const uint8_t* b, size_t b_size,
                                            uint8_t* out, size_t max_size,
                                            unsigned int seed) {
  return Store(pickle5::PickleMutator(seed).Splice(View(a, a_size),
                                                   View(b, b_size), max_size),
               out);
}

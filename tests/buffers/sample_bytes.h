#ifndef PICKLE5_TESTS_BUFFERS_SAMPLE_BYTES_H_
#define PICKLE5_TESTS_BUFFERS_SAMPLE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace pickle5 {

// `size` bytes in which every offset can be told from its neighbours; the same
// for the same seed.
inline std::string SampleBytes(size_t size, uint32_t seed = 1) {
  std::string bytes(size, '\0');
  uint32_t state = seed * 2654435761u + 1;
  for (char& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

}  // namespace pickle5

#endif  // PICKLE5_TESTS_BUFFERS_SAMPLE_BYTES_H_

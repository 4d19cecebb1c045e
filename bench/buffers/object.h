#ifndef PICKLE5_BENCH_BUFFERS_OBJECT_H_
#define PICKLE5_BENCH_BUFFERS_OBJECT_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "buffers/buffer.h"

namespace pickle5::bench {

inline constexpr size_t kCacheLine = 64;

// A new object of `size` bytes, a multiple of a cache line, in memory of its
// own; what it holds depends on `seed`.
inline std::optional<Buffer> MakeObject(size_t size, uint64_t seed) {
  absl::StatusOr<Buffer> object = Buffer::Allocate(size);
  if (!object.ok()) return std::nullopt;
  uint64_t number = seed;
  for (size_t i = 0; i < size; i += sizeof(number)) {
    std::memcpy(object->mutable_data() + i, &number, sizeof(number));
    number += 0x9e3779b97f4a7c15u;
  }
  return *std::move(object);
}

// Reads one number of every cache line.
inline uint64_t SumOfLines(const Buffer& object) {
  uint64_t sum = 0;
  for (size_t i = 0; i + sizeof(sum) <= object.nbytes(); i += kCacheLine) {
    uint64_t number = 0;
    std::memcpy(&number, object.data() + i, sizeof(number));
    sum += number;
  }
  return sum;
}

}  // namespace pickle5::bench

#endif  // PICKLE5_BENCH_BUFFERS_OBJECT_H_

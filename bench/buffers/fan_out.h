#ifndef PICKLE5_BENCH_BUFFERS_FAN_OUT_H_
#define PICKLE5_BENCH_BUFFERS_FAN_OUT_H_

#include <cstddef>
#include <optional>

namespace pickle5::bench {

// By how many bytes the physical memory of a sender and so many readers grows
// while all of them hold one object of `size` bytes. Nothing if it failed.
std::optional<double> MeasureFanOut(int readers, size_t size);

}  // namespace pickle5::bench

#endif  // PICKLE5_BENCH_BUFFERS_FAN_OUT_H_

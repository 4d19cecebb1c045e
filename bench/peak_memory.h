#ifndef PICKLE5_BENCH_PEAK_MEMORY_H_
#define PICKLE5_BENCH_PEAK_MEMORY_H_

#include <cstdint>

namespace pickle5::bench {

// By how much the highest resident size of the process grows, from the
// construction on.
class PeakMemory {
 public:
  PeakMemory();

  int64_t Grown() const;

 private:
  int64_t before_;
};

}  // namespace pickle5::bench

#endif  // PICKLE5_BENCH_PEAK_MEMORY_H_

#ifndef PICKLE5_BENCH_CONTESTANT_H_
#define PICKLE5_BENCH_CONTESTANT_H_

#include <time.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace pickle5::bench {

// One program doing one operation on one case.
//
// Order: Run(), then output(), then Release(); again and again.
class Contestant {
 public:
  virtual ~Contestant() = default;

  // The work that is measured. False if it failed.
  [[nodiscard]] virtual bool Run() = 0;
  // The bytes that the last Run() made, for contestants that dump.
  virtual std::string_view output() const { return {}; }
  // Frees what the last Run() made, unless the next one shall reuse it. Not
  // measured.
  virtual void Release() {}
};

inline double Seconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

// The seconds that one Run() was on a processor, nothing if it failed.
//
// Of two clocks the lesser counts: the thread's own, which stands still while
// others have the processor, and the wall's, which costs less to read and so
// is better for what takes under a microsecond.
inline std::optional<double> TimedRun(Contestant& contestant) {
  const double thread_start = Seconds(CLOCK_THREAD_CPUTIME_ID);
  const double wall_start = Seconds(CLOCK_MONOTONIC);
  const bool done = contestant.Run();
  const double wall = Seconds(CLOCK_MONOTONIC) - wall_start;
  const double thread = Seconds(CLOCK_THREAD_CPUTIME_ID) - thread_start;
  contestant.Release();
  if (!done) return std::nullopt;
  return std::min(wall, thread);
}

}  // namespace pickle5::bench

#endif  // PICKLE5_BENCH_CONTESTANT_H_

#ifndef PICKLE5_FUZZ_INPUT_COUNT_H_
#define PICKLE5_FUZZ_INPUT_COUNT_H_

#include <cinttypes>
#include <cstdint>
#include <cstdio>

namespace pickle5 {

// How many inputs of a target got to the end of a pickle, and not only to an
// early refusal, and how often what they hold was written and loaded again:
// told when the program ends.
class InputCount {
 public:
  InputCount() = default;
  InputCount(const InputCount&) = delete;
  InputCount& operator=(const InputCount&) = delete;
  ~InputCount() {
    std::fprintf(stderr, "%" PRIu64 " of %" PRIu64 " inputs reached STOP\n",
                 reached_, inputs_);
    if (round_trips_ != 0) {
      std::fprintf(stderr, "%" PRIu64 " times a tree was written and loaded\n",
                   round_trips_);
    }
  }

  void Add(bool reached) {
    ++inputs_;
    reached_ += reached;
  }
  void AddRoundTrip() { ++round_trips_; }

 private:
  uint64_t inputs_ = 0;
  uint64_t reached_ = 0;
  uint64_t round_trips_ = 0;
};

// The program's.
inline InputCount& CountOfProgram() {
  static InputCount count;
  return count;
}
inline void CountInput(bool reached) { CountOfProgram().Add(reached); }
inline void CountRoundTrip() { CountOfProgram().AddRoundTrip(); }

}  // namespace pickle5

#endif  // PICKLE5_FUZZ_INPUT_COUNT_H_

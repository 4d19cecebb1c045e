#ifndef PICKLE5_FUZZ_INPUT_COUNT_H_
#define PICKLE5_FUZZ_INPUT_COUNT_H_

#include <cinttypes>
#include <cstdint>
#include <cstdio>

namespace pickle5 {

// How many inputs of a target got to the end of a pickle, and not only to an
// early refusal: told when the program ends.
class InputCount {
 public:
  InputCount() = default;
  InputCount(const InputCount&) = delete;
  InputCount& operator=(const InputCount&) = delete;
  ~InputCount() {
    std::fprintf(stderr, "%" PRIu64 " of %" PRIu64 " inputs reached STOP\n",
                 reached_, inputs_);
  }

  void Add(bool reached) {
    ++inputs_;
    reached_ += reached;
  }

 private:
  uint64_t inputs_ = 0;
  uint64_t reached_ = 0;
};

// The program's.
inline void CountInput(bool reached) {
  static InputCount count;
  count.Add(reached);
}

}  // namespace pickle5

#endif  // PICKLE5_FUZZ_INPUT_COUNT_H_

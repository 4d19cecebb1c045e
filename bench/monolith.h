#ifndef PICKLE5_BENCH_MONOLITH_H_
#define PICKLE5_BENCH_MONOLITH_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pickle5::bench {

// The decoder one would write by hand for the opcodes that the benchmarks
// contain: one loop, one switch, everything in local variables.
//
// It tells what the machine, made of one small struct per opcode, costs over
// that. What it builds is what a Document holds, and it checks what that
// checks: bounds, stack, marks, memo, UTF-8, and the kinds of what it fills.
// It cannot be fed in pieces, knows no limits, and names no errors.
//
// Cost: its memory is one reservation, used anew by each Load.
class Monolith {
 public:
  // 16 bytes: a head of kind and length, and the value or a node's address.
  typedef unsigned long long Cell
      __attribute__((vector_size(16), aligned(8), may_alias));

  Monolith();
  ~Monolith();
  Monolith(const Monolith&) = delete;
  Monolith& operator=(const Monolith&) = delete;

  // False for anything else than a sound pickle of opcodes known here.
  [[nodiscard]] bool Load(std::string_view pickle);

  Cell root() const { return root_; }

 private:
  char* memory_;  // nullptr: it could not be reserved
  Cell* stack_ = nullptr;
  Cell* memo_ = nullptr;
  Cell** marks_ = nullptr;
  char* arena_ = nullptr;
  Cell root_ = {};
};

}  // namespace pickle5::bench

#endif  // PICKLE5_BENCH_MONOLITH_H_

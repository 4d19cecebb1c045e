#ifndef PICKLE5_FUZZ_PICKLE_MUTATOR_H_
#define PICKLE5_FUZZ_PICKLE_MUTATOR_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pickle/protocol/opcode.h"

namespace pickle5 {

// Changes pickles opcode by opcode, as the opcode table knows them, so that
// many of the results still run far.
//
// Order:  what one seed gives for one input is always the same.
// Errors: none; bytes that are no opcodes are kept as they are.
class PickleMutator {
 public:
  explicit PickleMutator(uint32_t seed) : random_(seed) {}

  // One to four changes, a quarter of them completed to what can be read:
  // opcodes inserted with what they take from the stack, removed, exchanged,
  // copied elsewhere, given other arguments, lengths or indices, exchanged for
  // others of the same shape, or the whole turned to another protocol. At most
  // `max_size` bytes.
  std::string Mutate(std::string_view pickle, size_t max_size);

  // The opcodes of `a` up to some place, then those of `b` from some place on.
  std::string Splice(std::string_view a, std::string_view b, size_t max_size);

 private:
  // Each an opcode with its argument, or bytes that are none: views of what was
  // split and of what is kept.
  using Pieces = std::vector<std::string_view>;

  static Pieces Split(std::string_view pickle);
  static std::string Joined(const Pieces& pieces, size_t max_size);
  // Makes frames hold what stands behind them, up to the next or the STOP.
  void MendFrames(Pieces* pieces);
  std::string_view Keep(std::string piece) {
    return kept_.emplace_back(std::move(piece));
  }

  // The pieces as a pickle, a quarter of the time a completed one. Drops what
  // was kept.
  std::string Finished(Pieces* pieces, size_t max_size);
  // The pickle cut where reading it would fail, and ended there with what takes
  // the values left; as it is where that is not enough.
  std::string Completed(std::string_view pickle);

  void Change(Pieces* pieces);
  void Insert(Pieces* pieces);
  void Remove(Pieces* pieces);
  void Exchange(Pieces* pieces);
  void CopyRun(Pieces* pieces);
  void EditArgument(Pieces* pieces);
  void EditLength(Pieces* pieces);
  void ReplaceOpcode(Pieces* pieces);
  void Reprotocol(Pieces* pieces);
  void Reframe(Pieces* pieces);

  // An opcode with an argument, and in front of it what makes the operands that
  // the table says it takes.
  std::string WithOperands(const OpcodeInfo& info, int depth);
  std::string Alone(const OpcodeInfo& info);
  std::string Operand(std::string_view kind, int depth);

  const OpcodeInfo& AnyOpcode() { return kOpcodes[Below(kOpcodes.size())]; }
  // A number below n, which is not 0.
  size_t Below(size_t n) { return random_() % n; }
  bool OneIn(size_t n) { return Below(n) == 0; }

  std::minstd_rand random_;
  std::deque<std::string> kept_;
};

}  // namespace pickle5

#endif  // PICKLE5_FUZZ_PICKLE_MUTATOR_H_

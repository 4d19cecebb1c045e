#include "fuzz/pickle_mutator.h"

#include <algorithm>
#include <utility>

#include "fuzz/opcode_samples.h"
#include "pickle/inspect/verify.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/protocol/limits.h"
#include "pickle/protocol/scanner.h"

namespace pickle5 {
namespace {

constexpr int kDeepestOperands = 3;

char Byte(Opcode opcode) { return static_cast<char>(opcode); }

bool Is(std::string_view piece, Opcode opcode) {
  return !piece.empty() && piece[0] == Byte(opcode);
}

const OpcodeInfo* InfoOfPiece(std::string_view piece) {
  return piece.empty() ? nullptr : FindOpcode(static_cast<uint8_t>(piece[0]));
}

}  // namespace

std::string PickleMutator::Mutate(std::string_view pickle, size_t max_size) {
  Pieces pieces = Split(pickle);
  for (size_t changes = 1 + Below(4); changes > 0; --changes) Change(&pieces);
  return Finished(&pieces, max_size);
}

std::string PickleMutator::Splice(std::string_view a, std::string_view b,
                                  size_t max_size) {
  Pieces pieces = Split(a);
  const Pieces others = Split(b);
  pieces.resize(Below(pieces.size() + 1));
  const auto from = static_cast<ptrdiff_t>(Below(others.size() + 1));
  pieces.insert(pieces.end(), others.begin() + from, others.end());
  return Finished(&pieces, max_size);
}

std::string PickleMutator::Finished(Pieces* pieces, size_t max_size) {
  if (!OneIn(8)) MendFrames(pieces);
  std::string pickle = Joined(*pieces, max_size);
  if (OneIn(4)) {
    std::string completed = Completed(pickle);
    if (completed.size() <= max_size) pickle = std::move(completed);
  }
  kept_.clear();
  return pickle;
}

std::string PickleMutator::Completed(std::string_view pickle) {
  // What takes a mark, or two, or joins two values, and ends.
  static constexpr std::string_view kEnds[] = {".",   "t.",    "\x86.",
                                               "tt.", "\x87.", "N."};
  ReadOptions options;
  options.placeholder_buffers = true;
  const auto error = GetDecodeError(Verify(pickle, options));
  if (!error.has_value() || error->offset > pickle.size()) {
    return std::string(pickle);
  }
  const Pieces readable = Split(pickle.substr(0, error->offset));
  for (const std::string_view end : kEnds) {
    Pieces pieces = readable;
    for (const char& opcode : end) pieces.emplace_back(&opcode, 1);
    MendFrames(&pieces);
    std::string completed = Joined(pieces, std::string::npos);
    if (Verify(completed, options).ok()) return completed;
  }
  return std::string(pickle);
}

PickleMutator::Pieces PickleMutator::Split(std::string_view pickle) {
  Pieces pieces;
  pieces.reserve(pickle.size() / 4 + 16);
  while (!pickle.empty()) {
    Scanner scanner(pickle);
    Token token;
    Scanner::Result result;
    while ((result = scanner.Next(token)) == Scanner::Result::kToken) {
      pieces.push_back(token.bytes);
    }
    const std::string_view rest = scanner.rest();
    if (rest.empty()) break;
    // Behind a STOP the next pickle begins; else a byte is stepped over.
    const size_t skipped = result == Scanner::Result::kEnd ? 0 : 1;
    if (skipped != 0) pieces.push_back(rest.substr(0, 1));
    pickle = rest.substr(skipped);
  }
  return pieces;
}

std::string PickleMutator::Joined(const Pieces& pieces, size_t max_size) {
  size_t size = 0;
  for (const std::string_view piece : pieces) size += piece.size();
  std::string pickle;
  pickle.reserve(std::min(size, max_size));
  for (const std::string_view piece : pieces) {
    if (pickle.size() + piece.size() > max_size) break;
    pickle += piece;
  }
  return pickle;
}

void PickleMutator::MendFrames(Pieces* pieces) {
  std::string_view* frame = nullptr;
  uint64_t size = 0;
  const auto close = [&] {
    if (frame != nullptr) {
      *frame = Keep(Byte(Opcode::FRAME) + LittleEndian(size, 8));
    }
    frame = nullptr;
    size = 0;
  };
  for (std::string_view& piece : *pieces) {
    if (Is(piece, Opcode::FRAME) && piece.size() == 9) {
      close();
      frame = &piece;
      continue;
    }
    size += piece.size();
    if (Is(piece, Opcode::STOP)) close();
  }
  close();
}

void PickleMutator::Change(Pieces* pieces) {
  if (pieces->empty()) return Insert(pieces);
  switch (Below(16)) {
    case 0:
      return Remove(pieces);
    case 1:
      return Exchange(pieces);
    case 2:
    case 3:
      return CopyRun(pieces);
    case 4:
    case 5:
    case 6:
      return EditArgument(pieces);
    case 7:
      return EditLength(pieces);
    case 8:
    case 9:
      return ReplaceOpcode(pieces);
    case 10:
      return Reprotocol(pieces);
    case 11:
      return Reframe(pieces);
    default:
      return Insert(pieces);
  }
}

void PickleMutator::Insert(Pieces* pieces) {
  const OpcodeInfo& info = AnyOpcode();
  std::string made = OneIn(8) ? Alone(info) : WithOperands(info, 0);
  // What is left on the stack is dropped, or goes into something.
  if (info.after.find(' ') == info.after.npos && !info.after.empty()) {
    static constexpr Opcode kTakers[] = {Opcode::POP, Opcode::TUPLE2,
                                         Opcode::APPEND, Opcode::BUILD};
    const size_t taker = Below(8);
    if (taker < std::size(kTakers)) made += Byte(kTakers[taker]);
  }
  const auto at = static_cast<ptrdiff_t>(Below(pieces->size() + 1));
  const Pieces parts = Split(Keep(std::move(made)));
  pieces->insert(pieces->begin() + at, parts.begin(), parts.end());
}

void PickleMutator::Remove(Pieces* pieces) {
  const size_t from = Below(pieces->size());
  const size_t count = std::min(1 + Below(4), pieces->size() - from);
  const auto begin = pieces->begin() + static_cast<ptrdiff_t>(from);
  pieces->erase(begin, begin + static_cast<ptrdiff_t>(count));
}

void PickleMutator::Exchange(Pieces* pieces) {
  const size_t a = Below(pieces->size());
  const size_t b = Below(pieces->size());
  std::swap((*pieces)[a], (*pieces)[b]);
}

void PickleMutator::CopyRun(Pieces* pieces) {
  const size_t from = Below(pieces->size());
  const size_t count = std::min(1 + Below(8), pieces->size() - from);
  const auto begin = pieces->begin() + static_cast<ptrdiff_t>(from);
  const Pieces run(begin, begin + static_cast<ptrdiff_t>(count));
  const auto to = static_cast<ptrdiff_t>(Below(pieces->size() + 1));
  pieces->insert(pieces->begin() + to, run.begin(), run.end());
}

void PickleMutator::EditArgument(Pieces* pieces) {
  std::string_view& edited = (*pieces)[Below(pieces->size())];
  const OpcodeInfo* info = InfoOfPiece(edited);
  if (info == nullptr || edited.size() < 2) return;
  const ArgumentShape shape = ShapeOf(info->argument);
  std::string piece(edited);
  if (shape.lines == 0 && !shape.length_prefix && OneIn(2)) {
    // An index or number one off.
    piece[1] = static_cast<char>(piece[1] + (OneIn(2) ? 1 : -1));
  } else if (OneIn(3) &&
             (shape.lines != 0 || piece.size() > 1u + shape.fixed)) {
    const size_t begin = 1u + shape.fixed;
    char& c = piece[begin + Below(piece.size() - begin)];
    const auto noise = static_cast<char>(Below(256));
    c = static_cast<char>(OneIn(2) ? c ^ (1 << Below(8)) : noise);
  } else {
    piece = Alone(*info);
  }
  edited = Keep(std::move(piece));
}

void PickleMutator::EditLength(Pieces* pieces) {
  std::string_view& piece = (*pieces)[Below(pieces->size())];
  const OpcodeInfo* info = InfoOfPiece(piece);
  if (info == nullptr) return;
  const ArgumentShape shape = ShapeOf(info->argument);
  if (!shape.length_prefix || piece.size() < 1u + shape.fixed) return;
  const uint64_t size = piece.size() - 1 - shape.fixed;
  const uint64_t lies[] = {size + 1, size - 1, 0,
                           size * 2, 1u << 31, ~uint64_t{0}};
  std::string lying(piece);
  lying.replace(1, shape.fixed,
                LittleEndian(lies[Below(std::size(lies))], shape.fixed));
  piece = Keep(std::move(lying));
}

void PickleMutator::ReplaceOpcode(Pieces* pieces) {
  std::string_view& piece = (*pieces)[Below(pieces->size())];
  const OpcodeInfo* info = InfoOfPiece(piece);
  if (info == nullptr) return;
  const ArgumentShape shape = ShapeOf(info->argument);
  for (int tries = 0; tries < 16; ++tries) {
    const OpcodeInfo& other = AnyOpcode();
    const ArgumentShape taken = ShapeOf(other.argument);
    if (taken.lines != shape.lines ||
        taken.length_prefix != shape.length_prefix ||
        (taken.fixed != shape.fixed && !shape.length_prefix)) {
      continue;
    }
    std::string replaced(1, Byte(other.opcode));
    const size_t skipped = shape.length_prefix ? 1u + shape.fixed : 1;
    const std::string_view rest = piece.substr(std::min(skipped, piece.size()));
    replaced += shape.length_prefix ? Counted(taken, rest) : std::string(rest);
    piece = Keep(std::move(replaced));
    return;
  }
}

void PickleMutator::Reprotocol(Pieces* pieces) {
  const int protocol = static_cast<int>(Below(7));
  Pieces turned;
  if (protocol != 6) {
    turned.push_back(Keep({Byte(Opcode::PROTO), static_cast<char>(protocol)}));
  }
  for (std::string_view piece : *pieces) {
    if (Is(piece, Opcode::PROTO) ||
        (protocol < 4 && Is(piece, Opcode::FRAME))) {
      continue;
    }
    const bool put = Is(piece, Opcode::BINPUT) && piece.size() == 2;
    const bool get = Is(piece, Opcode::BINGET) && piece.size() == 2;
    if (put || get) {
      const auto index = static_cast<uint8_t>(piece[1]);
      if (protocol == 0) {
        piece = Keep(Byte(put ? Opcode::PUT : Opcode::GET) +
                     std::to_string(index) + "\n");
      } else if (OneIn(4)) {
        piece = Keep(Byte(put ? Opcode::LONG_BINPUT : Opcode::LONG_BINGET) +
                     LittleEndian(index, 4));
      }
    }
    turned.push_back(piece);
  }
  *pieces = std::move(turned);
}

void PickleMutator::Reframe(Pieces* pieces) {
  const std::string_view frame = Keep(Byte(Opcode::FRAME) + LittleEndian(0, 8));
  const size_t count = 1 + Below(3);
  for (size_t i = 0; i < count; ++i) {
    const auto at = static_cast<ptrdiff_t>(Below(pieces->size() + 1));
    pieces->insert(pieces->begin() + at, frame);
  }
}

std::string PickleMutator::Alone(const OpcodeInfo& info) {
  const std::vector<std::string>& samples = SampleArguments(info.argument);
  // The first half is what picklers write.
  const size_t usual = (samples.size() + 1) / 2;
  const size_t choice = Below(OneIn(6) ? samples.size() : usual);
  return Byte(info.opcode) + samples[choice];
}

std::string PickleMutator::WithOperands(const OpcodeInfo& info, int depth) {
  std::string made;
  std::string_view before = info.before;
  while (!before.empty()) {
    const size_t end = std::min(before.find(' '), before.size());
    made += Operand(before.substr(0, end), depth);
    before.remove_prefix(std::min(end + 1, before.size()));
  }
  return made + Alone(info);
}

std::string PickleMutator::Operand(std::string_view kind, int depth) {
  if (kind == "mark") return "(";
  if (kind == "list") return "]";
  if (kind == "dict") return "}";
  if (kind == "set") return std::string(1, Byte(Opcode::EMPTY_SET));
  if (kind == "str") return Alone(InfoOf(Opcode::SHORT_BINUNICODE));
  if (kind == "stackslice") {
    std::string made;
    for (size_t n = Below(4); n > 0; --n) {
      made += Operand("any", depth) + Operand("any", depth);
    }
    return made;
  }
  if (OneIn(6)) return "cm\nC\n";
  if (OneIn(6)) return ")";
  for (;;) {
    const OpcodeInfo& info = AnyOpcode();
    if (info.after.empty() || info.after == "mark" ||
        info.opcode == Opcode::DUP) {
      continue;
    }
    if (info.before.empty()) return Alone(info);
    if (depth < kDeepestOperands) return WithOperands(info, depth + 1);
  }
}

}  // namespace pickle5

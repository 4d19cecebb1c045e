#include "pickle/inspect/disassembly.h"

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "buffers/io_status.h"
#include "pickle/inspect/argument_value.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/protocol/hash_table.h"
#include "pickle/protocol/opcode.h"
#include "pickle/protocol/scanner.h"

namespace pickle5 {
namespace {

constexpr size_t kMaxIndent = 1000;

// The stack effect of an opcode in numbers.
struct StackEffect {
  size_t pops = 0;  // below the mark, if a mark is popped
  bool pops_mark = false;
  bool pushes_mark = false;
  size_t pushes = 0;
};

consteval StackEffect EffectOf(const OpcodeInfo& info) {
  StackEffect effect;
  std::string_view rest = info.before;
  while (!rest.empty() && !effect.pops_mark) {
    const size_t blank = std::min(rest.find(' '), rest.size());
    effect.pops_mark = rest.substr(0, blank) == "mark";
    if (!effect.pops_mark) ++effect.pops;
    rest.remove_prefix(std::min(blank + 1, rest.size()));
  }
  effect.pushes_mark = info.after == "mark";
  if (!info.after.empty()) {
    effect.pushes = 1;
    for (const char c : info.after) effect.pushes += c == ' ' ? 1 : 0;
  }
  return effect;
}

consteval std::array<StackEffect, kOpcodes.size()> EffectsOfAll() {
  std::array<StackEffect, kOpcodes.size()> effects{};
  for (size_t i = 0; i < effects.size(); ++i) {
    effects[i] = EffectOf(kOpcodes[i]);
  }
  return effects;
}

constexpr auto kEffects = EffectsOfAll();

// Follows stack, marks and memo as far as pickletools.dis does: to find the
// MARK that an opcode takes, and what cannot be right.
class StackEmulation {
 public:
  explicit StackEmulation(uint64_t base_offset) : base_offset_(base_offset) {}

  size_t open_marks() const { return marks_.size(); }

  // Follows one opcode. Returns what the listing says of its mark or memo
  // index, and in `fault` the rule it breaks.
  std::string Step(const Token& token, const ArgumentValue& argument,
                   absl::Status& fault) {
    const StackEffect& effect =
        kEffects[static_cast<size_t>(token.info - kOpcodes.data())];
    std::string note;
    size_t pops = effect.pops;
    const bool pops_open_mark = token.opcode() == Opcode::POP &&
                                !stack_.empty() && stack_.back() == kMark;
    if (effect.pops_mark || pops_open_mark) {
      note = PopToMark(token, fault);
      if (pops_open_mark) pops = 0;
    }
    FollowMemo(token, argument, note, fault);
    if (stack_.size() < pops) {
      Fault(ErrorCode::kStackUnderflow, token,
            absl::StrCat("tries to pop ", pops, " items from stack with only ",
                         stack_.size(), " items"),
            fault);
      pops = stack_.size();
    }
    stack_.resize(stack_.size() - pops);
    if (effect.pushes_mark) marks_.push_back(token.offset + base_offset_);
    stack_.insert(stack_.end(), effect.pushes,
                  effect.pushes_mark ? kMark : kItem);
    return note;
  }

  void Stop(const Token& stop, absl::Status& fault) const {
    if (stack_.empty()) return;
    Fault(ErrorCode::kStackLeftover, stop,
          absl::StrCat("stack not empty after STOP: ", stack_.size(), " items"),
          fault);
  }

 private:
  enum Entry : uint8_t { kItem, kMark };

  void Fault(ErrorCode code, const Token& token, std::string_view rule,
             absl::Status& fault) const {
    if (!fault.ok()) return;
    fault = MakeDecodeStatus(code, token.offset + base_offset_,
                             static_cast<uint8_t>(token.opcode()), rule);
  }

  std::string PopToMark(const Token& token, absl::Status& fault) {
    constexpr std::string_view kNone = "no MARK exists on stack";
    if (marks_.empty()) {
      Fault(ErrorCode::kNoMark, token, kNone, fault);
      return std::string(kNone);
    }
    std::string note = absl::StrCat("(MARK at ", marks_.back(), ")");
    marks_.pop_back();
    while (!stack_.empty() && stack_.back() != kMark) stack_.pop_back();
    if (stack_.empty()) {
      Fault(ErrorCode::kNoMark, token, kNone, fault);
    } else {
      stack_.pop_back();
    }
    return note;
  }

  void FollowMemo(const Token& token, const ArgumentValue& argument,
                  std::string& note, absl::Status& fault) {
    std::optional<uint64_t> index;
    bool is_get = false;
    switch (token.opcode()) {
      case Opcode::MEMOIZE:
        index = memo_.size();
        note = absl::StrCat("(as ", *index, ")");
        break;
      case Opcode::GET:
      case Opcode::BINGET:
      case Opcode::LONG_BINGET:
        is_get = true;
        [[fallthrough]];
      case Opcode::PUT:
      case Opcode::BINPUT:
      case Opcode::LONG_BINPUT:
        index = argument.AsUint64();
        break;
      default:
        return;
    }
    if (!index) {
      Fault(ErrorCode::kBadInt, token, "the memo index is no number", fault);
    } else if (is_get) {
      if (!memo_.contains(*index)) {
        Fault(ErrorCode::kMemoMissing, token,
              absl::StrCat("memo key ", *index, " has never been stored into"),
              fault);
      }
    } else if (stack_.empty()) {
      Fault(ErrorCode::kStackUnderflow, token,
            "stack is empty -- can't store into memo", fault);
    } else if (stack_.back() == kMark) {
      Fault(ErrorCode::kUnexpectedMark, token,
            "can't store markobject in the memo", fault);
    } else {
      memo_.insert(*index);
    }
  }

  const uint64_t base_offset_;
  std::vector<Entry> stack_;
  std::vector<uint64_t> marks_;
  internal::HashSet<uint64_t> memo_;
};

// The opcode's character as Python's repr() shows it, without the quotes.
std::string CodeText(Opcode opcode) {
  const auto code = static_cast<uint8_t>(opcode);
  if (code < 0x80) return std::string(1, static_cast<char>(code));
  return absl::StrFormat("\\x%02x", code);
}

std::string ListingLine(const Token& token, const ArgumentValue& argument,
                        uint64_t offset, size_t indent, std::string_view note) {
  std::string line =
      absl::StrFormat("%5d: %-4s ", offset, CodeText(token.opcode()));
  line.append(4 * std::min(indent, kMaxIndent), ' ');
  const std::string_view name = token.info->name;
  line.append(name);
  const bool has_argument = argument.type() != ArgumentValue::Type::kNone;
  if (has_argument || !note.empty()) {
    if (name.size() < 10) line.append(10 - name.size(), ' ');
    if (has_argument) {
      line.push_back(' ');
      argument.AppendRepr(&line);
    }
    if (!note.empty()) {
      line.push_back(' ');
      line.append(note);
    }
  }
  line.push_back('\n');
  return line;
}

std::string JsonLine(const Token& token, const ArgumentValue& argument,
                     uint64_t offset) {
  std::string line =
      absl::StrCat("{\"pos\": ", offset, ", \"opcode\": \"",
                   std::string(token.info->name), "\", \"arg\": ");
  argument.AppendJson(&line);
  line.append("}\n");
  return line;
}

absl::Status DisassembleUnguarded(std::string_view pickle,
                                  const DisassemblyOptions& options,
                                  ByteWriter& writer, uint64_t* consumed) {
  Scanner scanner(pickle);
  StackEmulation emulation(options.base_offset);
  absl::Status fault;
  Token token;
  int highest = -1;
  uint64_t passed = 0;
  auto gap = options.gaps.begin();
  while (scanner.Next(token) == Scanner::Result::kToken) {
    for (; gap != options.gaps.end() && gap->at <= token.offset; ++gap) {
      passed += gap->bytes;
    }
    token.offset += passed;
    const ArgumentValue argument = ArgumentValue::Decode(token);
    const size_t indent = emulation.open_marks();
    const std::string note = emulation.Step(token, argument, fault);
    const uint64_t offset = token.offset + options.base_offset;
    highest = std::max<int>(highest, token.info->protocol);
    if (!writer.Write(options.json ? JsonLine(token, argument, offset)
                                   : ListingLine(token, argument, offset,
                                                 indent, note))) {
      return writer.status();
    }
  }
  if (consumed != nullptr) *consumed = scanner.offset();
  absl::Status status = scanner.status();
  if (!status.ok()) return status;
  if (!options.json &&
      !writer.Write(
          absl::StrCat("highest protocol among opcodes = ", highest, "\n"))) {
    return writer.status();
  }
  emulation.Stop(token, fault);
  return fault;
}

}  // namespace

absl::Status Disassemble(std::string_view pickle,
                         const DisassemblyOptions& options, ByteWriter& writer,
                         uint64_t* consumed) {
  try {
    return DisassembleUnguarded(pickle, options, writer, consumed);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5

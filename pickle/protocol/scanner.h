#ifndef PICKLE5_PICKLE_PROTOCOL_SCANNER_H_
#define PICKLE5_PICKLE_PROTOCOL_SCANNER_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "pickle/export.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/protocol/opcode.h"

namespace pickle5 {

// One opcode with its argument, as it stands in the pickle.
struct Token {
  const OpcodeInfo* info = nullptr;
  // Of the opcode byte, from the start of the pickle.
  uint64_t offset = 0;
  // The opcode byte and all of its argument.
  std::string_view bytes;
  // What the opcode says, without length prefix and without the newline that
  // ends a line: the fixed bytes, the payload, the line, or two lines with the
  // newline between them.
  std::string_view argument;

  Opcode opcode() const { return info->opcode; }
};

namespace internal {

// How to step over one opcode.
enum class StepForm : uint8_t {
  kBad,     // no opcode has the byte
  kPlain0,  // so many bytes
  kPlain1,
  kPlain2,
  kPlain4,
  kPlain8,
  kPrefix1,  // so many bytes of length, then the payload
  kPrefix4,
  kPrefix8,
  kSignedPrefix4,
  kLine,
  kTwoLines,
  kStop,
};

struct Step {
  StepForm form = StepForm::kBad;
  uint8_t fixed = 0;  // bytes of argument that are always there
};

consteval StepForm FormOf(const OpcodeInfo& info) {
  const ArgumentShape shape = ShapeOf(info.argument);
  if (info.opcode == Opcode::STOP) return StepForm::kStop;
  if (shape.lines != 0) {
    return shape.lines == 1 ? StepForm::kLine : StepForm::kTwoLines;
  }
  if (shape.signed_prefix) return StepForm::kSignedPrefix4;
  switch (shape.fixed) {
    case 0:
      return StepForm::kPlain0;
    case 1:
      return shape.length_prefix ? StepForm::kPrefix1 : StepForm::kPlain1;
    case 2:
      return StepForm::kPlain2;
    case 4:
      return shape.length_prefix ? StepForm::kPrefix4 : StepForm::kPlain4;
    default:
      return shape.length_prefix ? StepForm::kPrefix8 : StepForm::kPlain8;
  }
}

consteval std::array<Step, 256> MakeSteps() {
  std::array<Step, 256> steps{};
  for (const OpcodeInfo& info : kOpcodes) {
    steps[static_cast<uint8_t>(info.opcode)] = {FormOf(info),
                                                ShapeOf(info.argument).fixed};
  }
  return steps;
}

inline constexpr std::array<Step, 256> kSteps = MakeSteps();

}  // namespace internal

// Splits a pickle into its opcodes, as `pickletools.genops` does: no stack, no
// memo, and no look at what the arguments say.
//
// Order:    one token per Next(), the STOP being the last.
// Lifetime: tokens are views into the input.
// Errors:   E_BAD_OPCODE, E_NEG_LEN, and E_TRUNCATED where the input ends in
//           front of the STOP; all at the offset of the opcode at fault.
// Threads:  thread-compatible.
// Cost:     no allocation, O(1) per opcode besides the search for the end of
//           a line, which goes on where it was when more input arrives.
class PICKLE5_EXPORT Scanner {
 public:
  enum class Result : uint8_t {
    kToken,     // `token` is the next opcode
    kEnd,       // the STOP has been delivered
    kNeedMore,  // the input ends in an opcode or in front of one
    kError,     // status() says why; final
  };

  explicit Scanner(std::string_view pickle ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : begin_(pickle.data()),
        cursor_(pickle.data()),
        limit_(pickle.data() + pickle.size()),
        end_(limit_) {
    static_assert(std::endian::native == std::endian::little);
  }

  [[nodiscard]] Result Next(Token& token) {
    using internal::StepForm;
    constexpr ptrdiff_t kFastBytes = 9;
    if (limit_ - cursor_ < kFastBytes) return NextSlow(token);
    // Sizes are constants behind a jump that the processor predicts: a size
    // looked up would hold up the next opcode by two loads.
    switch (internal::kSteps[static_cast<uint8_t>(*cursor_)].form) {
      case StepForm::kPlain0:
        return StepPlain<0>(token);
      case StepForm::kPlain1:
        return StepPlain<1>(token);
      case StepForm::kPlain2:
        return StepPlain<2>(token);
      case StepForm::kPlain4:
        return StepPlain<4>(token);
      case StepForm::kPlain8:
        return StepPlain<8>(token);
      case StepForm::kPrefix1:
        return StepCounted<uint8_t>(token);
      case StepForm::kPrefix4:
        return StepCounted<uint32_t>(token);
      default:
        return NextSlow(token);
    }
  }

  // Goes on with other memory after kNeedMore: `pickle` holds the stream from
  // offset() on, the bytes that were left over first.
  void Resume(std::string_view pickle ABSL_ATTRIBUTE_LIFETIME_BOUND);

  // Of the next opcode, from the start of the pickle.
  uint64_t offset() const {
    return base_ + static_cast<uint64_t>(cursor_ - begin_);
  }
  // Bytes from offset() that no token covers yet.
  std::string_view rest() const {
    return {cursor_, static_cast<size_t>(end_ - cursor_)};
  }
  // Why Next() gave kError, or, after kNeedMore, what the input is if nothing
  // follows: truncated. OK else.
  absl::Status status() const;

 private:
  template <size_t kFixed>
  Result StepPlain(Token& token) {
    Deliver(token, 1, 1 + kFixed, 0);
    return Result::kToken;
  }

  template <typename Length>
  Result StepCounted(Token& token) {
    constexpr size_t kHead = 1 + sizeof(Length);
    Length payload;
    std::memcpy(&payload, cursor_ + 1, sizeof payload);
    if (payload > static_cast<size_t>(limit_ - cursor_) - kHead) {
      return NextSlow(token);
    }
    Deliver(token, kHead, kHead + payload, 0);
    return Result::kToken;
  }

  Result NextSlow(Token& token);
  Result Fail(ErrorCode code);
  Result NeedMore();

  // Steps over `size` bytes, of which the argument starts at `skip` and ends
  // `drop` bytes early.
  void Deliver(Token& token, size_t skip, size_t size, size_t drop) {
    token.info =
        &kOpcodes[internal::kOpcodeRows[static_cast<uint8_t>(*cursor_)]];
    token.offset = offset();
    token.bytes = {cursor_, size};
    token.argument = {cursor_ + skip, size - skip - drop};
    cursor_ += size;
  }

  const char* begin_;
  const char* cursor_;
  const char* limit_;  // end_, or the cursor once the STOP is delivered
  const char* end_;
  uint64_t base_ = 0;
  // Bytes of the opcode at the cursor known to hold no end of its lines.
  size_t searched_ = 0;
  // Newlines found within them.
  uint8_t lines_ = 0;
  Result last_ = Result::kToken;
  ErrorCode error_ = ErrorCode::kTruncated;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_PROTOCOL_SCANNER_H_

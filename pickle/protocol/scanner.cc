#include "pickle/protocol/scanner.h"

#include <optional>

namespace pickle5 {

using internal::Step;
using internal::StepForm;

Scanner::Result Scanner::Fail(ErrorCode code) {
  error_ = code;
  return last_ = Result::kError;
}

Scanner::Result Scanner::NeedMore() { return last_ = Result::kNeedMore; }

Scanner::Result Scanner::NextSlow(Token& token) {
  if (last_ == Result::kError || last_ == Result::kEnd) return last_;
  const size_t available = static_cast<size_t>(end_ - cursor_);
  if (available == 0) return NeedMore();
  last_ = Result::kToken;
  const uint8_t code = static_cast<uint8_t>(*cursor_);
  const Step step = internal::kSteps[code];
  switch (step.form) {
    case StepForm::kBad:
      return Fail(ErrorCode::kBadOpcode);
    case StepForm::kStop:
      Deliver(token, 1, 1, 0);
      // The token is delivered now; every later call says kEnd.
      limit_ = cursor_;
      last_ = Result::kEnd;
      return Result::kToken;
    case StepForm::kPlain0:
    case StepForm::kPlain1:
    case StepForm::kPlain2:
    case StepForm::kPlain4:
    case StepForm::kPlain8:
      if (available <= step.fixed) return NeedMore();
      Deliver(token, 1, size_t{1} + step.fixed, 0);
      return last_;
    case StepForm::kPrefix1:
    case StepForm::kPrefix4:
    case StepForm::kPrefix8:
    case StepForm::kSignedPrefix4: {
      if (available <= step.fixed) return NeedMore();
      uint64_t payload = 0;
      std::memcpy(&payload, cursor_ + 1, step.fixed);
      if (step.form == StepForm::kSignedPrefix4 && payload >> 31 != 0) {
        return Fail(ErrorCode::kNegativeLength);
      }
      const size_t head = size_t{1} + step.fixed;
      if (payload > available - head) return NeedMore();
      Deliver(token, head, head + payload, 0);
      return last_;
    }
    case StepForm::kLine:
    case StepForm::kTwoLines: {
      const uint8_t wanted = step.form == StepForm::kLine ? 1 : 2;
      if (searched_ == 0) searched_ = 1;
      while (lines_ < wanted) {
        const void* newline =
            std::memchr(cursor_ + searched_, '\n', available - searched_);
        if (newline == nullptr) {
          searched_ = available;
          return NeedMore();
        }
        ++lines_;
        searched_ =
            static_cast<size_t>(static_cast<const char*>(newline) - cursor_) +
            1;
      }
      Deliver(token, 1, searched_, 1);
      searched_ = 0;
      lines_ = 0;
      return last_;
    }
  }
  return Fail(ErrorCode::kBadOpcode);
}

void Scanner::Resume(std::string_view pickle) {
  base_ = offset();
  begin_ = pickle.data();
  cursor_ = begin_;
  end_ = begin_ + pickle.size();
  limit_ = last_ == Result::kEnd ? cursor_ : end_;
}

absl::Status Scanner::status() const {
  if (last_ != Result::kError && last_ != Result::kNeedMore) {
    return absl::OkStatus();
  }
  std::optional<uint8_t> code;
  if (cursor_ < end_) code = static_cast<uint8_t>(*cursor_);
  std::string_view rule = "the pickle ends before its STOP";
  switch (error_) {
    case ErrorCode::kBadOpcode:
      rule = "no opcode has this byte";
      break;
    case ErrorCode::kNegativeLength:
      rule = "the length is negative";
      break;
    default:
      if (code) rule = "the pickle ends inside this opcode";
  }
  return MakeDecodeStatus(error_, offset(), code, rule);
}

}  // namespace pickle5

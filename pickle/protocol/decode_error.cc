#include "pickle/protocol/decode_error.h"

#include <array>
#include <new>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "buffers/io_status.h"
#include "pickle/protocol/opcode.h"

namespace pickle5 {
namespace {

constexpr char kPayloadUrl[] = "pickle5/DecodeError";

constexpr auto kNames = std::to_array<std::string_view>(
    {"E_TRUNCATED",       "E_BAD_OPCODE",   "E_PROTO",
     "E_PROTO_POS",       "E_FRAME",        "E_STACK_UNDERFLOW",
     "E_UNEXPECTED_MARK", "E_NO_MARK",      "E_OPEN_MARK",
     "E_STACK_LEFTOVER",  "E_TRAILING",     "E_MEMO_MISSING",
     "E_BAD_INT",         "E_BAD_FLOAT",    "E_FLOAT_RANGE",
     "E_BAD_STRING",      "E_BAD_UNICODE",  "E_UTF8",
     "E_ENCODING",        "E_PERSID_ASCII", "E_NEG_LEN",
     "E_BAD_NAME",        "E_TYPE",         "E_NOT_CALLABLE",
     "E_ODD_ITEMS",       "E_UNHASHABLE",   "E_EXT_CODE",
     "E_NO_BUFFER",       "E_BYTE_RANGE",   "E_INDEX",
     "L_DEPTH",           "L_MEMO",         "L_MEMORY",
     "L_PAYLOAD",         "L_LINE",         "L_DIGITS",
     "L_FRAME",           "L_OPCODES"});
static_assert(kNames.size() ==
              static_cast<size_t>(ErrorCode::kOpcodesLimit) + 1);

absl::Status Make(ErrorCode code, uint64_t offset,
                  std::optional<uint8_t> opcode, std::string_view rule) {
  const OpcodeInfo* info = opcode ? FindOpcode(*opcode) : nullptr;
  const std::string name(info != nullptr ? info->name : "");
  std::string message =
      absl::StrCat("at byte ", offset, ": ", name, name.empty() ? "" : ": ",
                   std::string(rule));
  absl::Status status(code >= ErrorCode::kDepthLimit
                          ? absl::StatusCode::kResourceExhausted
                          : absl::StatusCode::kInvalidArgument,
                      message);
  status.SetPayload(
      kPayloadUrl,
      absl::Cord(absl::StrCat(static_cast<int>(code), " ", offset, " ", name)));
  return status;
}

}  // namespace

std::string_view ErrorCodeName(ErrorCode code) {
  return kNames[static_cast<size_t>(code)];
}

absl::Status MakeDecodeStatus(ErrorCode code, uint64_t offset,
                              std::optional<uint8_t> opcode,
                              std::string_view rule) {
  try {
    return Make(code, offset, opcode, rule);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

std::optional<DecodeError> GetDecodeError(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return std::nullopt;
  const std::string text(*payload);
  const std::pair<std::string, std::string> code_rest =
      absl::StrSplit(text, absl::MaxSplits(' ', 1));
  const std::pair<std::string, std::string> offset_name =
      absl::StrSplit(code_rest.second, absl::MaxSplits(' ', 1));
  DecodeError error;
  int code = 0;
  if (!absl::SimpleAtoi(code_rest.first, &code) || code < 0 ||
      static_cast<size_t>(code) >= kNames.size() ||
      !absl::SimpleAtoi(offset_name.first, &error.offset)) {
    return std::nullopt;
  }
  error.code = static_cast<ErrorCode>(code);
  error.opcode = offset_name.second;
  return error;
}

}  // namespace pickle5

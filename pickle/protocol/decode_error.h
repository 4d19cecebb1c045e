#ifndef PICKLE5_PICKLE_PROTOCOL_DECODE_ERROR_H_
#define PICKLE5_PICKLE_PROTOCOL_DECODE_ERROR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "pickle/export.h"

namespace pickle5 {

// Why a pickle was refused. The names (ErrorCodeName) are stable; programs may
// rely on them. E_ codes are faults of the pickle, L_ codes are limits.
enum class ErrorCode : uint8_t {
  kTruncated,       // E_TRUNCATED: the input ends inside an opcode
  kBadOpcode,       // E_BAD_OPCODE: no opcode has this byte
  kProto,           // E_PROTO: protocol above 5
  kProtoPos,        // E_PROTO_POS: PROTO is not the first opcode
  kFrame,           // E_FRAME: frame longer than the input, nested, straddled
  kStackUnderflow,  // E_STACK_UNDERFLOW
  kUnexpectedMark,  // E_UNEXPECTED_MARK: a MARK where a value is needed
  kNoMark,          // E_NO_MARK: no MARK on the stack
  kOpenMark,        // E_OPEN_MARK: a MARK left at STOP
  kStackLeftover,   // E_STACK_LEFTOVER: values left at STOP
  kTrailing,        // E_TRAILING: bytes behind STOP
  kMemoMissing,     // E_MEMO_MISSING: memo index never set
  kBadInt,          // E_BAD_INT: malformed text integer
  kBadFloat,        // E_BAD_FLOAT: malformed text float
  kFloatRange,      // E_FLOAT_RANGE: text float too large
  kBadString,       // E_BAD_STRING: bad quotes or escapes under STRING
  kBadUnicode,      // E_BAD_UNICODE: bad escape under UNICODE
  kUtf8,            // E_UTF8: not UTF-8
  kEncoding,        // E_ENCODING: 8-bit string not in the chosen encoding
  kPersidAscii,     // E_PERSID_ASCII: persistent id is not ASCII
  kNegativeLength,  // E_NEG_LEN: negative length
  kBadName,         // E_BAD_NAME: empty name or NUL in a global's name
  kType,            // E_TYPE: wrong type under the opcode
  kNotCallable,     // E_NOT_CALLABLE: the callee cannot be one
  kOddItems,        // E_ODD_ITEMS: a key without value
  kUnhashable,      // E_UNHASHABLE: unhashable key or set item
  kExtCode,         // E_EXT_CODE: extension code below 1
  kNoBuffer,        // E_NO_BUFFER: more NEXT_BUFFER than buffers
  kByteRange,       // E_BYTE_RANGE: bytearray item not in range(256)
  kIndex,           // E_INDEX: list, bytearray or memo index out of range
  kDepthLimit,      // L_DEPTH
  kMemoLimit,       // L_MEMO
  kMemoryLimit,     // L_MEMORY
  kPayloadLimit,    // L_PAYLOAD
  kLineLimit,       // L_LINE
  kDigitsLimit,     // L_DIGITS
  kFrameLimit,      // L_FRAME
  kOpcodesLimit,    // L_OPCODES
};

// "E_TRUNCATED", "L_DIGITS", ...
PICKLE5_EXPORT std::string_view ErrorCodeName(ErrorCode code);

// The place at which decoding stopped, and the reason.
struct DecodeError {
  ErrorCode code;
  uint64_t offset = 0;  // of the opcode at fault, from the pickle's start
  std::string opcode;   // its name; empty where the byte is no opcode's
};

// Makes the Status of a refused pickle: ResourceExhausted for L_ codes,
// InvalidArgument else. The message reads "at byte 17: BINGET: <rule>"; a
// payload carries the DecodeError.
PICKLE5_EXPORT absl::Status MakeDecodeStatus(ErrorCode code, uint64_t offset,
                                             std::optional<uint8_t> opcode,
                                             std::string_view rule);

// The DecodeError inside a Status, if it came from decoding a pickle.
PICKLE5_EXPORT std::optional<DecodeError> GetDecodeError(
    const absl::Status& status);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_PROTOCOL_DECODE_ERROR_H_

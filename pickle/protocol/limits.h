#ifndef PICKLE5_PICKLE_PROTOCOL_LIMITS_H_
#define PICKLE5_PICKLE_PROTOCOL_LIMITS_H_

#include <cstdint>
#include <limits>

namespace pickle5 {

class ClassResolver;

// Bounds of what one pickle may cost its reader.
//
// A value of L lets L pass and refuses L + 1 with ResourceExhausted and the
// code named beside it (see DecodeError). Memory is never taken on the word of
// a declared length: the bytes must have arrived.
struct Limits {
  static constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

  // Levels of nesting in the loaded graph; a list in a list is 2. No code of
  // this library recurses, so that the default needs no bound: the limit
  // protects programs that walk the result recursively. L_DEPTH.
  uint64_t max_depth = kUnlimited;

  // Entries in the memo. L_MEMO.
  uint64_t max_memo = kUnlimited;

  // Bytes held for the loaded objects, the stack, the marks and the memo.
  // L_MEMORY.
  uint64_t max_memory = kUnlimited;

  // Bytes of one length-prefixed argument. L_PAYLOAD.
  uint64_t max_payload = kUnlimited;

  // Bytes of one newline-terminated argument. L_LINE.
  uint64_t max_line = kUnlimited;

  // Decimal digits of one text integer (INT, LONG). As CPython since 3.11,
  // where sys.set_int_max_str_digits() sets it. L_DIGITS.
  uint64_t max_digits = 4300;

  // Bytes of one frame, which either mode holds as a whole before it runs a
  // frame that arrives in pieces, as CPython does. L_FRAME.
  uint64_t max_frame = kUnlimited;

  // Opcodes executed. L_OPCODES.
  uint64_t max_opcodes = kUnlimited;

  // For pickles from people one does not trust.
  static constexpr Limits Untrusted() {
    Limits limits;
    limits.max_depth = 10'000;
    limits.max_memo = 10'000'000;
    limits.max_memory = uint64_t{1} << 30;
    limits.max_payload = uint64_t{1} << 30;
    limits.max_line = uint64_t{1} << 20;
    limits.max_frame = uint64_t{1} << 26;
    limits.max_opcodes = 100'000'000;
    return limits;
  }
};

// How much of what CPython accepts is accepted.
enum class Mode : uint8_t {
  // Exactly what CPython's `_pickle` accepts, as far as a reader that imports
  // and calls nothing can know.
  kCompat,
  // Only what picklers write: PROTO first or absent, frames that hold whole
  // opcodes and do not nest, canonical text integers, an empty stack and no
  // open mark at STOP, nothing behind STOP, the right types under every
  // opcode.
  kStrict,
};

// The meaning of the 8-bit strings of Python 2 (STRING, BINSTRING,
// SHORT_BINSTRING) become: str by that codec, or bytes.
enum class StringEncoding : uint8_t { kAscii, kLatin1, kUtf8, kBytes };

// How a pickle is read.
struct ReadOptions {
  Mode mode = Mode::kCompat;
  Limits limits;
  StringEncoding encoding = StringEncoding::kAscii;
  // A NEXT_BUFFER for which no buffer was given becomes a buffer node without
  // data instead of an error.
  bool placeholder_buffers = false;
  // Which globals the pickle may name; nullptr: all, as names without meaning.
  // Borrowed for the load. Not asked by Verify().
  ClassResolver* class_resolver = nullptr;
  // Bytes after STOP are left alone even in strict mode (pickle streams).
  bool allow_trailing = false;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_PROTOCOL_LIMITS_H_

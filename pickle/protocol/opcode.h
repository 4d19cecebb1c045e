#ifndef PICKLE5_PICKLE_PROTOCOL_OPCODE_H_
#define PICKLE5_PICKLE_PROTOCOL_OPCODE_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace pickle5 {

// The highest protocol version read and written (PEP 574).
inline constexpr int kHighestProtocol = 5;

// The 68 opcodes of pickle protocols 0 to 5, spelled as `pickletools` spells
// them.
enum class Opcode : uint8_t {
  MARK = '(',
  STOP = '.',
  POP = '0',
  POP_MARK = '1',
  DUP = '2',
  FLOAT = 'F',
  INT = 'I',
  BININT = 'J',
  BININT1 = 'K',
  LONG = 'L',
  BININT2 = 'M',
  NONE = 'N',
  PERSID = 'P',
  BINPERSID = 'Q',
  REDUCE = 'R',
  STRING = 'S',
  BINSTRING = 'T',
  SHORT_BINSTRING = 'U',
  UNICODE = 'V',
  BINUNICODE = 'X',
  APPEND = 'a',
  BUILD = 'b',
  GLOBAL = 'c',
  DICT = 'd',
  EMPTY_DICT = '}',
  APPENDS = 'e',
  GET = 'g',
  BINGET = 'h',
  INST = 'i',
  LONG_BINGET = 'j',
  LIST = 'l',
  EMPTY_LIST = ']',
  OBJ = 'o',
  PUT = 'p',
  BINPUT = 'q',
  LONG_BINPUT = 'r',
  SETITEM = 's',
  TUPLE = 't',
  EMPTY_TUPLE = ')',
  SETITEMS = 'u',
  BINFLOAT = 'G',
  BINBYTES = 'B',
  SHORT_BINBYTES = 'C',
  PROTO = 0x80,
  NEWOBJ = 0x81,
  EXT1 = 0x82,
  EXT2 = 0x83,
  EXT4 = 0x84,
  TUPLE1 = 0x85,
  TUPLE2 = 0x86,
  TUPLE3 = 0x87,
  NEWTRUE = 0x88,
  NEWFALSE = 0x89,
  LONG1 = 0x8a,
  LONG4 = 0x8b,
  SHORT_BINUNICODE = 0x8c,
  BINUNICODE8 = 0x8d,
  BINBYTES8 = 0x8e,
  EMPTY_SET = 0x8f,
  ADDITEMS = 0x90,
  FROZENSET = 0x91,
  NEWOBJ_EX = 0x92,
  STACK_GLOBAL = 0x93,
  MEMOIZE = 0x94,
  FRAME = 0x95,
  BYTEARRAY8 = 0x96,
  NEXT_BUFFER = 0x97,
  READONLY_BUFFER = 0x98,
};

// The argument that follows the opcode byte. The names are those of
// pickletools' ArgumentDescriptors; multi-byte integers are little-endian
// except kFloat8.
enum class ArgumentKind : uint8_t {
  kNone,
  kUint1,                 // 1 byte, unsigned
  kUint2,                 // 2 bytes, unsigned
  kInt4,                  // 4 bytes, signed
  kUint4,                 // 4 bytes, unsigned
  kUint8,                 // 8 bytes, unsigned
  kFloat8,                // IEEE 754 binary64, big-endian
  kLong1,                 // uint1 length, then two's complement
  kLong4,                 // int4 length, then two's complement
  kString1,               // uint1 length, then the bytes of a Python 2 str
  kString4,               // int4 length, then the bytes of a Python 2 str
  kBytes1,                // uint1 length, then bytes
  kBytes4,                // uint4 length, then bytes
  kBytes8,                // uint8 length, then bytes
  kByteArray8,            // uint8 length, then bytes
  kUnicodeString1,        // uint1 length, then UTF-8, surrogates allowed
  kUnicodeString4,        // uint4 length, then UTF-8, surrogates allowed
  kUnicodeString8,        // uint8 length, then UTF-8, surrogates allowed
  kDecimalNlShort,        // a line: decimal integer
  kDecimalNlLong,         // a line: decimal integer, usually with an L behind
  kFloatNl,               // a line: decimal float
  kStringNl,              // a line: quoted, escaped Python 2 str
  kUnicodeStringNl,       // a line: raw-unicode-escape
  kStringNlNoEscape,      // a line, taken as it is
  kStringNlNoEscapePair,  // two lines, taken as they are
};

// The size class of an argument, all that is needed to step over it.
struct ArgumentShape {
  uint8_t fixed = 0;           // bytes always there (a length prefix counts)
  bool length_prefix = false;  // the fixed bytes are a length of what follows
  bool signed_prefix = false;  // ... and that length is signed
  uint8_t lines = 0;           // newline-terminated lines
};

constexpr ArgumentShape ShapeOf(ArgumentKind kind) {
  switch (kind) {
    case ArgumentKind::kNone:
      return {};
    case ArgumentKind::kUint1:
      return {.fixed = 1};
    case ArgumentKind::kUint2:
      return {.fixed = 2};
    case ArgumentKind::kInt4:
    case ArgumentKind::kUint4:
      return {.fixed = 4};
    case ArgumentKind::kUint8:
    case ArgumentKind::kFloat8:
      return {.fixed = 8};
    case ArgumentKind::kLong1:
    case ArgumentKind::kString1:
    case ArgumentKind::kBytes1:
    case ArgumentKind::kUnicodeString1:
      return {.fixed = 1, .length_prefix = true};
    case ArgumentKind::kBytes4:
    case ArgumentKind::kUnicodeString4:
      return {.fixed = 4, .length_prefix = true};
    case ArgumentKind::kLong4:
    case ArgumentKind::kString4:
      return {.fixed = 4, .length_prefix = true, .signed_prefix = true};
    case ArgumentKind::kBytes8:
    case ArgumentKind::kByteArray8:
    case ArgumentKind::kUnicodeString8:
      return {.fixed = 8, .length_prefix = true};
    case ArgumentKind::kDecimalNlShort:
    case ArgumentKind::kDecimalNlLong:
    case ArgumentKind::kFloatNl:
    case ArgumentKind::kStringNl:
    case ArgumentKind::kUnicodeStringNl:
    case ArgumentKind::kStringNlNoEscape:
      return {.lines = 1};
    case ArgumentKind::kStringNlNoEscapePair:
      return {.lines = 2};
  }
  return {};
}

// One row of the opcode table. `before` and `after` are the stack effect in
// pickletools' notation, bottom first, the names separated by blanks.
struct OpcodeInfo {
  Opcode opcode;
  std::string_view name;
  ArgumentKind argument;
  uint8_t protocol;  // the first protocol that has the opcode
  std::string_view before;
  std::string_view after;
};

// clang-format off
inline constexpr std::array<OpcodeInfo, 68> kOpcodes = {{
    {Opcode::INT, "INT", ArgumentKind::kDecimalNlShort, 0, "", "int_or_bool"},
    {Opcode::BININT, "BININT", ArgumentKind::kInt4, 1, "", "int"},
    {Opcode::BININT1, "BININT1", ArgumentKind::kUint1, 1, "", "int"},
    {Opcode::BININT2, "BININT2", ArgumentKind::kUint2, 1, "", "int"},
    {Opcode::LONG, "LONG", ArgumentKind::kDecimalNlLong, 0, "", "int"},
    {Opcode::LONG1, "LONG1", ArgumentKind::kLong1, 2, "", "int"},
    {Opcode::LONG4, "LONG4", ArgumentKind::kLong4, 2, "", "int"},
    {Opcode::STRING, "STRING", ArgumentKind::kStringNl, 0, "", "bytes_or_str"},
    {Opcode::BINSTRING, "BINSTRING", ArgumentKind::kString4, 1, "", "bytes_or_str"},
    {Opcode::SHORT_BINSTRING, "SHORT_BINSTRING", ArgumentKind::kString1, 1, "", "bytes_or_str"},
    {Opcode::BINBYTES, "BINBYTES", ArgumentKind::kBytes4, 3, "", "bytes"},
    {Opcode::SHORT_BINBYTES, "SHORT_BINBYTES", ArgumentKind::kBytes1, 3, "", "bytes"},
    {Opcode::BINBYTES8, "BINBYTES8", ArgumentKind::kBytes8, 4, "", "bytes"},
    {Opcode::BYTEARRAY8, "BYTEARRAY8", ArgumentKind::kByteArray8, 5, "", "bytearray"},
    {Opcode::NEXT_BUFFER, "NEXT_BUFFER", ArgumentKind::kNone, 5, "", "buffer"},
    {Opcode::READONLY_BUFFER, "READONLY_BUFFER", ArgumentKind::kNone, 5, "buffer", "buffer"},
    {Opcode::NONE, "NONE", ArgumentKind::kNone, 0, "", "None"},
    {Opcode::NEWTRUE, "NEWTRUE", ArgumentKind::kNone, 2, "", "bool"},
    {Opcode::NEWFALSE, "NEWFALSE", ArgumentKind::kNone, 2, "", "bool"},
    {Opcode::UNICODE, "UNICODE", ArgumentKind::kUnicodeStringNl, 0, "", "str"},
    {Opcode::SHORT_BINUNICODE, "SHORT_BINUNICODE", ArgumentKind::kUnicodeString1, 4, "", "str"},
    {Opcode::BINUNICODE, "BINUNICODE", ArgumentKind::kUnicodeString4, 1, "", "str"},
    {Opcode::BINUNICODE8, "BINUNICODE8", ArgumentKind::kUnicodeString8, 4, "", "str"},
    {Opcode::FLOAT, "FLOAT", ArgumentKind::kFloatNl, 0, "", "float"},
    {Opcode::BINFLOAT, "BINFLOAT", ArgumentKind::kFloat8, 1, "", "float"},
    {Opcode::EMPTY_LIST, "EMPTY_LIST", ArgumentKind::kNone, 1, "", "list"},
    {Opcode::APPEND, "APPEND", ArgumentKind::kNone, 0, "list any", "list"},
    {Opcode::APPENDS, "APPENDS", ArgumentKind::kNone, 1, "list mark stackslice", "list"},
    {Opcode::LIST, "LIST", ArgumentKind::kNone, 0, "mark stackslice", "list"},
    {Opcode::EMPTY_TUPLE, "EMPTY_TUPLE", ArgumentKind::kNone, 1, "", "tuple"},
    {Opcode::TUPLE, "TUPLE", ArgumentKind::kNone, 0, "mark stackslice", "tuple"},
    {Opcode::TUPLE1, "TUPLE1", ArgumentKind::kNone, 2, "any", "tuple"},
    {Opcode::TUPLE2, "TUPLE2", ArgumentKind::kNone, 2, "any any", "tuple"},
    {Opcode::TUPLE3, "TUPLE3", ArgumentKind::kNone, 2, "any any any", "tuple"},
    {Opcode::EMPTY_DICT, "EMPTY_DICT", ArgumentKind::kNone, 1, "", "dict"},
    {Opcode::DICT, "DICT", ArgumentKind::kNone, 0, "mark stackslice", "dict"},
    {Opcode::SETITEM, "SETITEM", ArgumentKind::kNone, 0, "dict any any", "dict"},
    {Opcode::SETITEMS, "SETITEMS", ArgumentKind::kNone, 1, "dict mark stackslice", "dict"},
    {Opcode::EMPTY_SET, "EMPTY_SET", ArgumentKind::kNone, 4, "", "set"},
    {Opcode::ADDITEMS, "ADDITEMS", ArgumentKind::kNone, 4, "set mark stackslice", "set"},
    {Opcode::FROZENSET, "FROZENSET", ArgumentKind::kNone, 4, "mark stackslice", "frozenset"},
    {Opcode::POP, "POP", ArgumentKind::kNone, 0, "any", ""},
    {Opcode::DUP, "DUP", ArgumentKind::kNone, 0, "any", "any any"},
    {Opcode::MARK, "MARK", ArgumentKind::kNone, 0, "", "mark"},
    {Opcode::POP_MARK, "POP_MARK", ArgumentKind::kNone, 1, "mark stackslice", ""},
    {Opcode::GET, "GET", ArgumentKind::kDecimalNlShort, 0, "", "any"},
    {Opcode::BINGET, "BINGET", ArgumentKind::kUint1, 1, "", "any"},
    {Opcode::LONG_BINGET, "LONG_BINGET", ArgumentKind::kUint4, 1, "", "any"},
    {Opcode::PUT, "PUT", ArgumentKind::kDecimalNlShort, 0, "", ""},
    {Opcode::BINPUT, "BINPUT", ArgumentKind::kUint1, 1, "", ""},
    {Opcode::LONG_BINPUT, "LONG_BINPUT", ArgumentKind::kUint4, 1, "", ""},
    {Opcode::MEMOIZE, "MEMOIZE", ArgumentKind::kNone, 4, "any", "any"},
    {Opcode::EXT1, "EXT1", ArgumentKind::kUint1, 2, "", "any"},
    {Opcode::EXT2, "EXT2", ArgumentKind::kUint2, 2, "", "any"},
    {Opcode::EXT4, "EXT4", ArgumentKind::kInt4, 2, "", "any"},
    {Opcode::GLOBAL, "GLOBAL", ArgumentKind::kStringNlNoEscapePair, 0, "", "any"},
    {Opcode::STACK_GLOBAL, "STACK_GLOBAL", ArgumentKind::kNone, 4, "str str", "any"},
    {Opcode::REDUCE, "REDUCE", ArgumentKind::kNone, 0, "any any", "any"},
    {Opcode::BUILD, "BUILD", ArgumentKind::kNone, 0, "any any", "any"},
    {Opcode::INST, "INST", ArgumentKind::kStringNlNoEscapePair, 0, "mark stackslice", "any"},
    {Opcode::OBJ, "OBJ", ArgumentKind::kNone, 1, "mark any stackslice", "any"},
    {Opcode::NEWOBJ, "NEWOBJ", ArgumentKind::kNone, 2, "any any", "any"},
    {Opcode::NEWOBJ_EX, "NEWOBJ_EX", ArgumentKind::kNone, 4, "any any any", "any"},
    {Opcode::PROTO, "PROTO", ArgumentKind::kUint1, 2, "", ""},
    {Opcode::STOP, "STOP", ArgumentKind::kNone, 0, "any", ""},
    {Opcode::FRAME, "FRAME", ArgumentKind::kUint8, 4, "", ""},
    {Opcode::PERSID, "PERSID", ArgumentKind::kStringNlNoEscape, 0, "", "any"},
    {Opcode::BINPERSID, "BINPERSID", ArgumentKind::kNone, 1, "any", "any"},
}};
// clang-format on

namespace internal {

inline constexpr uint8_t kNoOpcode = 0xff;

// Row number in kOpcodes by opcode byte, kNoOpcode where there is none.
inline constexpr std::array<uint8_t, 256> kOpcodeRows = [] {
  std::array<uint8_t, 256> rows{};
  rows.fill(kNoOpcode);
  for (uint8_t row = 0; row < kOpcodes.size(); ++row) {
    rows[static_cast<uint8_t>(kOpcodes[row].opcode)] = row;
  }
  return rows;
}();

}  // namespace internal

// The row of an opcode byte, nullptr if no opcode has that byte.
constexpr const OpcodeInfo* FindOpcode(uint8_t byte) {
  const uint8_t row = internal::kOpcodeRows[byte];
  return row == internal::kNoOpcode ? nullptr : &kOpcodes[row];
}

// The row of an opcode.
constexpr const OpcodeInfo& InfoOf(Opcode opcode) {
  return kOpcodes[internal::kOpcodeRows[static_cast<uint8_t>(opcode)]];
}

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_PROTOCOL_OPCODE_H_

#ifndef PICKLE5_PICKLE_INSPECT_ARGUMENT_VALUE_H_
#define PICKLE5_PICKLE_INSPECT_ARGUMENT_VALUE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/attributes.h"
#include "pickle/export.h"
#include "pickle/protocol/scanner.h"

namespace pickle5 {

// The argument of an opcode, as `pickletools` reads it.
//
// pickletools gives up on some arguments that unpicklers load, and so on some
// genuine pickles; here every argument says something: 8-bit text that is not
// ASCII is UTF-8 under GLOBAL, INST and PERSID where it is valid, Latin-1 else;
// what should be a number, an escape or UTF-8 and is not stays text or bytes.
//
// Lifetime: text() may be a view into the pickle.
class PICKLE5_EXPORT ArgumentValue {
 public:
  enum class Type : uint8_t {
    kNone,
    kBool,
    kInt,
    kFloat,
    kStr,
    kBytes,
    kByteArray
  };

  static ArgumentValue Decode(const Token& token);

  Type type() const { return type_; }
  bool boolean() const { return boolean_; }
  double floating() const { return floating_; }
  // kInt: decimal text, or hexadecimal behind 0x from 2**1048576 up.
  // kStr: UTF-8 with surrogates. kBytes, kByteArray: the bytes.
  std::string_view text() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return owned_ ? std::string_view(*owned_) : view_;
  }

  // The memo index or other unsigned number that the argument is, if it is
  // one: of kInt, and of kBool as Python counts it.
  std::optional<uint64_t> AsUint64() const;

  // Appends Python's repr() of the argument; nothing for kNone.
  void AppendRepr(std::string* out) const;
  // Appends the argument as JSON: null, true, a number, a string; floats that
  // JSON lacks as strings, bytes as {"bytes": "<hex>"} or {"bytearray": ...}.
  void AppendJson(std::string* out) const;

 private:
  void SetInteger(int64_t value);
  void SetUnsigned(uint64_t value);
  void SetText(Type type, std::string text);
  void SetView(Type type, std::string_view view);
  void SetLatin1(std::string_view bytes);
  void SetTwosComplement(std::string_view little_endian);
  void DecodeDecimal(std::string_view line, bool is_long);
  void DecodeFloatLine(std::string_view line);
  void DecodeQuoted(std::string_view line);
  void DecodeName(std::string_view line);

  Type type_ = Type::kNone;
  bool boolean_ = false;
  double floating_ = 0;
  std::string_view view_;
  std::optional<std::string> owned_;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_INSPECT_ARGUMENT_VALUE_H_

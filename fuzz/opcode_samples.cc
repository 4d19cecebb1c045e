#include "fuzz/opcode_samples.h"

#include <initializer_list>
#include <map>

namespace pickle5 {
namespace {

// Literals are no use of a name to clang-tidy.
// NOLINTBEGIN(misc-unused-using-decls)
using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;
// NOLINTEND(misc-unused-using-decls)

std::vector<std::string> Lines(std::initializer_list<std::string_view> lines) {
  std::vector<std::string> samples;
  for (const std::string_view line : lines) {
    samples.push_back(std::string(line) + "\n");
  }
  return samples;
}

std::vector<std::string> CountedSamples(
    const ArgumentShape& shape, std::initializer_list<std::string_view> texts) {
  std::vector<std::string> samples;
  for (const std::string_view text : texts) {
    samples.push_back(Counted(shape, text));
  }
  // A length that nothing stands behind, and the largest one.
  samples.push_back(LittleEndian(1, shape.fixed));
  samples.push_back(LittleEndian(~uint64_t{0}, shape.fixed));
  return samples;
}

std::vector<std::string> FixedSamples(size_t size) {
  std::vector<std::string> samples;
  for (const uint64_t value :
       {uint64_t{0}, uint64_t{1}, uint64_t{2}, uint64_t{3}, uint64_t{5},
        uint64_t{0x7f}, uint64_t{0x80}, uint64_t{0xff}, uint64_t{0x7fff},
        uint64_t{0x7fffffff}, uint64_t{0x80000000}, ~uint64_t{0}}) {
    samples.push_back(LittleEndian(value, size));
  }
  return samples;
}

std::vector<std::string> FloatSamples() {
  return {"\x3f\xf0\0\0\0\0\0\0"s,
          "\0\0\0\0\0\0\0\0"s,
          "\x40\x09\x21\xfb\x54\x44\x2d\x18"s,
          "\x7f\xf0\0\0\0\0\0\0"s,
          "\x7f\xf8\0\0\0\0\0\0"s,
          "\x80\0\0\0\0\0\0\0"s};
}

std::vector<std::string> MakeSamples(ArgumentKind kind) {
  const ArgumentShape shape = ShapeOf(kind);
  switch (kind) {
    case ArgumentKind::kNone:
      return {""};
    case ArgumentKind::kUint1:
    case ArgumentKind::kUint2:
    case ArgumentKind::kInt4:
    case ArgumentKind::kUint4:
    case ArgumentKind::kUint8:
      return FixedSamples(shape.fixed);
    case ArgumentKind::kFloat8:
      return FloatSamples();
    case ArgumentKind::kLong1:
    case ArgumentKind::kLong4:
      return CountedSamples(shape, {"", "\1"sv, "\xff"sv, "\0\1"sv,
                                    "\0\0\0\0\0\0\0\x80\0"sv, "\1\0"sv});
    case ArgumentKind::kString1:
    case ArgumentKind::kString4:
    case ArgumentKind::kBytes1:
    case ArgumentKind::kBytes4:
    case ArgumentKind::kBytes8:
    case ArgumentKind::kByteArray8:
      return CountedSamples(shape, {"", "a", "abc", "\x80\xff"sv, "\0"sv});
    case ArgumentKind::kUnicodeString1:
    case ArgumentKind::kUnicodeString4:
    case ArgumentKind::kUnicodeString8:
      return CountedSamples(
          shape, {"a", "", "builtins", "list", "a.b", "\xc3\xa9"sv,
                  "\xf0\x9f\x90\x8d"sv, "\xed\xa0\x80"sv, "\xff"sv, "\0"sv});
    case ArgumentKind::kDecimalNlShort:
      return Lines({"0", "1", "2", "-1", "00", "01", "2147483648", "255", "+1",
                    " 1", "1_0", "0x1", "", "99999999999999999999"});
    case ArgumentKind::kDecimalNlLong:
      return Lines({"0L", "1L", "-1L", "18446744073709551616L", "7", "1LL", "L",
                    "", "-", " 2L", "0_1L"});
    case ArgumentKind::kFloatNl:
      return Lines({"0", "1.5", "-0.0", "1e300", "inf", "nan", "1e400", "1_0.0",
                    " 1", "0x1p3", "", "-"});
    case ArgumentKind::kStringNl:
      return Lines({"''", "'a'", "\"b\"", "'\\n\\x41\\101'", "'\\'", "'a\"",
                    "a", "'", "", " 'a' ", "'\\xff'", "'\\q\\x4'"});
    case ArgumentKind::kUnicodeStringNl:
      return Lines({"", "a", "\\u00e9", "\\U0001f40d", "\xe9", "\\ud800",
                    "\\u12", "\\U00110000", "\\\\u0041", "\\"});
    case ArgumentKind::kStringNlNoEscape:
      return Lines({"id", "7", "", "a b", "\xe9", "\xc3\xa9"});
    case ArgumentKind::kStringNlNoEscapePair:
      return Lines({"builtins\nlist", "__builtin__\nset", "m\nA.b",
                    "copyreg\n_reconstructor", "\n", "m\n", "\xff\nx"});
  }
  return {};
}

}  // namespace

std::string LittleEndian(uint64_t value, size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) {
    bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
  }
  return bytes;
}

std::string Counted(const ArgumentShape& shape, std::string_view payload) {
  if (shape.fixed == 1) payload = payload.substr(0, 255);
  return LittleEndian(payload.size(), shape.fixed) + std::string(payload);
}

const std::vector<std::string>& SampleArguments(ArgumentKind kind) {
  // Made once: the mutator asks for each opcode that it inserts.
  static auto* const made =
      new std::map<ArgumentKind, std::vector<std::string>>;
  const auto [found, is_new] = made->try_emplace(kind);
  if (is_new) found->second = MakeSamples(kind);
  return found->second;
}

}  // namespace pickle5

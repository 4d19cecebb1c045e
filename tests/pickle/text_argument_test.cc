#include "pickle/text/text_argument.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "pickle/text/integer_text.h"

namespace pickle5 {
namespace {

using std::string_view_literals::operator""sv;

constexpr uint64_t kDigits = 4300;

std::string Show(const std::optional<ErrorCode>& error,
                 const std::string& otherwise) {
  return error ? std::string(ErrorCodeName(*error)) : otherwise;
}

std::string Show(const std::optional<ErrorCode>& error, const TextInt& value) {
  if (error) return Show(error, "");
  if (value.is_bool) return value.value == 0 ? "False" : "True";
  return value.is_big ? DecimalFromTwosComplement(value.little_endian)
                      : std::to_string(value.value);
}

constexpr TextIntegers kAnyBase = TextIntegers::kAnyBase;

std::string Int(std::string_view line, Mode mode) {
  TextInt value;
  return Show(ParseInt(line, mode, kDigits, &value), value);
}

std::string Long(std::string_view line, Mode mode) {
  TextInt value;
  return Show(ParseLong(line, mode, kDigits, &value), value);
}

std::string Put(std::string_view line, Mode mode) {
  uint64_t index = 0;
  const std::optional<ErrorCode> error = ParsePutIndex(line, mode, &index);
  return Show(error, std::to_string(index));
}

std::string Get(std::string_view line, Mode mode) {
  uint64_t index = 0;
  const std::optional<ErrorCode> error = ParseGetIndex(line, mode, &index);
  return Show(error, std::to_string(index));
}

std::string Float(std::string_view line, Mode mode) {
  double value = 0;
  const std::optional<ErrorCode> error = ParseFloat(line, mode, &value);
  return Show(error, (std::isnan(value) && std::signbit(value) ? "-" : "") +
                         FloatRepr(value));
}

std::string Unescape(std::string_view line) {
  std::string bytes;
  const auto error = UnescapeString(line, Mode::kStrict, &bytes);
  std::string again;
  EXPECT_EQ(UnescapeString(line, Mode::kCompat, &again), error);
  return Show(error, bytes);
}

std::string Unicode(std::string_view line) {
  std::string utf8;
  return Show(DecodeRawUnicodeEscape(line, &utf8), utf8);
}

struct Case {
  std::string_view line;
  std::string_view strict;
  std::string_view compat;
};

TEST(TextArgument, Int) {
  constexpr Case kCases[] = {
      {"0", "0", "0"},
      {"-0", "0", "False"},
      {"00", "False", "False"},
      {"01", "True", "True"},
      {"+1", "E_BAD_INT", "True"},
      {" 1", "E_BAD_INT", "True"},
      {"1 ", "E_BAD_INT", "1"},
      {"001", "E_BAD_INT", "1"},
      {"010", "E_BAD_INT", "8"},
      {"08", "E_BAD_INT", "E_BAD_INT"},
      {"0x10", "E_BAD_INT", "16"},
      {"0X1f", "E_BAD_INT", "31"},
      {"0O17", "E_BAD_INT", "15"},
      {"0B11", "E_BAD_INT", "3"},
      {"-0X1F", "E_BAD_INT", "-31"},
      {"0xg", "E_BAD_INT", "E_BAD_INT"},
      {"0o8", "E_BAD_INT", "E_BAD_INT"},
      {"0b2", "E_BAD_INT", "E_BAD_INT"},
      {"\t\v\f\r7\t\v\f\r", "E_BAD_INT", "7"},
      {"02", "E_BAD_INT", "2"},
      {"10", "10", "10"},
      {"100000000000000000", "100000000000000000", "100000000000000000"},
      {"0_0", "E_BAD_INT", "0"},
      {"0_1", "E_BAD_INT", "E_BAD_INT"},
      {"0x", "E_BAD_INT", "E_BAD_INT"},
      {"0b1", "E_BAD_INT", "1"},
      {"0o17", "E_BAD_INT", "15"},
      {"1_000", "E_BAD_INT", "1000"},
      {"1__0", "E_BAD_INT", "E_BAD_INT"},
      {"1_", "E_BAD_INT", "E_BAD_INT"},
      {"_1", "E_BAD_INT", "E_BAD_INT"},
      {"0x_f", "E_BAD_INT", "15"},
      {"", "E_BAD_INT", "E_TRUNCATED"},
      {"-", "E_BAD_INT", "E_BAD_INT"},
      {" ", "E_BAD_INT", "E_BAD_INT"},
      {"1L", "E_BAD_INT", "E_BAD_INT"},
      {"12\0x"sv, "E_BAD_INT", "12"},
      {"\0x"sv, "E_BAD_INT", "False"},
      {"-9223372036854775808", "-9223372036854775808", "-9223372036854775808"},
      {"9223372036854775808", "9223372036854775808", "9223372036854775808"},
      {"0xffffffffffffffffff", "E_BAD_INT", "4722366482869645213695"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(Int(c.line, Mode::kStrict), c.strict) << c.line;
    EXPECT_EQ(Int(c.line, Mode::kCompat), c.compat) << c.line;
  }
}

TEST(TextArgument, NumbersThatFitAreNotBig) {
  TextInt value;
  EXPECT_FALSE(value.is_bool);
  EXPECT_FALSE(value.is_big);
  EXPECT_EQ(value.value, 0);
  struct {
    std::string_view line;
    bool is_big;
  } constexpr kCases[] = {{"9223372036854775807", false},
                          {"9223372036854775808", true},
                          {"-9223372036854775808", false},
                          {"-9223372036854775809", true},
                          {"1", false}};
  for (const auto& c : kCases) {
    for (const Mode mode : {Mode::kStrict, Mode::kCompat}) {
      for (const auto parse : {ParseInt, ParseLong}) {
        ASSERT_EQ(parse(c.line, mode, kDigits, &value, kAnyBase), std::nullopt);
        EXPECT_EQ(value.is_big, c.is_big) << c.line;
        EXPECT_FALSE(value.is_bool) << c.line;
      }
    }
    if (c.line == "1") continue;
    value.is_big = false;
    value.is_bool = true;
    ASSERT_EQ(ParseInt(c.line, Mode::kCompat, kDigits, &value), std::nullopt);
    EXPECT_FALSE(value.is_bool) << c.line;
  }
}

TEST(TextArgument, BoolsAreNotBig) {
  for (const Mode mode : {Mode::kStrict, Mode::kCompat}) {
    TextInt value;
    value.is_big = true;
    ASSERT_EQ(ParseInt("01", mode, kDigits, &value), std::nullopt);
    EXPECT_TRUE(value.is_bool);
    EXPECT_FALSE(value.is_big);
    EXPECT_EQ(value.value, 1);
    ASSERT_EQ(ParseInt("2", mode, kDigits, &value), std::nullopt);
    EXPECT_FALSE(value.is_bool);
    ASSERT_EQ(ParseInt("0x123", Mode::kCompat, kDigits, &value), std::nullopt);
    EXPECT_FALSE(value.is_bool);
  }
}

TEST(TextArgument, NothingBehindTheLineIsRead) {
  constexpr std::string_view kLong = "1.5e+5x'\\x41u004100000";
  for (const Mode mode : {Mode::kStrict, Mode::kCompat}) {
    EXPECT_EQ(Float(kLong.substr(0, 1), mode), "1.0");
    EXPECT_EQ(Float(kLong.substr(0, 2), mode), "1.0");
    EXPECT_EQ(Float(kLong.substr(0, 3), mode), "1.5");
    EXPECT_EQ(Float(kLong.substr(0, 4), mode), "E_BAD_FLOAT");
    EXPECT_EQ(Float(kLong.substr(0, 5), mode), "E_BAD_FLOAT");
    EXPECT_EQ(Float(kLong.substr(0, 6), mode), "150000.0");
  }
  constexpr std::string_view kHex = "0x12_34";
  EXPECT_EQ(Int(kHex.substr(0, 1), Mode::kCompat), "0");
  EXPECT_EQ(Int(kHex.substr(0, 2), Mode::kCompat), "E_BAD_INT");
  EXPECT_EQ(Int(kHex.substr(0, 3), Mode::kCompat), "1");
  EXPECT_EQ(Int(kHex.substr(0, 4), Mode::kCompat), "18");
  EXPECT_EQ(Int(kHex.substr(0, 5), Mode::kCompat), "E_BAD_INT");
  EXPECT_EQ(Unicode(std::string_view("\\u0041").substr(0, 5)), "E_BAD_UNICODE");
  EXPECT_EQ(Unicode(std::string_view("\\u0041").substr(0, 1)), "\\");
  EXPECT_EQ(Unescape(std::string_view("'\\1'1'").substr(0, 4)), "\1");
}

TEST(TextArgument, Long) {
  constexpr Case kCases[] = {
      {"0L", "0", "0"},
      {"00L", "E_BAD_INT", "0"},
      {"01", "E_BAD_INT", "E_BAD_INT"},
      {"-12L", "-12", "-12"},
      {"12", "12", "12"},
      {"12LL", "E_BAD_INT", "E_BAD_INT"},
      {"L", "E_BAD_INT", "E_BAD_INT"},
      {"", "E_BAD_INT", "E_TRUNCATED"},
      {" 7 L", "E_BAD_INT", "7"},
      {"-18446744073709551617L", "-18446744073709551617",
       "-18446744073709551617"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(Long(c.line, Mode::kStrict), c.strict) << c.line;
    EXPECT_EQ(Long(c.line, Mode::kCompat), c.compat) << c.line;
  }
}

TEST(TextArgument, ALimitOfDigitsLetsThatManyPass) {
  for (const Mode mode : {Mode::kStrict, Mode::kCompat}) {
    for (const uint64_t limit : {uint64_t{5}, uint64_t{19}, uint64_t{40}}) {
      const std::string digits(limit, '9');
      TextInt value;
      for (const auto parse : {ParseInt, ParseLong}) {
        EXPECT_EQ(parse(digits, mode, limit, &value, kAnyBase), std::nullopt);
        EXPECT_EQ(parse("-" + digits, mode, limit, &value, kAnyBase),
                  std::nullopt);
        EXPECT_EQ(parse("-9" + digits, mode, limit, &value, kAnyBase),
                  ErrorCode::kDigitsLimit);
        EXPECT_EQ(parse("9" + digits + "x", mode, limit, &value, kAnyBase),
                  mode == Mode::kStrict ? ErrorCode::kBadInt
                                        : ErrorCode::kDigitsLimit);
      }
    }
  }
  TextInt value;
  EXPECT_EQ(ParseInt("0x" + std::string(50, 'f'), Mode::kCompat, 5, &value),
            std::nullopt);
}

TEST(TextArgument, MemoIndex) {
  constexpr Case kCases[] = {
      {"0", "0", "0"},
      {"12", "12", "12"},
      {"012", "E_BAD_INT", "12"},
      {" +1_2", "E_BAD_INT", "12"},
      {"0x1", "E_BAD_INT", "E_BAD_INT"},
      {"", "E_BAD_INT", "E_TRUNCATED"},
      {"9223372036854775807", "9223372036854775807", "9223372036854775807"},
      {"9999999999999999999", "9999999999999999999", "E_INDEX"},
      {"18446744073709551616", "E_BAD_INT", "E_INDEX"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(Put(c.line, Mode::kStrict), c.strict) << c.line;
    EXPECT_EQ(Get(c.line, Mode::kStrict), c.strict) << c.line;
    EXPECT_EQ(Put(c.line, Mode::kCompat), c.compat) << c.line;
    EXPECT_EQ(Get(c.line, Mode::kCompat), c.compat) << c.line;
  }
}

TEST(TextArgument, NegativeIndexesAreReadByGetAndRefusedByPut) {
  EXPECT_EQ(Put("-1", Mode::kCompat), "E_BAD_INT");
  EXPECT_EQ(Get("-1", Mode::kCompat), "18446744073709551615");
  EXPECT_EQ(Put("-9223372036854775809", Mode::kCompat), "E_INDEX");
  EXPECT_EQ(Get("-9223372036854775809", Mode::kCompat), "E_INDEX");
  EXPECT_EQ(Get("-1", Mode::kStrict), "E_BAD_INT");
}

TEST(TextArgument, Float) {
  constexpr Case kCases[] = {
      {"1.5", "1.5", "1.5"},
      {"-0.0", "-0.0", "-0.0"},
      {"+.5e1", "5.0", "5.0"},
      {"5.", "5.0", "5.0"},
      {".", "E_BAD_FLOAT", "E_BAD_FLOAT"},
      {"1e", "E_BAD_FLOAT", "E_BAD_FLOAT"},
      {"1e+", "E_BAD_FLOAT", "E_BAD_FLOAT"},
      {" 1", "E_BAD_FLOAT", "E_BAD_FLOAT"},
      {"1_0", "E_BAD_FLOAT", "E_BAD_FLOAT"},
      {"0x1p3", "E_BAD_FLOAT", "E_BAD_FLOAT"},
      {"--1", "E_BAD_FLOAT", "E_BAD_FLOAT"},
      {"", "E_BAD_FLOAT", "E_TRUNCATED"},
      {"1.5\0x"sv, "E_BAD_FLOAT", "1.5"},
      {"\0"sv, "E_BAD_FLOAT", "E_BAD_FLOAT"},
      {"iNf", "inf", "inf"},
      {"-Infinity", "-inf", "-inf"},
      {"infinit", "E_BAD_FLOAT", "E_BAD_FLOAT"},
      {"NaN", "nan", "nan"},
      {"-nan", "-nan", "-nan"},
      {"nan(1)", "E_BAD_FLOAT", "E_BAD_FLOAT"},
      {"1e400", "E_FLOAT_RANGE", "E_FLOAT_RANGE"},
      {"-1e99999999999999999999", "E_FLOAT_RANGE", "E_FLOAT_RANGE"},
      {"1.7976931348623158e308", "1.7976931348623157e+308",
       "1.7976931348623157e+308"},
      {"1.7976931348623159e308", "E_FLOAT_RANGE", "E_FLOAT_RANGE"},
      {"1e-400", "0.0", "0.0"},
      {"-1e-99999999999999999999", "-0.0", "-0.0"},
      {"0e99999999999999999999", "0.0", "0.0"},
      {"2.4703282292062328e-324", "5e-324", "5e-324"},
      {"2.4703282292062327e-324", "0.0", "0.0"},
      {"9007199254740993", "9007199254740992.0", "9007199254740992.0"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(Float(c.line, Mode::kStrict), c.strict) << c.line;
    EXPECT_EQ(Float(c.line, Mode::kCompat), c.compat) << c.line;
  }
}

TEST(TextArgument, FloatReprIsThatOfPython) {
  EXPECT_EQ(FloatRepr(0.0), "0.0");
  EXPECT_EQ(FloatRepr(-0.0), "-0.0");
  EXPECT_EQ(FloatRepr(1.0), "1.0");
  EXPECT_EQ(FloatRepr(0.1), "0.1");
  EXPECT_EQ(FloatRepr(123.456), "123.456");
  EXPECT_EQ(FloatRepr(1e15), "1000000000000000.0");
  EXPECT_EQ(FloatRepr(1e16), "1e+16");
  EXPECT_EQ(FloatRepr(1.5e16), "1.5e+16");
  EXPECT_EQ(FloatRepr(1e22), "1e+22");
  EXPECT_EQ(FloatRepr(1e100), "1e+100");
  EXPECT_EQ(FloatRepr(0.0001), "0.0001");
  EXPECT_EQ(FloatRepr(0.00001), "1e-05");
  EXPECT_EQ(FloatRepr(-0.000123), "-0.000123");
  EXPECT_EQ(FloatRepr(5e-324), "5e-324");
  EXPECT_EQ(FloatRepr(std::numeric_limits<double>::max()),
            "1.7976931348623157e+308");
  EXPECT_EQ(FloatRepr(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(FloatRepr(std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(TextArgument, FloatReprReadsBackToTheSameBits) {
  uint64_t bits = 1;
  for (int i = 0; i < 20'000; ++i) {
    bits = bits * 6364136223846793005 + 1442695040888963407;
    const auto value = std::bit_cast<double>(bits);
    if (std::isnan(value)) continue;
    double back = 0;
    ASSERT_EQ(ParseFloat(FloatRepr(value), Mode::kStrict, &back), std::nullopt);
    ASSERT_EQ(std::bit_cast<uint64_t>(back), bits);
  }
}

TEST(TextArgument, StringNeedsEqualQuotesAtBothEnds) {
  EXPECT_EQ(Unescape("''"), "");
  EXPECT_EQ(Unescape("'it's'"), "it's");
  EXPECT_EQ(Unescape("\"a\0b\""sv), "a\0b"sv);
  for (const std::string_view line : {"", "'", "abc", "'a\"", "'a' ", " 'a'"}) {
    EXPECT_EQ(Unescape(line), "E_BAD_STRING") << line;
  }
}

TEST(TextArgument, StringEscapesAreThoseOfPython) {
  EXPECT_EQ(Unescape(R"('\a\b\f\n\r\t\v\\\'\"')"), "\a\b\f\n\r\t\v\\'\"");
  EXPECT_EQ(Unescape(R"('\x41\xfF')"), "A\xff");
  EXPECT_EQ(Unescape(R"('\101\1018\0')"), "AA8\0"sv);
  EXPECT_EQ(Unescape(R"('\777')"), "\xff");
  EXPECT_EQ(Unescape(R"('\18\489')"),
            "\1"
            "8\4"
            "89");
  EXPECT_EQ(Unescape(R"('\7\77\1234')"),
            "\7\77\123"
            "4");
  EXPECT_EQ(Unescape(R"('\q\8\u0041')"), R"(\q\8\u0041)");
  EXPECT_EQ(Unescape("'\\\xff'"), "\\\xff");
  EXPECT_EQ(Unescape(R"('\x4')"), "E_BAD_STRING");
  EXPECT_EQ(Unescape(R"('\x4g')"), "E_BAD_STRING");
  EXPECT_EQ(Unescape(R"('a\')"), "E_BAD_STRING");
}

TEST(TextArgument, UnicodeIsRawUnicodeEscape) {
  EXPECT_EQ(Unicode(""), "");
  EXPECT_EQ(Unicode("a\xe4\0b"sv), "a\xc3\xa4\0b"sv);
  EXPECT_EQ(Unicode(R"(\u4e2d\U0001f600)"), "\xe4\xb8\xad\xf0\x9f\x98\x80");
  EXPECT_EQ(Unicode(R"(\ud83d\ude00)"), "\xed\xa0\xbd\xed\xb8\x80");
  EXPECT_EQ(Unicode(R"(\\u0041\\\u0041)"), R"(\\u0041\\A)");
  EXPECT_EQ(Unicode(R"(\n\x41\)"), R"(\n\x41\)");
  EXPECT_EQ(Unicode("\\\xff"), "\\\xc3\xbf");
  EXPECT_EQ(Unicode(R"(\U0010ffff)"), "\xf4\x8f\xbf\xbf");
  EXPECT_EQ(Unicode(R"(\u004)"), "E_BAD_UNICODE");
  EXPECT_EQ(Unicode(R"(\u004g)"), "E_BAD_UNICODE");
  EXPECT_EQ(Unicode(R"(\U00110000)"), "E_BAD_UNICODE");
  EXPECT_EQ(Unicode(R"(\u)"), "E_BAD_UNICODE");
}

TEST(TextArgument, RawUnicodeEscapeIsThatOfTheCPickler) {
  std::string line = "V";
  AppendRawUnicodeEscape(
      "a\\\n\r\0\x1a'\x7f\xc2\x80\xc3\xbf\xc4\x80"
      "\xed\xa0\x80\xf0\x9f\x98\x80"sv,
      &line);
  EXPECT_EQ(line,
            "Va\\u005c\\u000a\\u000d\\u0000\\u001a'\x7f\x80\xff\\u0100"
            "\\ud800\\U0001f600");
  EXPECT_EQ(Unicode(line.substr(1)),
            "a\\\n\r\0\x1a'\x7f\xc2\x80\xc3\xbf\xc4\x80"
            "\xed\xa0\x80\xf0\x9f\x98\x80"sv);
}

TEST(TextArgument, Python2StringsAreDecodedStrictly) {
  const auto decode = [](std::string_view bytes, StringEncoding encoding) {
    std::string out = "old";
    return Show(DecodePython2String(bytes, encoding, &out), out);
  };
  EXPECT_EQ(decode("abc", StringEncoding::kAscii), "abc");
  EXPECT_EQ(decode("\xe4", StringEncoding::kAscii), "E_ENCODING");
  EXPECT_EQ(decode("a\xe4", StringEncoding::kLatin1), "a\xc3\xa4");
  EXPECT_EQ(decode("\xc3\xa4", StringEncoding::kUtf8), "\xc3\xa4");
  EXPECT_EQ(decode("\xe4", StringEncoding::kUtf8), "E_ENCODING");
  EXPECT_EQ(decode("\xed\xa0\x80", StringEncoding::kUtf8), "E_ENCODING");
  EXPECT_EQ(decode("\xe4", StringEncoding::kBytes), "\xe4");
}

TEST(TextArgument, IntegersOfLaterPythonsAreDecimal) {
  const auto read = [](std::string_view line, TextIntegers integers) {
    TextInt number;
    return Show(ParseInt(line, Mode::kCompat, kDigits, &number, integers),
                number);
  };
  const auto read_long = [](std::string_view line, TextIntegers integers) {
    TextInt number;
    return Show(ParseLong(line, Mode::kCompat, kDigits, &number, integers),
                number);
  };
  const TextIntegers decimal = TextIntegers::kDecimal;
  const TextIntegers literal = TextIntegers::kDecimalAndLiteralBools;
  for (const TextIntegers integers : {decimal, literal}) {
    EXPECT_EQ(read("010", integers), "10");
    EXPECT_EQ(read("-0010", integers), "-10");
    EXPECT_EQ(read("08000000000000000000000000", integers),
              "8000000000000000000000000");
    EXPECT_EQ(read("1_0", integers), "10");
    EXPECT_EQ(read(" 2 ", integers), "2");
    for (const char* line : {"0x10", "0b10", "0o10", "x", "0x", "_1"}) {
      EXPECT_EQ(read(line, integers), "E_BAD_INT") << line;
      EXPECT_EQ(read_long(line, integers), "E_BAD_INT") << line;
    }
    EXPECT_EQ(read_long("010L", integers), "10");
    EXPECT_EQ(read_long("0_8", integers), "8");
    EXPECT_EQ(read("00", integers), "False");
    EXPECT_EQ(read("01", integers), "True");
    EXPECT_EQ(read("02", integers), "2");
    EXPECT_EQ(read("001", integers), "1");
  }
  for (const char* line : {"+0", " 0", "-0"}) {
    EXPECT_EQ(read(line, decimal), "False") << line;
    EXPECT_EQ(read(line, literal), "0") << line;
  }
  EXPECT_EQ(read("+1", decimal), "True");
  EXPECT_EQ(read("+1", literal), "1");
  EXPECT_EQ(read("0x10", kAnyBase), "16");
  EXPECT_EQ(read("010", kAnyBase), "8");
}

}  // namespace
}  // namespace pickle5

#include "pickle/text/integer_text.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace pickle5 {
namespace {

using std::string_view_literals::operator""sv;

struct Case {
  std::string_view decimal;
  std::string_view little_endian;  // shortest
  uint64_t bit_length;
};

constexpr Case kCases[] = {
    {"0", ""sv, 0},
    {"1", "\x01"sv, 1},
    {"127", "\x7f"sv, 7},
    {"128", "\x80\x00"sv, 8},
    {"255", "\xff\x00"sv, 8},
    {"256", "\x00\x01"sv, 9},
    {"-1", "\xff"sv, 1},
    {"-128", "\x80"sv, 8},
    {"-129", "\x7f\xff"sv, 8},
    {"-256", "\x00\xff"sv, 9},
    {"-257", "\xff\xfe"sv, 9},
    {"9223372036854775807", "\xff\xff\xff\xff\xff\xff\xff\x7f"sv, 63},
    {"-9223372036854775808", "\x00\x00\x00\x00\x00\x00\x00\x80"sv, 64},
    {"9223372036854775808", "\x00\x00\x00\x00\x00\x00\x00\x80\x00"sv, 64},
    {"-9223372036854775809", "\xff\xff\xff\xff\xff\xff\xff\x7f\xff"sv, 64},
    {"-18446744073709551616", "\x00\x00\x00\x00\x00\x00\x00\x00\xff"sv, 65},
    {"-340282366920938463463374607431768211456",
     "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff"sv, 129},
};

std::string Parse(std::string_view decimal) {
  const bool negative = decimal.front() == '-';
  return TwosComplementFromDecimal(decimal.substr(negative ? 1 : 0), negative);
}

TEST(IntegerText, DecimalAndTwosComplementAreThoseOfPython) {
  for (const Case& c : kCases) {
    EXPECT_EQ(Parse(c.decimal), c.little_endian) << c.decimal;
    EXPECT_EQ(DecimalFromTwosComplement(c.little_endian), c.decimal);
    EXPECT_EQ(BitLength(c.little_endian), c.bit_length) << c.decimal;
  }
}

TEST(IntegerText, LongerFormsMeanTheSame) {
  for (const Case& c : kCases) {
    const char sign = c.decimal.front() == '-' ? '\xff' : '\0';
    const std::string longer =
        std::string(c.little_endian) + std::string(5, sign);
    EXPECT_EQ(ShortestTwosComplement(longer), c.little_endian) << c.decimal;
    EXPECT_EQ(DecimalFromTwosComplement(longer), c.decimal);
    EXPECT_EQ(BitLength(longer), c.bit_length) << c.decimal;
  }
}

TEST(IntegerText, NothingInFrontOfTheBytesIsRead) {
  for (const char before : {'\0', '\xff', '\x80', '\x7f'}) {
    for (const char byte : {'\xff', '\x80', '\x7f', '\x01'}) {
      const std::string bytes = {before, before, byte};
      EXPECT_EQ(ShortestTwosComplement(std::string_view(bytes).substr(2)),
                std::string(1, byte));
      EXPECT_EQ(ShortestTwosComplement(std::string_view(bytes).substr(3)), "");
    }
  }
}

TEST(IntegerText, HexOctalAndBinaryOfEveryLengthMeanTheSame) {
  for (int size = 1; size <= 60; ++size) {
    // The same number three times: 7 in every octal digit.
    const std::string octal(static_cast<size_t>(size), '7');
    const std::string binary(static_cast<size_t>(3 * size), '1');
    for (const bool negative : {false, true}) {
      const std::string wanted =
          TwosComplementFromHexOctBin(binary, 2, negative);
      EXPECT_EQ(TwosComplementFromHexOctBin(octal, 8, negative), wanted);
      if (size % 4 == 0) {
        const std::string hex(static_cast<size_t>(3 * size / 4), 'F');
        EXPECT_EQ(TwosComplementFromHexOctBin(hex, 16, negative), wanted);
      }
      EXPECT_EQ(BitLength(wanted), static_cast<uint64_t>(3 * size));
      EXPECT_EQ(Parse((negative ? "-" : "") +
                      DecimalFromTwosComplement(wanted).substr(negative)),
                wanted);
    }
  }
}

TEST(IntegerText, MachineIntegersAreTheOnesOfUpToEightBytes) {
  for (const Case& c : kCases) {
    const std::optional<int64_t> value =
        Int64FromTwosComplement(c.little_endian);
    ASSERT_EQ(value.has_value(), c.little_endian.size() <= 8) << c.decimal;
    if (!value) continue;
    EXPECT_EQ(std::to_string(*value), c.decimal);
    EXPECT_EQ(TwosComplementFromInt64(*value), c.little_endian);
  }
}

TEST(IntegerText, HexOctalAndBinaryAgreeWithDecimal) {
  EXPECT_EQ(TwosComplementFromHexOctBin("1fFffFffFffFffFff", 16, false),
            Parse("36893488147419103231"));
  EXPECT_EQ(TwosComplementFromHexOctBin("3777777777777777777777", 8, true),
            Parse("-36893488147419103231"));
  EXPECT_EQ(TwosComplementFromHexOctBin("100000000", 2, true), Parse("-256"));
  EXPECT_EQ(TwosComplementFromHexOctBin("0000", 16, true), "");
  EXPECT_EQ(TwosComplementFromHexOctBin("080", 16, true), "\x80");
}

TEST(IntegerText, LeadingZerosDoNotCount) {
  EXPECT_EQ(TwosComplementFromDecimal("000", true), "");
  EXPECT_EQ(TwosComplementFromDecimal(std::string(5000, '0') + "7", false),
            "\x07");
}

// Sizes on both sides of every change of algorithm; ...0, ...1 and 9... are the
// ends of what a quotient may be.
TEST(IntegerText, PowersOfTenAndTheirNeighboursSurviveTheRoundTrip) {
  for (const size_t zeros : {575u, 576u, 577u, 1151u, 1152u, 1153u, 2303u,
                             2304u, 4607u, 4608u, 4609u, 9216u, 36864u}) {
    for (const std::string& digits :
         {"1" + std::string(zeros, '0'),
          "1" + std::string(zeros - 1, '0') + "1", std::string(zeros, '9'),
          "5" + std::string(zeros, '9')}) {
      EXPECT_EQ(DecimalFromTwosComplement(Parse(digits)), digits);
      EXPECT_EQ(DecimalFromTwosComplement(Parse("-" + digits)), "-" + digits);
    }
  }
}

TEST(IntegerText, HundredThousandDigitsSurviveTheRoundTrip) {
  std::string digits(100'000, '0');
  uint32_t seed = 1;
  for (char& digit : digits) {
    seed = seed * 1664525 + 1013904223;
    digit = static_cast<char>('1' + (seed >> 24) % 9);
  }
  const std::string bytes = Parse(digits);
  EXPECT_EQ(DecimalFromTwosComplement(bytes), digits);
  // 10**99999 has 332190 bits.
  EXPECT_GE(BitLength(bytes), 332190u);
  EXPECT_LE(BitLength(bytes), 332193u);
}

// Binary is converted without cpp_int, so that it checks the decimal side.
TEST(IntegerText, PowersOfTwoHaveTheirKnownDigits) {
  const std::string two_to_the_10000 =
      TwosComplementFromHexOctBin("1" + std::string(2500, '0'), 16, false);
  const std::string digits = DecimalFromTwosComplement(two_to_the_10000);
  EXPECT_EQ(digits.size(), 3011u);
  EXPECT_EQ(digits.substr(0, 20), "19950631168807583848");
  EXPECT_EQ(digits.substr(3000), "92596709376");
  EXPECT_EQ(Parse(digits), two_to_the_10000);
}

TEST(IntegerText, DigitValueKnowsAllBases) {
  EXPECT_EQ(DigitValue('0'), 0);
  EXPECT_EQ(DigitValue('9'), 9);
  EXPECT_EQ(DigitValue('a'), 10);
  EXPECT_EQ(DigitValue('Z'), 35);
  for (const char c : "/:@[`{_ \xe1"sv) EXPECT_EQ(DigitValue(c), kNotADigit);
}

TEST(IntegerText, LiteralsOfHugeIntsAreHexadecimal) {
  EXPECT_EQ(IntLiteral(TwosComplementFromInt64(-1234)), "-1234");
  std::string two_to_the_big(1 << 17, '\0');
  EXPECT_EQ(IntLiteral(two_to_the_big + '\1'),
            "0x1" + std::string(1 << 18, '0'));
  EXPECT_EQ(IntLiteral(two_to_the_big + '\xff'),
            "-0x1" + std::string(1 << 18, '0'));
}

}  // namespace
}  // namespace pickle5

#include "pickle/inspect/argument_value.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "pickle/protocol/scanner.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

ArgumentValue ValueOf(std::string_view opcode) {
  Scanner scanner(opcode);
  Token token;
  EXPECT_EQ(scanner.Next(token), Scanner::Result::kToken) << opcode;
  return ArgumentValue::Decode(token);
}

std::string ReprOf(std::string_view opcode) {
  std::string repr;
  ValueOf(opcode).AppendRepr(&repr);
  return repr;
}

std::string JsonOf(std::string_view opcode) {
  std::string json;
  ValueOf(opcode).AppendJson(&json);
  return json;
}

TEST(ArgumentValue, NumbersReadAsPickletools) {
  EXPECT_EQ(ReprOf("I01\n"), "True");
  EXPECT_EQ(ReprOf("I00\n"), "False");
  EXPECT_EQ(ReprOf("I-007\n"), "-7");
  EXPECT_EQ(ReprOf("I-0\n"), "0");
  EXPECT_EQ(ReprOf("I 1_0 \n"), "10");
  EXPECT_EQ(ReprOf("I\t\v\f\r7\t\v\f\r\n"), "7");
  EXPECT_EQ(ReprOf("I+5\n"), "5");
  EXPECT_EQ(ReprOf("I-010\n"), "-10");
  EXPECT_EQ(ReprOf("L010L\n"), "10");
  EXPECT_EQ(ReprOf("L-010\n"), "-10");
  EXPECT_EQ(ReprOf("L0x1fL\n"), "31");
  EXPECT_EQ(ReprOf("L\n"), "''");
  EXPECT_EQ(ReprOf("LL\n"), "'L'");
  EXPECT_EQ(ReprOf("L01\n"), "1");
  EXPECT_EQ(ReprOf("I+010\n"), "10");
  EXPECT_EQ(ReprOf("I0_10\n"), "10");
  EXPECT_EQ(ReprOf("I1__0\n"), "'1__0'");
  EXPECT_EQ(ReprOf("I1_\n"), "'1_'");
  EXPECT_EQ(ReprOf("I\n"), "''");
  EXPECT_EQ(ReprOf("I90\n"), "90");
  EXPECT_EQ(ReprOf("L12345678901234567890L\n"), "12345678901234567890");
  EXPECT_EQ(ReprOf("J\xff\xff\xff\xff"), "-1");
  EXPECT_EQ(ReprOf("r\xff\xff\xff\xff"), "4294967295");
  EXPECT_EQ(ReprOf("\x8a\x02\x00\x80"s), "-32768");
  EXPECT_EQ(ReprOf("\x8a\x00"s), "0");
  EXPECT_EQ(ReprOf("F1e3\n"), "1000.0");
  EXPECT_EQ(ReprOf("F-1e999\n"), "-inf");
  EXPECT_EQ(ReprOf("F1e999\n"), "inf");
  EXPECT_EQ(ReprOf("F\t 1.5 \r\n"), "1.5");
  EXPECT_EQ(ReprOf("F\b1.5\n"), "'\\x081.5'");
  EXPECT_EQ(ReprOf("F1.5\x0e\n"), "'1.5\\x0e'");
  EXPECT_EQ(ReprOf("G\x3f\xf8\x00\x00\x00\x00\x00\x00"s), "1.5");
}

TEST(ArgumentValue, TextReadsAsPickletools) {
  EXPECT_EQ(ReprOf("S'a\\x41\\n'\n"), "'aA\\n'");
  EXPECT_EQ(ReprOf("U\x02\xe9z"), "'\xc3\xa9z'");
  EXPECT_EQ(ReprOf("V\\u20ac\xe9\n"), "'\xe2\x82\xac\xc3\xa9'");
  EXPECT_EQ(ReprOf("\x8c\x03\xed\xa0\x80"), "'\\ud800'");
  EXPECT_EQ(ReprOf("cmod\nname\n"), "'mod name'");
  EXPECT_EQ(ReprOf("C\x02\x00'"s), "b\"\\x00'\"");
  EXPECT_EQ(ReprOf("\x96\x01\x00\x00\x00\x00\x00\x00\x00z"s),
            "bytearray(b'z')");
  EXPECT_EQ(ReprOf("N"), "");
}

TEST(ArgumentValue, WhatPickletoolsCannotReadSaysSomething) {
  EXPECT_EQ(ReprOf("S'\xff'\n"), "'\xc3\xbf'");
  EXPECT_EQ(ReprOf("Sunquoted\n"), "'unquoted'");
  EXPECT_EQ(ReprOf("cm\nKlasse\xc3\xa9\n"), "'m Klasse\xc3\xa9'");
  EXPECT_EQ(ReprOf("cm\n\xe9\n"), "'m \xc3\xa9'");
  EXPECT_EQ(ReprOf("Pid\\n\n"), "'id\\n'");
  EXPECT_EQ(ReprOf("Pid\\x\n"), "'id\\\\x'");
  EXPECT_EQ(ReprOf("I0x10\n"), "16");
  EXPECT_EQ(ReprOf("L0x123456789abcdef01L\n"), "20988295479420645121");
  EXPECT_EQ(ReprOf("Inothing\n"), "'nothing'");
  EXPECT_EQ(ReprOf("Fnothing\n"), "'nothing'");
  EXPECT_EQ(ReprOf("V\\u12\n"), "'\\\\u12'");
  EXPECT_EQ(ReprOf("\x8c\x01\xff"), "b'\\xff'");
}

TEST(ArgumentValue, HugeIntsAreHexadecimal) {
  const std::string zeros((1 << 17), '\0');
  // -(16**(2**18 + 1) - 255): the negation carries into the second byte only.
  EXPECT_EQ(ReprOf("\x8b\x01\x00\x02\x00"s + "\xff" +
                   std::string((1 << 17) - 1, '\0') + "\xf0"),
            "-0xf" + std::string((2 << 17) - 2, 'f') + "01");
  const std::string length("\x01\x00\x02\x00"s);  // 2**17 + 1
  EXPECT_EQ(ReprOf("\x8b" + length + zeros + "\x01"),
            "0x1" + std::string(2 << 17, '0'));
  EXPECT_EQ(ReprOf("\x8b" + length + zeros + "\xff"),
            "-0x1" + std::string(2 << 17, '0'));
  EXPECT_EQ(JsonOf("\x8b" + length + zeros + "\x01"),
            "\"0x1" + std::string(2 << 17, '0') + "\"");
}

TEST(ArgumentValue, JsonTellsTypesApart) {
  EXPECT_EQ(JsonOf("N"), "null");
  EXPECT_EQ(JsonOf("I01\n"), "true");
  EXPECT_EQ(JsonOf("K\x07"), "7");
  EXPECT_EQ(JsonOf("F0.5\n"), "0.5");
  EXPECT_EQ(JsonOf("Finf\n"), "\"inf\"");
  EXPECT_EQ(JsonOf("\x8c\x03\xed\xa0\x80"), "\"\\ud800\"");
  EXPECT_EQ(JsonOf("\x8c\x02\xc3\xa9"), "\"\\u00e9\"");
  EXPECT_EQ(JsonOf("I00\n"), "false");
  EXPECT_EQ(JsonOf("C\x02\x00\xff"s), "{\"bytes\": \"00ff\"}");
  EXPECT_EQ(JsonOf("\x96\x01\x00\x00\x00\x00\x00\x00\x00z"s),
            "{\"bytearray\": \"7a\"}");
}

TEST(ArgumentValue, FreshOneIsNoneAndFalse) {
  const ArgumentValue value;
  EXPECT_EQ(value.type(), ArgumentValue::Type::kNone);
  EXPECT_FALSE(value.boolean());
  EXPECT_EQ(value.floating(), 0);
  EXPECT_EQ(value.text(), "");
}

TEST(ArgumentValue, MemoIndexesAreUnsigned) {
  EXPECT_EQ(ValueOf("p12\n").AsUint64(), 12u);
  EXPECT_EQ(ValueOf("g01\n").AsUint64(), 1u);
  EXPECT_EQ(ValueOf("g-1\n").AsUint64(), std::nullopt);
  EXPECT_EQ(ValueOf("I00\n").AsUint64(), 0u);
  EXPECT_EQ(ValueOf("I01\n").AsUint64(), 1u);
  EXPECT_EQ(ValueOf("K\x07").AsUint64(), 7u);
  EXPECT_EQ(ValueOf("F7.0\n").AsUint64(), std::nullopt);
  EXPECT_EQ(ValueOf("gx\n").AsUint64(), std::nullopt);
}

}  // namespace
}  // namespace pickle5

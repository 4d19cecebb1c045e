#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "pickle/numpy/npy_header.h"
#include "pickle/value/document.h"
#include "pickle/value/repr.h"

namespace pickle5::internal {
namespace {

// "none" for what is no literal.
std::string Parsed(std::string_view literal) {
  Document document;
  const Value value = ParsePythonLiteral(literal, document);
  return value.is_null() ? "none" : Repr(value);
}

TEST(PythonLiteral, IsRead) {
  using std::string_view_literals::operator""sv;
  for (const auto& [literal, repr] :
       {std::pair("1"sv, "1"sv),
        {" -12 ", "-12"},
        {"7L", "7"},
        {"True", "True"},
        {"False", "False"},
        {"None", "None"},
        {"'a'", "'a'"},
        {"\"it's\"", "\"it's\""},
        {"()", "()"},
        {"(1)", "1"},
        {"(1,)", "(1,)"},
        {"( 1 , 2 )", "(1, 2)"},
        {"[]", "[]"},
        {"[1, [2],]", "[1, [2]]"},
        {"{}", "{}"},
        {"{'a': 1, 'b': (2, 3), }", "{'a': 1, 'b': (2, 3)}"},
        {R"('\n\r\t\\\'\"')", R"('\n\r\t\\\'"')"},
        {R"('\x41\u0042\U00000043')", "'ABC'"},
        {R"('\xe9')", "'\xc3\xa9'"}}) {
    EXPECT_EQ(Parsed(literal), repr) << literal;
  }
}

TEST(PythonLiteral, WhatIsNoneIsRefused) {
  for (const std::string_view literal : {"",
                                         " ",
                                         "x",
                                         "-",
                                         "1 2",
                                         "99999999999999999999",
                                         "(",
                                         "(1",
                                         "(1 2)",
                                         "(1,,)",
                                         "(x)",
                                         "[1",
                                         "[1 2]",
                                         "{",
                                         "{1}",
                                         "{1:}",
                                         "{1: 2",
                                         "{1: 2 3: 4}",
                                         "{x: 1}",
                                         "{1: x}",
                                         "'",
                                         "'a",
                                         "'a\"",
                                         R"('\)",
                                         R"('\q')",
                                         R"('\x4')",
                                         R"('\x4g')",
                                         R"('\u00')",
                                         R"('\U00110000')",
                                         "1.5",
                                         "b'a'"}) {
    EXPECT_EQ(Parsed(literal), "none") << literal;
  }
}

TEST(PythonLiteral, NestsUpTo32Deep) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(Parsed(nested(32)), nested(32));
  EXPECT_EQ(Parsed(nested(33)), "none");
}

}  // namespace
}  // namespace pickle5::internal

#include "pickle/numpy/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "pickle/value/document.h"
#include "pickle/value/repr.h"

namespace pickle5 {
namespace {

// An .npy file of version 1 (or another) with this header and data.
std::string Npy(const std::string& header, const std::string& data,
                char version = 1) {
  std::string file("\x93NUMPY");
  file += version;
  file += '\0';
  file += static_cast<char>(header.size() & 0xff);
  file += static_cast<char>(header.size() >> 8);
  if (version > 1) file += std::string(2, '\0');
  return file + header + data;
}

std::string ReprOf(const std::string& file) {
  Document document;
  const auto value =
      NpyToValue(Buffer::Borrow(std::string_view(file)), document);
  if (!value.ok()) return std::string(value.status().message());
  return Repr(*value);
}

TEST(Npy, AnArrayIsACallOfNdarray) {
  const std::string file =
      Npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }  \n",
          std::string(16, 'x'));
  EXPECT_TRUE(IsNpy(file));
  EXPECT_EQ(ReprOf(file),
            "numpy.ndarray((1, 2), numpy.dtype('<f8', False, True), "
            "<buffer 0, 16 bytes, readonly>, 0, None, 'C')");
}

TEST(Npy, FortranOrderAndNoDimensions) {
  EXPECT_THAT(ReprOf(Npy("{'descr': '|i1', 'fortran_order': True, "
                         "'shape': ()}",
                         "x")),
              testing::AllOf(testing::HasSubstr("ndarray(()"),
                             testing::HasSubstr("'F')")));
}

TEST(Npy, EveryVersionIsRead) {
  for (const char version : {'\1', '\2', '\3'}) {
    EXPECT_THAT(ReprOf(Npy("{'descr': '<i4', 'fortran_order': False, "
                           "'shape': (1,)}",
                           "abcd", version)),
                testing::HasSubstr("4 bytes"));
  }
}

TEST(Npy, FieldsKeepTheirGaps) {
  EXPECT_THAT(ReprOf(Npy("{'descr': [('a', '<i4'), ('b', '<f8', (2,))], "
                         "'fortran_order': False, 'shape': (1,)}",
                         std::string(20, 'x'))),
              testing::HasSubstr("[('a', '<i4'), ('b', ('<f8', (2,)))]"));
  EXPECT_THAT(
      ReprOf(Npy("{'descr': [('a', '|u1'), ('', '|V3'), ('b', '<i4')], "
                 "'fortran_order': False, 'shape': (1,)}",
                 std::string(8, 'x'))),
      testing::HasSubstr("{'names': ['a', 'b'], 'formats': ['|u1', '<i4'], "
                         "'offsets': [0, 4], 'titles': [None, None], "
                         "'itemsize': 8}"));
}

TEST(Npy, WhatIsNoNpyFileIsRefused) {
  const std::string good = Npy(
      "{'descr': '<i4', 'fortran_order': False, 'shape': (2,)}", "abcdefgh");
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_THAT(ReprOf(good.substr(0, length)),
                testing::Not(testing::HasSubstr("ndarray")))
        << length;
  }
  EXPECT_THAT(ReprOf(Npy("{'descr': '|O', 'fortran_order': False, "
                         "'shape': (1,)}",
                         "abcdefgh")),
              testing::HasSubstr("Python objects"));
  const std::string deep(100, '[');
  for (const std::string header :
       {"", "{", "{'descr': 1, 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<q9', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<i4', 'fortran_order': 0, 'shape': (2,)}",
        "{'descr': '<i4', 'fortran_order': False, 'shape': 2}",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<i4', 'fortran_order': False, "
        "'shape': (9223372036854775807, 4)}",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (2,)} x",
        deep.c_str()}) {
    EXPECT_THAT(ReprOf(Npy(header, "abcdefgh")),
                testing::Not(testing::HasSubstr("ndarray")))
        << header;
  }
}

TEST(Npy, SubarraysTitlesAndUnits) {
  const auto repr_of = [](const std::string& descr, size_t size) {
    return ReprOf(
        Npy("{'descr': " + descr + ", 'fortran_order': False, 'shape': (1,)}",
            std::string(size, 'x')));
  };
  EXPECT_THAT(repr_of("('<i4', (2, 3))", 24),
              testing::HasSubstr("numpy.dtype(('<i4', (2, 3)), "));
  EXPECT_THAT(repr_of("('<i4', 5)", 20),
              testing::HasSubstr("numpy.dtype(('<i4', 5), "));
  EXPECT_THAT(repr_of("[(('Title', 'a'), '<i4')]", 4),
              testing::HasSubstr("[(('Title', 'a'), '<i4')]"));
  EXPECT_THAT(repr_of("[(('Title', 'a'), '|u1'), ('', '|V3')]", 4),
              testing::HasSubstr("'titles': ['Title']"));
  EXPECT_THAT(repr_of("'<M8[ns]'", 8), testing::HasSubstr("'<M8[ns]'"));
  EXPECT_THAT(repr_of("'<U2'", 8), testing::HasSubstr("'<U2'"));
  EXPECT_THAT(repr_of("'i4'", 4), testing::HasSubstr("'i4'"));
  EXPECT_THAT(repr_of("'?'", 1), testing::HasSubstr("'?'"));
}

TEST(Npy, ADtypeThatIsNoneIsNamed) {
  const auto message_of = [](const std::string& descr) {
    return ReprOf(
        Npy("{'descr': " + descr + ", 'fortran_order': False, 'shape': (1,)}",
            std::string(8, 'x')));
  };
  for (const auto& [descr, reason] :
       {std::pair("''", "names an empty dtype"),
        {"'<'", "names an empty dtype"},
        {"'<ix'", "dtype has no size"},
        {"'<i-4'", "dtype has no size"},
        {"'|V2147483648'", "dtype is too large"},
        {"('<i4',)", "descr is no dtype"},
        {"('<q8', 2)", "unknown dtype"},
        {"('<i4', (-1,))", "subarray has no shape"},
        {"('<i4', 'x')", "subarray has no shape"},
        {"('<i4', (9223372036854775807, 9))", "subarray has no shape"},
        {"['<i4']", "has a field that is none"},
        {"[('a',)]", "has a field that is none"},
        {"[('a', '<i4', 1, 2)]", "has a field that is none"},
        {"[('a', '<q4')]", "unknown dtype"},
        {"[('a', '<i4', (-1,))]", "subarray has no shape"},
        {"[('a', ('|V2147483647', 4294967296)), "
         "('b', ('|V2147483647', 4294967296)), "
         "('c', ('|V2147483647', 4294967296))]",
         "dtype is too large"}}) {
    EXPECT_THAT(message_of(descr), testing::HasSubstr(reason)) << descr;
  }
}

TEST(Npy, AHeaderIsUtf8FromVersion3On) {
  const std::string header =
      "{'descr': [('\xc3\xa9', '<i4')], 'fortran_order': False, "
      "'shape': (1,)}";
  EXPECT_THAT(ReprOf(Npy(header, "abcd", 3)),
              testing::HasSubstr("('\xc3\xa9', '<i4')"));
  EXPECT_THAT(ReprOf(Npy(header, "abcd", 2)),
              testing::HasSubstr("('\xc3\x83\xc2\xa9', '<i4')"));
  const std::string broken =
      "{'descr': '<i4', 'fortran_order': False, 'shape': (1,)} \xff";
  EXPECT_THAT(ReprOf(Npy(broken, "abcd", 3)), testing::HasSubstr("version"));
  EXPECT_THAT(ReprOf(Npy(header, "abcd", 0)), testing::HasSubstr("version"));
  EXPECT_THAT(ReprOf(Npy(header, "abcd", 4)), testing::HasSubstr("version"));
}

}  // namespace
}  // namespace pickle5

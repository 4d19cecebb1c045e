#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "buffers/bytes/string_byte_writer.h"
#include "pickle/numpy/npy.h"
#include "pickle/value/document.h"

namespace pickle5 {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using std::string_literals::operator""s;

// Opcodes that make numpy.dtype(code, False, True), with a state.
std::string Dtype(const std::string& code, const std::string& state) {
  return "cnumpy\ndtype\n(V" + code + "\n\x89\x88tR(" + state + "tb";
}

// The same of a plain number, its size and alignment being in its code.
std::string Plain(const std::string& code, const std::string& order = "<") {
  return Dtype(code, "K\x03V" + order + "\nNNNI-1\nI-1\nK\0"s);
}

// Of a datetime64 whose unit is such a tuple.
std::string Dates(const std::string& unit) {
  return Dtype("M8", "K\x04V<\nNNNI-1\nI-1\nK\0}"s + unit + "\x86");
}

// Of a dtype of one item of another one's.
std::string Subarray(const std::string& item, const std::string& shape) {
  return Dtype("V8", "K\x03V|\n" + item + shape + "\x86NNK\x08K\x04K\0"s);
}

// Of a structure: ("a", ..) for the names, {name: (dtype, offset)}, and a size.
std::string Structure(const std::string& names, const std::string& fields,
                      const std::string& size) {
  return Dtype(
      "V8", "K\x03V|\nN(" + names + "t}(" + fields + "u" + size + "K\x04K\0"s);
}

std::string Bytes(std::string_view bytes) {
  return "C" + std::string(1, static_cast<char>(bytes.size())) +
         std::string(bytes);
}

// An array as ndarray.__reduce__ makes it.
std::string Reconstructed(const std::string& dtype,
                          const std::string& shape = "K\x01\x85",
                          const std::string& data = Bytes("abcdefgh")) {
  return "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85"s +
         Bytes("b") + "tR(K\x01" + shape + dtype + "\x89" + data + "tb.";
}

// The .npy file of what a pickle holds, or why there is none.
std::string Written(const std::string& pickle) {
  Document document;
  if (const absl::Status status = document.LoadBorrowed(pickle); !status.ok()) {
    return "no pickle: " + std::string(status.message());
  }
  std::string file;
  StringByteWriter writer(&file);
  const absl::Status status = ValueToNpy(document.root(), writer);
  if (!status.ok()) return std::string(status.message());
  EXPECT_TRUE(writer.Flush());
  return file;
}

TEST(NpyWriter, DtypesAreWrittenAsDescr) {
  for (const auto& [dtype, descr] :
       {std::pair(Plain("f8"), "'<f8'"),
        {Plain("f8", ">"), "'>f8'"},
        {Plain("f8", "="), "'<f8'"},
        {Plain("f8", ""), "'<f8'"},
        {Plain(">f8"), "'>f8'"},
        {Plain("=i8"), "'<i8'"},
        {Dates("(Vns\nK\x01K\x01K\x01t"), "'<M8[ns]'"},
        {Dates("(Vns\nK\x19K\x01K\x01t"), "'<M8[25ns]'"},
        {Dates("(C\x02nsK\x01K\x01K\x01t"), "'<M8[ns]'"},
        {Dates("(Vgeneric\nK\x01K\x01K\x01t"), "'<M8'"},
        {Subarray(Plain("i4"), "K\x02\x85"), "('<i4', (2,))"},
        {Subarray(Plain("i2"), "K\x04"), "('<i2', (4,))"},
        {Structure(
             "Va\nVb\n",
             "Va\n" + Plain("i2") + "K\0\x86Vb\n"s + Plain("i4") + "K\x04\x86",
             "K\x08"),
         "[('a', '<i2'), ('', '|V2'), ('b', '<i4'), ]"},
        {Structure("Va\n", "Va\n" + Plain("i4") + "K\0\x86"s, "K\x08"),
         "[('a', '<i4'), ('', '|V4'), ]"}}) {
    EXPECT_THAT(Written(Reconstructed(dtype)),
                HasSubstr(std::string("{'descr': ") + descr +
                          ", 'fortran_order': False, 'shape': (1,), }"))
        << dtype;
  }
}

TEST(NpyWriter, ADtypeThatHasNoDescrIsNamed) {
  std::string deep = Plain("f8");
  for (int i = 0; i < 32; ++i) deep = Subarray(deep, "K\x01\x85");
  const std::string half = "J\xff\xff\xff\x7f";
  for (const auto& [dtype, reason] :
       {std::pair(std::string("N"), "its dtype is none"),
        {std::string("cnumpy\nfloat64\n(Vf8\ntR"), "its dtype is none"},
        {std::string("cnumpy\ndtype\n(K\x01tR"), "its dtype is none"},
        {Plain("O8"), "Python objects"},
        {Plain(""), "Python objects"},
        {Plain("<"), "Python objects"},
        {Plain("fx"), "has no size"},
        {Plain("f"), "has no size"},
        {Subarray(Plain("O8"), "K\x01\x85"), "Python objects"},
        {Subarray(Plain("f8"), "N"), "subarray without shape"},
        {Subarray(Plain("f8"), "I-1\n\x85"), "subarray without shape"},
        {Subarray(Plain("f8"), "(" + half + half + half + "t"),
         "subarray without shape"},
        {deep, "nested too deep"},
        {Structure("Va\n", "Va\n" + Plain("O8") + "K\0\x86"s, "K\x08"),
         "Python objects"},
        {Structure("K\x01", "K\x01" + Plain("i4") + "K\0\x86"s, "K\x08"),
         "a field has no name"},
        {Structure("Va\n", "Va\n" + Plain("i4") + "I-1\n\x86", "K\x08"),
         "not in the order of their offsets"},
        {Structure(
             "Va\nVb\n",
             "Va\n" + Plain("i4") + "K\0\x86Vb\n"s + Plain("i4") + "K\x02\x86",
             "K\x08"),
         "not in the order of their offsets"},
        {Structure("Va\n", "Va\n" + Plain("i8") + "K\0\x86"s, "K\x04"),
         "its dtype has no size"},
        {Structure("Va\n", "Va\n" + Plain("i8") + "K\0\x86"s, "N"),
         "its dtype has no size"}}) {
    EXPECT_THAT(Written(Reconstructed(dtype)), HasSubstr(reason)) << dtype;
  }
}

TEST(NpyWriter, DataMustFitTheShape) {
  const std::string f8 = Plain("f8");
  for (const auto& [shape, data, reason] :
       {std::tuple(std::string("K\x02\x85"), Bytes("abcdefgh"),
                   "its data does not fit its shape"),
        {"I-1\n\x85", Bytes("abcdefgh"), "its shape is none"},
        {"N\x85", Bytes("abcdefgh"), "its shape is none"},
        {"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85", Bytes("abcdefgh"),
         "its shape is none"},
        {"K\x01", Bytes("abcdefgh"), "it holds Python objects"},
        {"K\x01\x85", "]", "it holds Python objects"},
        {"K\x01\x85", "cm\nf\n)R", "it holds Python objects"},
        {"K\x01\x85", "c_codecs\nencode\n(K\x01tR", "it holds Python objects"},
        {"K\x01\x85", "c_codecs\nencode\n(V\\u0100\ntR",
         "it holds Python objects"}}) {
    EXPECT_THAT(Written(Reconstructed(f8, shape, data)), HasSubstr(reason))
        << shape << data;
  }
}

TEST(NpyWriter, BytesOfOldProtocolsAreDecoded) {
  EXPECT_THAT(Written(Reconstructed(Plain("u1"), "K\x03\x85",
                                    "c_codecs\nencode\n(Va\\u00e9\x7f\nVlatin1"
                                    "\ntR")),
              EndsWith("\na\xe9\x7f"));
  EXPECT_THAT(Written(Reconstructed(Plain("u1"), "K\0\x85"s,
                                    "c__builtin__\nbytes\n)R")),
              HasSubstr("'shape': (0,)"));
}

TEST(NpyWriter, EveryWayToMakeAnArrayIsKnown) {
  EXPECT_THAT(
      Written("cnumpy._core.numeric\n_frombuffer\n(" + Bytes("abcdefgh") +
              Plain("i2") + "K\x02K\x02\x86VF\ntR."),
      HasSubstr("'<i2', 'fortran_order': True, 'shape': (2, 2), }"));
  const std::string made =
      "cnumpy\nndarray\n(K\x08\x85" + Plain("u1") + Bytes("abcdefgh");
  for (const std::string& rest : {""s, "K\0"s, "K\0NVC\n"s}) {
    EXPECT_THAT(Written(made + rest + "tR."), EndsWith("\nabcdefgh")) << rest;
  }
  for (const std::string& rest : {"K\x01"s, "K\0K\x01\x85"s}) {
    EXPECT_THAT(Written(made + rest + "tR."), HasSubstr("it is not numpy's"))
        << rest;
  }
  EXPECT_THAT(Written("cm\nndarray\n)R."), HasSubstr("it is not numpy's"));
  EXPECT_THAT(Written("cnumpy\nother\n)R."), HasSubstr("it is not numpy's"));
}

TEST(NpyWriter, AHeaderThatIsNoAsciiOrLongIsOfVersion3) {
  const auto head = [](const std::string& name) {
    return Written(Reconstructed(
        Structure("V" + name + "\n",
                  "V" + name + "\n" + Plain("f8") + "K\0\x86"s, "K\x08")));
  };
  EXPECT_THAT(head("a"), StartsWith("\x93NUMPY\x01"));
  EXPECT_THAT(head("\\u00e9"), StartsWith("\x93NUMPY\x03"));
  EXPECT_THAT(head("\\u00e9"), HasSubstr("('\xc3\xa9', '<f8')"));
  EXPECT_THAT(head(std::string(60000, 'a')), StartsWith("\x93NUMPY\x03"));
}

}  // namespace
}  // namespace pickle5

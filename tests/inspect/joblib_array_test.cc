#include "pickle/inspect/joblib_array.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "pickle/value/document.h"

namespace pickle5::internal {
namespace {

using std::string_literals::operator""s;

constexpr char kUnset[] = "J\xff\xff\xff\xff";  // -1: told by the code

// Opcodes that make a dtype, as NumPy pickles one. By default of 8 bytes.
struct Dtype {
  std::string type = "cnumpy\ndtype\n";
  std::string args = "(Vf8\n\x89\x88t";
  std::string subarray = "N";
  std::string fields = "N";
  std::string size = kUnset;
  std::string flags = "K\0"s;
  std::string more = "";  // items of the state, or opcodes behind it

  std::string Opcodes() const {
    return type + args + "R(K\x03V<\n" + subarray + "N" + fields + size +
           kUnset + flags + more + "tb";
  }
  static Dtype Of(const std::string& code, const std::string& size = kUnset) {
    Dtype dtype;
    dtype.args = "(V" + code + "\n\x89\x88t";
    dtype.size = size;
    return dtype;
  }
  static Dtype WithFields(const std::string& fields) {
    Dtype dtype = Of("V8", "K\x08");
    dtype.fields = fields;
    return dtype;
  }
};

std::string State(const std::string& dtype,
                  const std::string& shape = "K\x03\x85",
                  const std::string& more = "") {
  return "}(Vshape\n" + shape + "Vdtype\n" + dtype + more + "u.";
}

std::optional<JoblibArray> ArrayOf(const std::string& state) {
  Document document;
  EXPECT_TRUE(document.LoadBorrowed(state).ok()) << state;
  return JoblibArrayOf(document.root());
}

TEST(JoblibArray, ItsSizeIsThatOfItsItems) {
  for (const auto& [dtype, size] :
       {std::pair(Dtype(), 24u),
        {Dtype::Of("b1"), 3u},
        {Dtype::Of("i2"), 6u},
        {Dtype::Of("u4"), 12u},
        {Dtype::Of("c16"), 48u},
        {Dtype::Of("m8"), 24u},
        {Dtype::Of("M8"), 24u},
        {Dtype::Of("S5", "K\x05"), 15u},
        {Dtype::Of("U5", "K\x14"), 60u},
        {Dtype::Of("V7", "K\x07"), 21u},
        {Dtype::Of("S0", "K\0"s), 0u},
        {Dtype::Of("U0", "K\0"s), 0u},
        {Dtype::Of("V0", "K\0"s), 0u},
        {Dtype::WithFields("}Va\n(" + Dtype().Opcodes() + "K\0ts"s), 24u}}) {
    const auto array = ArrayOf(State(dtype.Opcodes()));
    ASSERT_TRUE(array.has_value()) << dtype.Opcodes();
    EXPECT_FALSE(array->pickled);
    EXPECT_FALSE(array->padded);
    EXPECT_EQ(array->bytes, size) << dtype.Opcodes();
  }
  EXPECT_EQ(ArrayOf(State(Dtype().Opcodes(), ")"))->bytes, 8u);
  EXPECT_EQ(ArrayOf(State(Dtype().Opcodes(), "K\x02K\x03\x86"))->bytes, 48u);
  EXPECT_TRUE(ArrayOf(State(Dtype::Of("O8").Opcodes()))->pickled);
  EXPECT_TRUE(ArrayOf(State(Dtype().Opcodes(), ")",
                            "Vnumpy_array_alignment_bytes\nK\x10"))
                  ->padded);
  EXPECT_FALSE(
      ArrayOf(State(Dtype().Opcodes(), ")", "Vnumpy_array_alignment_bytes\nN"))
          ->padded);
}

TEST(JoblibArray, ADtypeThatIsNotKnownForSureIsNone) {
  Dtype other_type;
  other_type.type = "cnumpy\ndtypes\n";
  Dtype other_module;
  other_module.type = "cnumpy.core\ndtype\n";
  Dtype no_global;
  no_global.type = "cm\nf\n)R";
  Dtype few_args;
  few_args.args = "(Vf8\nt";
  Dtype no_text;
  no_text.args = "(K\x08\x89\x88t";
  Dtype subarray;
  subarray.subarray = "(NK\x01t";
  Dtype fields;
  fields.fields = "}";
  Dtype flags;
  flags.flags = "K\x01";
  Dtype no_flags;
  no_flags.flags = "N";
  Dtype long_state;
  long_state.more = "NN";
  Dtype two_states;
  two_states.more = "tb(";
  Dtype objects_of_fields = Dtype::Of("O8");
  objects_of_fields.fields = "}";
  Dtype text_of_fields = Dtype::Of("S8", "K\x08");
  text_of_fields.fields = "}";
  Dtype text_of_objects = Dtype::Of("S8", "K\x08");
  text_of_objects.flags = "K\x01";
  for (const Dtype& dtype : {other_type,
                             other_module,
                             no_global,
                             few_args,
                             no_text,
                             subarray,
                             fields,
                             flags,
                             no_flags,
                             long_state,
                             two_states,
                             objects_of_fields,
                             text_of_fields,
                             text_of_objects,
                             Dtype::Of("f8", "K\x08"),
                             Dtype::Of("f8", "N"),
                             Dtype::Of("O4"),
                             Dtype::Of("O8", "K\x08"),
                             Dtype::Of("f33"),
                             Dtype::Of("f0"),
                             Dtype::Of("f"),
                             Dtype::Of(""),
                             Dtype::Of("f8x"),
                             Dtype::Of("fx"),
                             Dtype::Of("<f8"),
                             Dtype::Of("q8"),
                             Dtype::Of("S8", kUnset),
                             Dtype::Of("S8", "K\x07"),
                             Dtype::Of("U2", "K\x02"),
                             Dtype::Of("f99999999999")}) {
    EXPECT_FALSE(ArrayOf(State(dtype.Opcodes())).has_value())
        << dtype.Opcodes();
  }
  for (const char* const dtype :
       {"N", "Vf8\n", "cnumpy\ndtype\n", "cnumpy\ndtype\n(Vf8\n\x89\x88tR",
        "cnumpy\ndtype\n)\x81", "cnumpy\ndtype\n(Vf8\n\x89\x88tR(tb",
        "cnumpy\ndtype\n(Vf8\n\x89\x88tRNb"}) {
    EXPECT_FALSE(ArrayOf(State(dtype)).has_value()) << dtype;
  }
}

TEST(JoblibArray, FieldsMustLieInside) {
  const std::string f8 = Dtype().Opcodes();
  std::string deep = f8;
  for (int i = 0; i < 9; ++i) {
    deep = Dtype::WithFields("}Va\n(" + deep + "K\0ts"s).Opcodes();
  }
  std::string many = "}(";
  for (int i = 0; i < 1001; ++i) {
    many += "V" + std::to_string(i) + "\n(" +
            Dtype::Of("V0", "K\0"s).Opcodes() + "K\0t"s;
  }
  for (const std::string& fields :
       {"]"s, "}K\x01(" + f8 + "K\0ts"s, "}Va\n(" + f8 + "ts", "}Va\n]s"s,
        "}Va\n(NK\0ts"s, "}Va\n(" + f8 + "Nts", "}Va\n(" + f8 + "I-1\nts",
        "}Va\n(" + f8 + "K\x09ts", "}Va\n(" + f8 + "K\x01ts",
        "}Va\n(" + Dtype::Of("O8").Opcodes() + "K\0ts"s,
        "}Va\n(" + deep + "K\0ts"s, many + "u"}) {
    EXPECT_FALSE(
        ArrayOf(State(Dtype::WithFields(fields).Opcodes())).has_value())
        << fields.substr(0, 200);
  }
}

TEST(JoblibArray, AStateThatJoblibWouldNotWriteIsNone) {
  const std::string f8 = Dtype().Opcodes();
  const std::string most = "J\xff\xff\xff\x7f";
  for (const std::string& state :
       {"N."s, "}."s, "}Vshape\n)s."s, "}Vdtype\n" + f8 + "s.",
        State(f8, ")", "Vother\nN"), State(f8, ")", "K\x01N"),
        State(f8, ")", "Vshape\n)"), State(f8, "]"), State(f8, "N\x85"),
        State(f8, "I-1\n\x85"), State(f8, "(" + most + most + most + "t"),
        State(f8, "(" + most + most + "t"),
        State(f8, "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x3f\x85")}) {
    EXPECT_FALSE(ArrayOf(state).has_value()) << state.substr(0, 200);
  }
  EXPECT_TRUE(ArrayOf(State(f8, ")", "Vsubclass\nNVorder\nNVallow_mmap\n\x88"))
                  .has_value());
}

TEST(JoblibArray, TheWrapperHasOneName) {
  for (const auto& [global, is_wrapper] :
       {std::pair("cjoblib.numpy_pickle\nNumpyArrayWrapper\n.", true),
        {"cjoblib.numpy_pickle\nNDArrayWrapper\n.", false},
        {"cjoblib\nNumpyArrayWrapper\n.", false}}) {
    Document document;
    ASSERT_TRUE(document.LoadBorrowed(global).ok());
    EXPECT_EQ(IsJoblibWrapper(document.root()), is_wrapper) << global;
  }
}

}  // namespace
}  // namespace pickle5::internal

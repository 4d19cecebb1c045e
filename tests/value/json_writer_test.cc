#include <cmath>
#include <limits>
#include <string>

#include "buffers/bytes/string_byte_writer.h"
#include "gtest/gtest.h"
#include "pickle/show/json_format.h"
#include "pickle/value/literal.h"
#include "tests/value/graphs.h"

namespace pickle5 {
namespace {

using testing::AddPost;
using testing::Object;
using testing::SetState;

class JsonWriterTest : public ::testing::Test {
 protected:
  static std::string Json(Value value) {
    return ToJson(value).value_or("error");
  }
  static std::string Lossless(Value value) {
    return ToJson(value, {.lossless = true}).value_or("error");
  }

  Document document_;
  Maker make_{&document_};
};

TEST_F(JsonWriterTest, ScalarsAreJsons) {
  EXPECT_EQ(Json(Value::None()), "null");
  EXPECT_EQ(Json(Value::Bool(true)), "true");
  EXPECT_EQ(Json(Value::Int(-3)), "-3");
  EXPECT_EQ(Json(document_.MakeIntFromText("18446744073709551616")),
            "18446744073709551616");
  EXPECT_EQ(Json(Value::Float(1)), "1.0");
  EXPECT_EQ(Json(Value::Float(1e300)), "1e+300");
  EXPECT_EQ(Json(make_.Of("a\"\n")), R"("a\"\n")");
  EXPECT_EQ(Json(make_.Of("\xc3\xa9")), "\"\xc3\xa9\"");
}

TEST_F(JsonWriterTest, NumbersThatJsonHasNotAreTagged) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Json(Value::Float(infinity)), R"({"$float": "inf"})");
  EXPECT_EQ(Json(Value::Float(-infinity)), R"({"$float": "-inf"})");
  EXPECT_EQ(Json(Value::Float(std::numeric_limits<double>::quiet_NaN())),
            R"({"$float": "nan"})");
  EXPECT_EQ(Json(Value::Float(-std::nan(""))),
            R"({"$float": "fff8000000000000"})");
}

TEST_F(JsonWriterTest, BytesAreBase64) {
  EXPECT_EQ(Json(document_.MakeBytes("abcd")), R"({"$bytes": "YWJjZA=="})");
  EXPECT_EQ(Json(document_.MakeByteArray("abc")), R"({"$bytearray": "YWJj"})");
  EXPECT_EQ(Json(document_.MakeStr("\xed\xa0\x80")),
            R"({"$surrogatepass": "7aCA"})");
  const std::string large(200'000, '\0');
  EXPECT_EQ(Json(document_.MakeBytes(large)).size(),
            std::string(R"({"$bytes": ""})").size() + 266'668);
}

TEST_F(JsonWriterTest, ContainersAreArraysAndObjects) {
  EXPECT_EQ(Json(make_.List({1, make_.List({})})), "[1, []]");
  EXPECT_EQ(Json(make_.Tuple({1})), "[1]");
  EXPECT_EQ(Lossless(make_.Tuple({1})), R"({"$tuple": [1]})");
  EXPECT_EQ(Json(make_.Set({1, 1.0})), R"({"$set": [1]})");
  EXPECT_EQ(Lossless(make_.Set({1, 1.0})), R"({"$set": [1, 1.0]})");
  EXPECT_EQ(Json(make_.FrozenSet({})), R"({"$frozenset": []})");
  EXPECT_EQ(Json(make_.Dict({{"a", 1}, {"b", 2}})), R"({"a": 1, "b": 2})");
  EXPECT_EQ(Json(make_.Dict({})), "{}");
}

TEST_F(JsonWriterTest, DictsWithOtherKeysArePairs) {
  EXPECT_EQ(Json(make_.Dict({{1, 2}, {"a", 3}})),
            R"({"$dict": [[1, 2], ["a", 3]]})");
  EXPECT_EQ(Json(make_.Dict({{"$a", 1}})), R"({"$dict": [["$a", 1]]})");
  const Value twice = make_.Dict({{"a", 1}, {"a", 2}});
  EXPECT_EQ(Json(twice), R"({"a": 2})");
  EXPECT_EQ(Lossless(twice), R"({"$dict": [["a", 1], ["a", 2]]})");
}

TEST_F(JsonWriterTest, ObjectsShowTheirParts) {
  EXPECT_EQ(Json(document_.MakeGlobal("m", "C.f")),
            R"({"$global": ["m", "C.f"]})");
  const Value object =
      Object(document_, {Value::Int(1)}, ObjectForm::kNewObjEx);
  SetState(document_, object, Value::Int(2));
  AddPost(document_, object, PostKind::kAppend, {Value::Int(3)});
  AddPost(document_, object, PostKind::kSetItem,
          {Value::Int(4), Value::Int(5)});
  AddPost(document_, object, PostKind::kEffect, {document_.MakeExtension(6)});
  EXPECT_EQ(Json(object),
            R"({"$object": "newobj_ex", "$callable": {"$global": ["m", "C"]}, )"
            R"("$args": [1], "$kwargs": {}, "$posts": [["state", 2], )"
            R"(["append", [3]], ["setitem", [[4, 5]]], )"
            R"(["effect", {"$extension": 6}]]})");
}

TEST_F(JsonWriterTest, LeavesShowWhatTheyName) {
  EXPECT_EQ(Json(document_.MakeExtension(7)), R"({"$extension": 7})");
  EXPECT_EQ(Json(document_.MakePersistentId(Value::Int(1))),
            R"({"$persistent_id": 1})");
  const Value buffer = document_.MakeBuffer(Buffer::Borrow("abc"));
  EXPECT_EQ(Json(buffer), R"({"$buffer": 0, "$readonly": true})");
  EXPECT_EQ(Lossless(buffer),
            R"({"$buffer": 0, "$readonly": true, "$data": "YWJj"})");
}

TEST_F(JsonWriterTest, SharedObjectsAreReferences) {
  const Value list = make_.List({1});
  EXPECT_EQ(Json(make_.List({list, list})),
            R"([{"$id": 1, "$list": [1]}, {"$ref": 1}])");
  const Value tuple = make_.Tuple({1});
  EXPECT_EQ(Json(make_.List({tuple, tuple})),
            R"([{"$id": 1, "$tuple": [1]}, {"$ref": 1}])");
  const Value dict = make_.Dict({{"a", 1}});
  document_.SetItem(dict, make_.Of("self"), dict);
  EXPECT_EQ(Json(dict),
            R"({"$id": 1, "$dict": [["a", 1], ["self", {"$ref": 1}]]})");
  const Value text = document_.MakeStr(std::string(300, 'x'));
  EXPECT_EQ(Json(make_.List({text, text})), R"([{"$id": 1, "$str": ")" +
                                                std::string(300, 'x') +
                                                R"("}, {"$ref": 1}])");
}

TEST_F(JsonWriterTest, LongIntsAreReferences) {
  const std::string digits = "1" + std::string(700, '0');
  const Value number = document_.MakeIntFromText(digits);
  EXPECT_EQ(Json(make_.List({number, number})),
            R"([{"$id": 1, "$int": ")" + digits + R"("}, {"$ref": 1}])");
}

TEST_F(JsonWriterTest, KeysAreNamesUnlessTheyAreReferences) {
  const Value key = document_.MakeStr(std::string(300, 'k'));
  const Value dict = testing::Dict(document_, {key, Value::Int(1)});
  const std::string quoted = '"' + std::string(300, 'k') + '"';
  // Shared with something that is not written.
  make_.List({key});
  EXPECT_EQ(Json(dict), "{" + quoted + ": 1}");
  EXPECT_EQ(Json(make_.List({dict, key})),
            R"([{"$dict": [[{"$id": 1, "$str": )" + quoted +
                R"(}, 1]]}, {"$ref": 1}])");
  EXPECT_EQ(Json(testing::Dict(
                document_, {document_.MakeStr("\xed\xa0\x80"), Value::Int(1)})),
            R"({"$dict": [[{"$surrogatepass": "7aCA"}, 1]]})");
}

TEST_F(JsonWriterTest, BuffersTellWhetherTheyAreReadonlyAndHaveData) {
  EXPECT_EQ(Lossless(document_.MakeBuffer(Buffer::Copy("abc").value())),
            R"({"$buffer": 0, "$readonly": false, "$data": "YWJj"})");
  Document other;
  ReadOptions options;
  options.placeholder_buffers = true;
  ASSERT_TRUE(other.LoadBorrowed("\x97.", options).ok());
  EXPECT_EQ(Lossless(other.root()), R"({"$buffer": 0, "$readonly": false})");
}

TEST_F(JsonWriterTest, AsciiEscapesTheRest) {
  EXPECT_EQ(*ToJson(make_.Of("\xc3\xa9\xf0\x9f\x98\x80\x7f"), {.ascii = true}),
            R"("\u00e9\ud83d\ude00\u007f")");
}

TEST_F(JsonWriterTest, WritersGetTheSame) {
  const Value list = document_.MakeList();
  for (int i = 0; i < 50'000; ++i) document_.Append(list, Value::Int(i));
  std::string text;
  StringByteWriter writer(&text);
  EXPECT_TRUE(WriteJson(list, {}, writer).ok());
  EXPECT_TRUE(writer.Close());
  EXPECT_EQ(text, Json(list));
  for (const Value value : {list, Value::None()}) {
    const absl::Status status = WriteJson(value, {}, writer);
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(status, writer.status());
  }
}

TEST_F(JsonWriterTest, NothingIsNoJson) {
  EXPECT_EQ(ToJson(Value()).status().code(),
            absl::StatusCode::kInvalidArgument);
  std::string text;
  StringByteWriter writer(&text);
  EXPECT_EQ(WriteJson(Value(), {}, writer).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(writer.Close());
  EXPECT_EQ(text, "");
}

}  // namespace
}  // namespace pickle5

#include <string>

#include "gtest/gtest.h"
#include "pickle/show/json_format.h"
#include "pickle/value/equal.h"
#include "pickle/value/literal.h"
#include "pickle/value/repr.h"
#include "tests/value/graphs.h"

namespace pickle5 {
namespace {

using testing::AddPost;
using testing::FrozenSet;
using testing::List;
using testing::Object;
using testing::SetState;
using testing::Tuple;

class JsonReaderTest : public ::testing::Test {
 protected:
  Value Read(std::string_view json, const JsonReadOptions& options = {}) {
    absl::StatusOr<Value> value = FromJson(json, &document_, options);
    EXPECT_TRUE(value.ok()) << value.status() << " of " << json;
    return value.value_or(Value());
  }
  std::string Error(std::string_view json) {
    return std::string(FromJson(json, &document_).status().message());
  }
  // Writes losslessly, reads, and compares.
  void ExpectKept(Value value) {
    const absl::StatusOr<std::string> json = ToJson(value, {.lossless = true});
    ASSERT_TRUE(json.ok()) << json.status();
    Document other;
    const absl::StatusOr<Value> copy = FromJson(*json, &other);
    ASSERT_TRUE(copy.ok()) << copy.status() << " of " << *json;
    EXPECT_TRUE(Identical(value, *copy)) << *json << "\n" << Repr(*copy);
  }

  Document document_;
  Maker make_{&document_};
};

TEST_F(JsonReaderTest, PlainJsonIsPlainData) {
  EXPECT_EQ(Repr(Read(R"( {"a": [1, -2.5, "x", null, true, {}], "b": []} )")),
            "{'a': [1, -2.5, 'x', None, True, {}], 'b': []}");
  EXPECT_EQ(Read("1").kind(), Kind::kInt);
  EXPECT_EQ(Read("1.0").kind(), Kind::kFloat);
  EXPECT_EQ(Read("1e2").kind(), Kind::kFloat);
  EXPECT_EQ(Repr(Read("18446744073709551615")), "18446744073709551615");
  EXPECT_EQ(Repr(Read("-18446744073709551617")), "-18446744073709551617");
  EXPECT_EQ(Repr(Read(R"("\u00e9\ud83d\ude00")")),
            "'\xc3\xa9\xf0\x9f\x98\x80'");
}

TEST_F(JsonReaderTest, EqualKeysAreOneStr) {
  const Value list = Read(R"([{"a": 1}, {"a": 2}])");
  EXPECT_TRUE(list[0].pairs()[0].key.Is(list[1].pairs()[0].key));
  EXPECT_TRUE(list[0].pairs()[0].key.is_shared());
  EXPECT_FALSE(list[0].is_shared());
}

TEST_F(JsonReaderTest, TagsCanBeLeftAlone) {
  EXPECT_EQ(Repr(Read(R"({"$set": [1]})", {.tags = false})), "{'$set': [1]}");
  EXPECT_EQ(Repr(Read(R"({"$schema": "x", "$set": [1]})")),
            "{'$schema': 'x', '$set': [1]}");
}

TEST_F(JsonReaderTest, EveryKindIsKept) {
  ExpectKept(make_.List({nullptr,
                         true,
                         1,
                         1.0,
                         -0.0,
                         1e300,
                         "x",
                         document_.MakeStr("\xed\xa0\x80\xc3\xa9"),
                         document_.MakeBytes("\xff"),
                         document_.MakeByteArray("abc"),
                         make_.Tuple({}),
                         make_.Tuple({1, 2}),
                         make_.Set({1, 2, 1.0}),
                         make_.FrozenSet({"a"}),
                         make_.Dict({}),
                         make_.Dict({{"a", 1}, {"b", 2}}),
                         make_.Dict({{"c", 1}, {"c", 2}}),
                         make_.Dict({{1, 2}, {make_.Tuple({3}), 4}}),
                         make_.Dict({{"$id", 1}}),
                         document_.MakeGlobal("m", "f"),
                         document_.MakeExtension(7),
                         document_.MakePersistentId(Value::Int(1)),
                         document_.MakeBuffer(Buffer::Borrow("abc")),
                         document_.MakeIntFromText("-" + std::string(400, '9')),
                         Value::Float(-__builtin_nan("1"))}));
}

TEST_F(JsonReaderTest, ObjectsAreKept) {
  for (const ObjectForm form :
       {ObjectForm::kReduce, ObjectForm::kNewObj, ObjectForm::kNewObjEx,
        ObjectForm::kInst, ObjectForm::kObj}) {
    const Value object = Object(document_, {Value::Int(1)}, form);
    SetState(document_, object, make_.Tuple({1}));
    AddPost(document_, object, PostKind::kAppend, {Value::Int(1)});
    AddPost(document_, object, PostKind::kSetItem,
            {Value::Int(1), Value::Int(2)});
    AddPost(document_, object, PostKind::kAddItem, {Value::Int(1)});
    AddPost(document_, object, PostKind::kEffect, {Object(document_, {})});
    ExpectKept(object);
  }
}

TEST_F(JsonReaderTest, SharingIsKept) {
  const Value shared[] = {make_.List({1}),
                          make_.Tuple({1}),
                          make_.Dict({{"k", 1}}),
                          make_.Set({1}),
                          make_.FrozenSet({1}),
                          document_.MakeByteArray("x"),
                          Object(document_, {}),
                          document_.MakePersistentId(Value::Int(1)),
                          document_.MakeStr(std::string(300, 'x')),
                          document_.MakeBytes(std::string(300, 'y'))};
  const Value list = document_.MakeList(shared);
  for (const Value value : shared) document_.Append(list, value);
  ExpectKept(list);
  ExpectKept(testing::Diamonds(document_, 30));
}

TEST_F(JsonReaderTest, CyclesAreKept) {
  ExpectKept(testing::Ring(document_, 1));
  ExpectKept(testing::Ring(document_, 3));
  const Value list = document_.MakeList();
  const Value tuple = Tuple(document_, {list});
  document_.Append(list, tuple);
  ExpectKept(tuple);
  const Value items = document_.MakeList();
  const Value frozen = FrozenSet(document_, {items});
  document_.Append(items, frozen);
  ExpectKept(frozen);
  const Value dict = document_.MakeDict();
  const Value kwargs = document_.MakeObject(ObjectForm::kNewObjEx,
                                            document_.MakeGlobal("m", "C"),
                                            Tuple(document_, {}), dict);
  document_.SetItem(dict, make_.Of("me"), kwargs);
  ExpectKept(dict);
  ExpectKept(kwargs);
  const Value inner = document_.MakeList();
  const Value args = Tuple(document_, {inner});
  const Value object = document_.MakeObject(
      ObjectForm::kReduce, document_.MakeGlobal("m", "C"), args);
  document_.Append(inner, object);
  ExpectKept(args);
  const Value owner = Object(document_, {});
  SetState(document_, owner, Tuple(document_, {owner}));
  ExpectKept(owner);
}

TEST_F(JsonReaderTest, SharingIsFlaggedAsItIs) {
  const Value read = Read(
      R"([{"$tuple": [[1]]}, {"$dict": [[1, [2]]]}, {"$id": 1, "$list": []},
          {"$tuple": [{"$ref": 1}]}])");
  EXPECT_FALSE(read[0].is_shared());
  EXPECT_FALSE(read[0][0].is_shared());
  EXPECT_FALSE(read[1][1].is_shared());
  EXPECT_TRUE(read[2].is_shared());
  EXPECT_TRUE(read[3][0].Is(read[2]));
  const Value cycle = Read(R"([{"$id": 1, "$list": [{"$ref": 1}]}])");
  EXPECT_TRUE(cycle[0].is_shared());
}

TEST_F(JsonReaderTest, PlaceholdersAndPython2NamesAreKept) {
  const Value buffer = Read(R"({"$buffer": 3, "$readonly": true})");
  EXPECT_EQ(buffer.buffer_index(), 3u);
  EXPECT_EQ(buffer.buffer(), nullptr);
  EXPECT_TRUE(buffer.readonly());
  const std::string global = R"({"$global": ["m", "f"], "$python2": true})";
  EXPECT_EQ(*ToJson(Read(global), {.lossless = true}), global);
}

TEST_F(JsonReaderTest, BuffersAreReadonlyIfTheySaySo) {
  EXPECT_FALSE(Read(R"({"$buffer": 0, "$data": "YWJj"})").readonly());
  const Value readonly =
      Read(R"({"$buffer": 0, "$data": "YWJj", "$readonly": true})");
  EXPECT_TRUE(readonly.readonly());
  EXPECT_EQ(readonly.AsBytes(), "abc");
  EXPECT_FALSE(Read(R"({"$buffer": 3, "$readonly": false})").readonly());
}

TEST_F(JsonReaderTest, IntsMayBeHexadecimal) {
  EXPECT_EQ(Read(R"({"$int": "0xff"})").AsInt64(), 255);
  EXPECT_EQ(Read(R"({"$int": "-0xFF"})").AsInt64(), -255);
  EXPECT_EQ(Read(R"({"$int": "0x10000000000000000"})").AsIntText(),
            "18446744073709551616");
  EXPECT_EQ(Read(R"({"$int": "-12"})").AsInt64(), -12);
}

TEST_F(JsonReaderTest, PlainArraysAreArgs) {
  EXPECT_EQ(Repr(Read(R"({"$object": "reduce", "$callable":
                          {"$global": ["m", "f"]}, "$args": [1, 2]})")),
            "m.f(1, 2)");
}

TEST_F(JsonReaderTest, MalformedTextNamesTheOffset) {
  EXPECT_EQ(Error("[1, }").substr(0, 14), "JSON at byte 5");
  for (const char* text : {"", "[", "{\"a\" 1}", "nul", "\"\\ud800\"", "1 2",
                           "\"\xff\"", "1e999"}) {
    EXPECT_EQ(FromJson(text, &document_).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST_F(JsonReaderTest, MisusedTagsAreErrors) {
  for (const char* text : {
           R"({"$ref": 1})",
           R"([{"$ref": "x"}])",
           R"([{"$ref": 1}])",
           R"({"$ref": 1, "a": 2})",
           R"({"$id": 1})",
           R"({"$id": "x", "$list": []})",
           R"([{"$id": 1, "$list": []}, {"$id": 1, "$list": []}])",
           R"({"$list": 1})",
           R"({"$tuple": {}})",
           R"({"$tuple": [], "$list": []})",
           R"({"$tuple": [], "a": 1})",
           R"([{"$id": 1, "$list": [2]}, {"$tuple": {"$ref": 1}}])",
           R"([{"$id": 1, "$list": []}, {"$list": {"$ref": 1}}])",
           R"({"$tuple": [], "$id": 1, "$id": 2})",
           R"({"$dict": 1})",
           R"({"$dict": [1]})",
           R"({"$dict": [[1]]})",
           R"({"$dict": [[1, 2, 3]]})",
           R"({"$int": "x"})",
           R"({"$int": 1})",
           R"({"$int": "0x"})",
           R"({"$int": "0xg"})",
           R"({"$int": "--1"})",
           R"({"$str": 1})",
           R"({"$float": "x"})",
           R"({"$float": "zzzzzzzzzzzzzzzz"})",
           R"({"$bytes": "="})",
           R"({"$bytes": 1})",
           R"({"$surrogatepass": "/w=="})",
           R"({"$global": "m.f"})",
           R"({"$global": ["m", ""]})",
           R"({"$global": ["m"]})",
           R"({"$global": [1, "f"]})",
           R"({"$global": ["m", 1]})",
           R"({"$extension": "1"})",
           R"({"$buffer": "0"})",
           R"({"$object": "reduce", "$callable": {"$extension": 1}})",
           R"({"$extension": 0})",
           R"({"$extension": 2147483648})",
           R"({"$buffer": -1})",
           R"({"$buffer": 0, "$data": 1})",
           R"({"$object": "new", "$callable": {"$extension": 1}, "$args": []})",
           R"({"$object": "reduce", "$args": []})",
           R"({"$object": "reduce", "$callable": 1, "$args": []})",
           R"({"$object": "reduce", "$callable": {"$extension": 1},
               "$args": 1})",
           R"({"$object": "reduce", "$callable": {"$extension": 1},
               "$args": {"$id": 1, "$list": []}})",
           R"({"$object": "reduce", "$callable": {"$extension": 1},
               "$args": [], "$kwargs": {}})",
           R"({"$object": "newobj_ex", "$callable": {"$extension": 1},
               "$args": [], "$kwargs": 1})",
           R"({"$list": [], "$posts": []})",
           R"({"$extension": 1, "$posts": 1})",
           R"({"$extension": 1, "$posts": [1]})",
           R"({"$extension": 1, "$posts": [["x", 1]]})",
           R"({"$extension": 1, "$posts": [["state"]]})",
           R"({"$extension": 1, "$posts": [["append", 1]]})",
           R"({"$extension": 1, "$posts": [["setitem", [1]]]})",
       }) {
    EXPECT_EQ(FromJson(text, &document_).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST_F(JsonReaderTest, ReferencesAreOfTheKindNeeded) {
  const auto error = [this](const std::string& members) {
    return Error(R"([{"$object": "newobj_ex", )" + members +
                 R"(}, {"$id": 1, "$list": []}])");
  };
  const std::string kind = "JSON: $object: a $ref is not of the kind needed";
  const std::string callable = R"("$callable": {"$extension": 1}, )";
  EXPECT_EQ(error(R"("$callable": {"$ref": 1}, "$args": [], "$kwargs": {})"),
            kind);
  EXPECT_EQ(error(callable + R"("$args": {"$ref": 1}, "$kwargs": {})"), kind);
  EXPECT_EQ(error(callable + R"("$args": [], "$kwargs": {"$ref": 1})"), kind);
  EXPECT_EQ(Repr(Read(R"([{"$object": "newobj_ex", )" + callable +
                      R"("$args": [], "$kwargs": {"$ref": 1}},
                          {"$id": 1, "$dict": [["k", 2]]}])")),
            "[(<extension 1>).__new__(**#1={'k': 2}), #1#]");
}

TEST_F(JsonReaderTest, NothingContainsItselfBeforeItExists) {
  for (const char* text : {
           R"({"$id": 1, "$tuple": [{"$ref": 1}]})",
           R"({"$id": 1, "$frozenset": [{"$tuple": [{"$ref": 1}]}]})",
           R"({"$id": 1, "$persistent_id": {"$ref": 1}})",
           R"({"$id": 1, "$object": "reduce", "$callable": {"$extension": 1},
               "$args": {"$tuple": [{"$ref": 1}]}})",
           R"({"$id": 1, "$object": "reduce", "$callable": {"$ref": 1},
               "$args": []})",
           R"({"$id": 1, "$list": [{"$object": "reduce",
               "$callable": {"$extension": 1}, "$args": {"$ref": 1}}]})",
       }) {
    EXPECT_EQ(FromJson(text, &document_).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

}  // namespace
}  // namespace pickle5

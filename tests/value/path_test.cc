#include "pickle/value/path.h"

#include <string>

#include "gtest/gtest.h"
#include "pickle/value/literal.h"
#include "tests/value/graphs.h"

namespace pickle5 {
namespace {

using testing::AddPost;
using testing::Object;
using testing::SetState;

class PathTest : public ::testing::Test {
 protected:
  static Value At(Value root, std::string_view text) {
    const absl::StatusOr<Path> path = ParsePath(text);
    EXPECT_TRUE(path.ok()) << path.status();
    return path.ok() ? Follow(root, *path).value_or(Value()) : Value();
  }

  Document document_;
  Maker make_{&document_};
};

TEST_F(PathTest, NamesAndIndexesLeadThroughPlainData) {
  const Value root = make_.Dict(
      {{"users", make_.List({make_.Dict({{"name", "x"}}), make_.Tuple({7})})},
       {"a key", 1},
       {3, "three"}});
  EXPECT_TRUE(At(root, "$").Is(root));
  EXPECT_EQ(At(root, "$.users[0].name").AsStr(), "x");
  EXPECT_EQ(At(root, "$.users[-1][0]").AsInt64(), 7);
  EXPECT_EQ(At(root, "$['a key']").AsInt64(), 1);
  EXPECT_EQ(At(root, "$[\"a key\"]").AsInt64(), 1);
  EXPECT_EQ(At(root, "$[3]").AsStr(), "three");
  EXPECT_EQ(At(root, "$.@key[2]").AsInt64(), 3);
  EXPECT_EQ(At(root, "$.@value[2]").AsStr(), "three");
  EXPECT_EQ(At(make_.Set({5, 6}), "$[1]").AsInt64(), 6);
  EXPECT_EQ(At(make_.FrozenSet({5, 6}), "$[0]").AsInt64(), 5);
}

TEST_F(PathTest, PartsLeadThroughObjects) {
  const Value object =
      Object(document_, {Value::Int(1)}, ObjectForm::kNewObjEx);
  SetState(document_, object, make_.Dict({{"x", 5}}));
  AddPost(document_, object, PostKind::kAppend, {Value::Int(8), Value::Int(9)});
  EXPECT_EQ(At(object, "$.@callable").qualname(), "C");
  EXPECT_EQ(At(object, "$.@args[0]").AsInt64(), 1);
  EXPECT_EQ(At(object, "$.@kwargs").kind(), Kind::kDict);
  EXPECT_EQ(At(object, "$.@state.x").AsInt64(), 5);
  EXPECT_EQ(At(object, "$.x").AsInt64(), 5);
  EXPECT_EQ(At(object, "$.@post[1][1]").AsInt64(), 9);
  EXPECT_EQ(At(document_.MakePersistentId(Value::Int(4)), "$.@id").AsInt64(),
            4);
}

TEST_F(PathTest, TextIsReadBack) {
  for (const char* text :
       {"$", "$.a_b-c[3][-1]", "$['it s'].x", "$.@callable.@args[2]",
        "$.@kwargs.k.@state.@id", "$.@key[0].@value[1].@post[2][3]",
        R"($['\n\x00\'"'])", "$['@x']", "$['1']", "$['']", "$['\xc3\xa9']"}) {
    const absl::StatusOr<Path> path = ParsePath(text);
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_EQ(path->ToString(), text);
  }
  EXPECT_EQ(ParsePath("$.\xc3\xa9")->ToString(), "$['\xc3\xa9']");
  EXPECT_EQ(ParsePath(R"($['\"'])")->ToString(), R"($['"'])");
  EXPECT_EQ(*ParsePath(R"($["\u00e9\U0001f600\t\r\\"])"),
            *ParsePath("$['\xc3\xa9\xf0\x9f\x98\x80\\t\\r\\\\']"));
}

TEST_F(PathTest, MalformedPathsNameTheByte) {
  EXPECT_EQ(ParsePath("$.a[x]").status().message(),
            "path $.a[x], byte 4: an int64 or a quote is missing");
  for (const char* text : {"",
                           "a",
                           "$a",
                           "$.",
                           "$..a",
                           "$[",
                           "$[1",
                           "$['a",
                           "$['a'",
                           "$['a\\",
                           "$['\\q']",
                           "$['\\x1']",
                           "$['\\xzz']",
                           "$['\\U00110000']",
                           "$.@",
                           "$.@nothing",
                           "$.@key",
                           "$.@key[-1]",
                           "$.@key['a']",
                           "$.@post[1]",
                           "$.1",
                           "$ ",
                           "$[99999999999999999999]",
                           "$['\xff']",
                           "$['\\u00",
                           "$['\\ud8 0']",
                           "$.@key[1",
                           "$.@post[1][0"}) {
    EXPECT_EQ(ParsePath(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST_F(PathTest, DeadEndsNameTheStep) {
  const Value root = make_.Dict({{"a", make_.List({1, 2})}});
  EXPECT_EQ(Follow(root, *ParsePath("$.a[2].b")).status().message(),
            "$.a is [1, 2] and has no [2]");
  EXPECT_EQ(Follow(root, *ParsePath("$.b")).status().code(),
            absl::StatusCode::kNotFound);
  for (const char* text :
       {"$[-9]", "$.@key[1]", "$.@value[1]", "$.@post[0][0]", "$.@args",
        "$.@state", "$.@id", "$.@kwargs", "$.@callable"}) {
    EXPECT_TRUE(At(root, text).is_null()) << text;
  }
}

TEST_F(PathTest, NamesEndAtNul) {
  using std::string_literals::operator""s;
  EXPECT_EQ(ParsePath("$.a\0b"s).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Path({{.name = "a\0b"s}}).ToString(), R"($['a\x00b'])");
}

TEST_F(PathTest, IndexesOutOfPlaceLeadNowhere) {
  const Value dict = make_.Dict({{"a", 1}});
  const Value object = Object(document_, {});
  AddPost(document_, object, PostKind::kAppend, {Value::Int(8)});
  EXPECT_TRUE(At(make_.Set({5, 6}), "$[-1]").is_null());
  EXPECT_TRUE(At(make_.Set({5, 6}), "$[2]").is_null());
  for (const PathStep::Kind kind :
       {PathStep::Kind::kKey, PathStep::Kind::kValue}) {
    EXPECT_TRUE(absl::IsNotFound(
        Follow(dict, Path({{.kind = kind, .index = -1}})).status()));
  }
  EXPECT_TRUE(absl::IsNotFound(
      Follow(object, Path({{.kind = PathStep::Kind::kPost, .item = -1}}))
          .status()));
}

}  // namespace
}  // namespace pickle5

#include "pickle/show/canonical_tree.h"

#include <string>

#include "gtest/gtest.h"
#include "pickle/value/literal.h"
#include "tests/value/graphs.h"

namespace pickle5 {
namespace {

using testing::AddPost;
using testing::List;
using testing::Object;
using testing::SetState;
using testing::Tuple;

class CanonicalTreeTest : public ::testing::Test {
 protected:
  static std::string Tree(Value value) {
    return CanonicalTree(value).value_or("error");
  }

  Document document_;
  Maker make_{&document_};
};

// The expectations are what to_json() of the conformance material's
// reference_vm.py and json.dumps(sort_keys=True) print.
TEST_F(CanonicalTreeTest, Scalars) {
  EXPECT_EQ(Tree(Value::None()), R"({"t": "none"})");
  EXPECT_EQ(Tree(Value::Bool(true)), R"({"t": "bool", "v": true})");
  EXPECT_EQ(Tree(Value::Int(-5)), R"({"t": "int", "v": "-5"})");
  EXPECT_EQ(Tree(Value::Float(1.5)),
            R"({"bits": "3ff8000000000000", "t": "float"})");
  EXPECT_EQ(Tree(make_.Of("a\"\xc3\xa9\xf0\x9f\x98\x80\x7f")),
            R"({"cp": 5, "t": "str", "v": "a\"\u00e9\ud83d\ude00\u007f"})");
  EXPECT_EQ(Tree(document_.MakeStr("\xed\xa0\x80")),
            R"({"cp": 1, "t": "str", "u8hex": "eda080"})");
  EXPECT_EQ(Tree(document_.MakeBytes("\x01\xff")),
            R"({"hex": "01ff", "len": 2, "t": "bytes"})");
  EXPECT_EQ(Tree(document_.MakeByteArray("\x01")),
            R"({"hex": "01", "id": 0, "len": 1, "t": "bytearray"})");
}

TEST_F(CanonicalTreeTest, LongPayloadsAreDigests) {
  const std::string digest =
      "e8d95cc2b4bc198c54b40bd214df958afb65f5e73d2c2eafe0593cf5c635c1f0";
  const std::string text(257, 'a');
  EXPECT_EQ(Tree(document_.MakeStr(text)),
            R"({"cp": 257, "sha256": ")" + digest +
                R"(", "t": "str", "u8len": 257})");
  EXPECT_EQ(Tree(document_.MakeBytes(text)),
            R"({"len": 257, "sha256": ")" + digest + R"(", "t": "bytes"})");
  EXPECT_EQ(Tree(document_.MakeByteArray(text)),
            R"({"id": 0, "len": 257, "sha256": ")" + digest +
                R"(", "t": "bytearray"})");
}

TEST_F(CanonicalTreeTest, IntsAreDigestsAbove512Bits) {
  std::string bytes(65, '\0');
  bytes[63] = '\x80';
  const std::string most =
      "6703903964971298549787012499102923063739682910296196688861780721860882"
      "0150367734884009371490834517138450159290932430254268769414059732849732"
      "16824503042048";
  EXPECT_EQ(Tree(document_.MakeInt(bytes)),
            R"({"t": "int", "v": ")" + most + R"("})");
  bytes[63] = 0;
  bytes[64] = 1;
  EXPECT_EQ(
      Tree(document_.MakeInt(bytes)),
      R"({"le_len": 65, "le_sha256": ")"
      R"(2ccc1ceb1041efbf582b4decc50878234c2d2adb7829ffa23c92ed64105c8a38")"
      R"(, "t": "int"})");
  // -2^519 fits 65 bytes; bit_length // 8 + 1 is 66.
  bytes[64] = '\x80';
  EXPECT_EQ(
      Tree(document_.MakeInt(bytes)),
      R"({"le_len": 66, "le_sha256": ")"
      R"(9c1d0062799780d232e665bd6ee9b0dc140636705fde8a38bce247e537c990d9")"
      R"(, "t": "int"})");
}

TEST_F(CanonicalTreeTest, ContainersHaveIdsInTheOrderOfVisits) {
  EXPECT_EQ(Tree(make_.List({make_.Tuple({}), make_.Tuple({1})})),
            R"({"id": 0, "items": [{"items": [], "t": "tuple"}, )"
            R"({"id": 1, "items": [{"t": "int", "v": "1"}], "t": "tuple"}], )"
            R"("t": "list"})");
  EXPECT_EQ(Tree(make_.Dict({{1, 2}, {1, 3}})),
            R"({"id": 0, "items": [[{"t": "int", "v": "1"}, )"
            R"({"t": "int", "v": "2"}], [{"t": "int", "v": "1"}, )"
            R"({"t": "int", "v": "3"}]], "t": "dict"})");
  EXPECT_EQ(Tree(make_.Set({})), R"({"id": 0, "items": [], "t": "set"})");
  EXPECT_EQ(Tree(make_.FrozenSet({nullptr})),
            R"({"id": 0, "items": [{"t": "none"}], "t": "frozenset"})");
}

TEST_F(CanonicalTreeTest, SecondVisitsAreReferences) {
  const Value list = make_.List({});
  EXPECT_EQ(Tree(make_.List({list, list})),
            R"({"id": 0, "items": [{"id": 1, "items": [], "t": "list"}, )"
            R"({"id": 1, "t": "ref"}], "t": "list"})");
  EXPECT_EQ(Tree(testing::Ring(document_, 1)),
            R"({"id": 0, "items": [{"id": 0, "t": "ref"}], "t": "list"})");
}

TEST_F(CanonicalTreeTest, ObjectsOfEveryForm) {
  const std::string name = R"({"module": "m", "name": "C", "t": "global"})";
  EXPECT_EQ(Tree(document_.MakeGlobal("m", "C")), name);
  for (const auto& [form, text] : {std::pair{ObjectForm::kReduce, "reduce"},
                                   std::pair{ObjectForm::kNewObj, "newobj"},
                                   std::pair{ObjectForm::kInst, "inst"},
                                   std::pair{ObjectForm::kObj, "obj"}}) {
    EXPECT_EQ(Tree(Object(document_, {Value::None()}, form)),
              R"({"args": {"id": 1, "items": [{"t": "none"}], "t": "tuple"}, )"
              R"("func": )" +
                  name + R"(, "id": 0, "t": ")" + text + "\"}");
  }
  EXPECT_EQ(Tree(Object(document_, {}, ObjectForm::kNewObjEx)),
            R"({"args": {"items": [], "t": "tuple"}, "func": )" + name +
                R"(, "id": 0, "kwargs": {"id": 1, "items": [], "t": "dict"}, )"
                R"("t": "newobj_ex"})");
}

TEST_F(CanonicalTreeTest, CalleesAreVisitedBeforeArgs) {
  const Value shared = make_.List({});
  const Value callee =
      document_.MakeObject(ObjectForm::kReduce, document_.MakeGlobal("m", "f"),
                           Tuple(document_, {shared}));
  const Value object = document_.MakeObject(ObjectForm::kReduce, callee,
                                            Tuple(document_, {shared}));
  EXPECT_EQ(
      Tree(object),
      R"({"args": {"id": 4, "items": [{"id": 3, "t": "ref"}], "t": "tuple"}, )"
      R"("func": {"args": {"id": 2, "items": [{"id": 3, "items": [], )"
      R"("t": "list"}], "t": "tuple"}, "func": {"module": "m", "name": "f", )"
      R"("t": "global"}, "id": 1, "t": "reduce"}, "id": 0, "t": "reduce"})");
}

TEST_F(CanonicalTreeTest, NamesWithPostsAreVisitedBeforeArgs) {
  const Value global = document_.MakeGlobal("m", "C");
  SetState(document_, global, Value::None());
  EXPECT_EQ(Tree(document_.MakeObject(ObjectForm::kReduce, global,
                                      Tuple(document_, {Value::None()}))),
            R"({"args": {"id": 2, "items": [{"t": "none"}], "t": "tuple"}, )"
            R"("func": {"id": 1, "module": "m", "name": "C", )"
            R"("post": [["state", {"t": "none"}]], "t": "global"}, "id": 0, )"
            R"("t": "reduce"})");
}

TEST_F(CanonicalTreeTest, PostsStandInOrderWithoutEffects) {
  const Value object = Object(document_, {});
  SetState(document_, object, Value::Int(1));
  AddPost(document_, object, PostKind::kEffect, {Object(document_, {})});
  AddPost(document_, object, PostKind::kAppend, {Value::None()});
  AddPost(document_, object, PostKind::kSetItem,
          {Value::None(), Value::None(), Value::None(), Value::None()});
  AddPost(document_, object, PostKind::kAddItem, {});
  EXPECT_EQ(Tree(object),
            R"({"args": {"items": [], "t": "tuple"}, "func": {"module": "m", )"
            R"("name": "C", "t": "global"}, "id": 0, "post": [["state", )"
            R"({"t": "int", "v": "1"}], ["append", [{"t": "none"}]], )"
            R"(["setitem", [[{"t": "none"}, {"t": "none"}], [{"t": "none"}, )"
            R"({"t": "none"}]]], ["additem", []]], "t": "reduce"})");
}

TEST_F(CanonicalTreeTest, EmptyPostsStandInBothModes) {
  for (const char* opcode : {"e", "u", "\x90"}) {
    const std::string pickle = std::string("cm\nC\n)R(") + opcode + ".";
    ReadOptions options;
    ASSERT_TRUE(document_.LoadOwned(pickle, options).ok());
    const std::string compat = Tree(document_.root());
    EXPECT_NE(compat.find(R"("post": [[")"), compat.npos);
    options.mode = Mode::kStrict;
    ASSERT_TRUE(document_.LoadOwned(pickle, options).ok());
    EXPECT_EQ(Tree(document_.root()), compat);
  }
}

TEST_F(CanonicalTreeTest, LeavesWithPosts) {
  const Value global = document_.MakeGlobal("m", "C");
  AddPost(document_, global, PostKind::kEffect, {Object(document_, {})});
  EXPECT_EQ(Tree(global), R"({"module": "m", "name": "C", "t": "global"})");
  SetState(document_, global, Value::None());
  EXPECT_EQ(Tree(global),
            R"({"id": 0, "module": "m", "name": "C", )"
            R"("post": [["state", {"t": "none"}]], "t": "global"})");
  EXPECT_EQ(Tree(document_.MakeExtension(7)),
            R"({"code": 7, "id": 0, "t": "ext"})");
  EXPECT_EQ(Tree(document_.MakePersistentId(List(document_, {}))),
            R"({"id": 0, "pid": {"id": 1, "items": [], "t": "list"}, )"
            R"("t": "persid"})");
  EXPECT_EQ(Tree(document_.MakeBuffer(Buffer::Borrow("x"))),
            R"({"id": 0, "index": 0, "readonly": true, "t": "buffer"})");
}

TEST_F(CanonicalTreeTest, NothingIsAnError) {
  EXPECT_EQ(CanonicalTree(Value()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace pickle5

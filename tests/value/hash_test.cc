#include "pickle/value/hash.h"

#include <set>

#include "gtest/gtest.h"
#include "pickle/value/literal.h"
#include "tests/value/graphs.h"

namespace pickle5 {
namespace {

using testing::List;
using testing::Object;
using testing::SetState;
using testing::Tuple;

class HashTest : public ::testing::Test {
 protected:
  Document document_;
  Document other_;
  Maker make_{&document_};
  Maker also_{&other_};
};

TEST_F(HashTest, EqualNumbersHashAlike) {
  const auto one = Hash(Value::Int(1));
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one, Hash(Value::Float(1)));
  EXPECT_EQ(one, Hash(Value::Bool(true)));
  EXPECT_NE(one, Hash(Value::Int(2)));
  EXPECT_NE(one, Hash(Value::Float(1.5)));
  EXPECT_EQ(Hash(document_.MakeIntFromText("18446744073709551616")),
            Hash(Value::Float(0x1p64)));
  EXPECT_EQ(Hash(Value::Float(-0.0)), Hash(Value::Int(0)));
}

TEST_F(HashTest, TextHashesByContentAndKind) {
  EXPECT_EQ(Hash(make_.Of("ab")), Hash(also_.Of("ab")));
  EXPECT_NE(Hash(make_.Of("ab")), Hash(make_.Of("ac")));
  EXPECT_NE(Hash(make_.Of("ab")), Hash(document_.MakeBytes("ab")));
}

TEST_F(HashTest, TuplesHashInOrderAndFrozenSetsWithout) {
  EXPECT_EQ(Hash(make_.Tuple({1, "a"})), Hash(also_.Tuple({1.0, "a"})));
  EXPECT_NE(Hash(make_.Tuple({1, 2})), Hash(also_.Tuple({2, 1})));
  EXPECT_EQ(Hash(make_.FrozenSet({1, 2, 3})), Hash(also_.FrozenSet({3, 2, 1})));
  EXPECT_EQ(Hash(make_.FrozenSet({1, 1})), Hash(also_.FrozenSet({true})));
  EXPECT_NE(Hash(make_.FrozenSet({1})), Hash(make_.Tuple({1})));
}

TEST_F(HashTest, WhatPythonCannotHashHasNoHash) {
  EXPECT_EQ(Hash(make_.List({})), std::nullopt);
  EXPECT_EQ(Hash(make_.Dict({})), std::nullopt);
  EXPECT_EQ(Hash(make_.Set({})), std::nullopt);
  EXPECT_EQ(Hash(document_.MakeByteArray("")), std::nullopt);
  EXPECT_EQ(Hash(Value()), std::nullopt);
  EXPECT_EQ(Hash(make_.Tuple({1, make_.Tuple({make_.List({})})})),
            std::nullopt);
  EXPECT_TRUE(Hash(make_.Tuple({})).has_value());
}

TEST_F(HashTest, ObjectsHashByAllTheyHold) {
  const auto build = [](Document& document, Maker& make, int last) {
    const Value object = Object(document, {Value::Int(1)});
    SetState(document, object, make.Dict({{"x", make.List({1, 2, last})}}));
    return object;
  };
  EXPECT_EQ(Hash(build(document_, make_, 3)), Hash(build(other_, also_, 3)));
  EXPECT_NE(Hash(build(document_, make_, 3)), Hash(build(other_, also_, 4)));
}

TEST_F(HashTest, LeavesHashByWhatTheyName) {
  EXPECT_EQ(Hash(document_.MakeGlobal("m", "f")),
            Hash(other_.MakeGlobal("m", "f")));
  EXPECT_NE(Hash(document_.MakeGlobal("m", "f")),
            Hash(other_.MakeGlobal("m", "g")));
  EXPECT_EQ(Hash(document_.MakeExtension(1)), Hash(other_.MakeExtension(1)));
  EXPECT_NE(Hash(document_.MakeExtension(1)), Hash(other_.MakeExtension(2)));
  EXPECT_EQ(Hash(document_.MakeBuffer(Buffer::Borrow("abc"))),
            Hash(other_.MakeBuffer(Buffer::Borrow("abc"))));
}

TEST_F(HashTest, CyclesHashAlikeHoweverTheyAreWritten) {
  const auto make = [](Document& document, int length) {
    const Value object = Object(document, {Value::Int(1)});
    SetState(document, object, testing::Ring(document, length));
    return object;
  };
  EXPECT_EQ(Hash(make(document_, 1)), Hash(make(other_, 3)));
}

TEST_F(HashTest, KeysInTheirOwnCycleHash) {
  const Value object = Object(document_, {Value::Int(1)});
  const Value key = Tuple(document_, {object});
  SetState(document_, object, List(document_, {key}));
  EXPECT_TRUE(Hash(key).has_value());
  EXPECT_EQ(Hash(key), Hash(key));
}

TEST_F(HashTest, HashesSpread) {
  std::set<uint64_t> seen;
  for (int64_t i = 0; i < 10000; ++i) {
    seen.insert(*Hash(Value::Int(i)));
    seen.insert(*Hash(make_.Tuple({i, i + 1})));
  }
  EXPECT_EQ(seen.size(), 20000u);
}

TEST_F(HashTest, SetsHashAsFrozenSetsDo) {
  EXPECT_EQ(internal::ContentHash(make_.Set({1, "a", make_.Tuple({2})})),
            internal::ContentHash(also_.FrozenSet({"a", make_.Tuple({2}), 1})));
  EXPECT_NE(internal::ContentHash(make_.Set({1, "a"})),
            internal::ContentHash(make_.Set({1, "b"})));
}

TEST_F(HashTest, PlaceholdersHashByPlaceAndReadonly) {
  ReadOptions options;
  options.placeholder_buffers = true;
  ASSERT_TRUE(document_.LoadBorrowed("\x97\x97\x98\x86.", options).ok());
  ASSERT_TRUE(other_.LoadBorrowed("\x97\x97\x86.", options).ok());
  const Value one = document_.root();
  const Value two = other_.root();
  EXPECT_EQ(Hash(one[0]), Hash(two[0]));
  EXPECT_NE(Hash(two[0]), Hash(two[1]));
  EXPECT_NE(Hash(one[1]), Hash(two[1]));
}

TEST_F(HashTest, CyclesThroughObjectsOfOtherCallablesHash) {
  const auto make = [](Document& document, int32_t code) {
    const Value object =
        document.MakeObject(ObjectForm::kReduce, document.MakeExtension(code),
                            Tuple(document, {document.MakeStr("x")}));
    SetState(document, object, Tuple(document, {object}));
    return object;
  };
  EXPECT_TRUE(Hash(make(document_, 1)).has_value());
  EXPECT_EQ(Hash(make(document_, 1)), Hash(make(other_, 1)));
}

}  // namespace
}  // namespace pickle5

#include <cmath>

#include "gtest/gtest.h"
#include "pickle/value/equal.h"
#include "pickle/value/literal.h"
#include "tests/value/graphs.h"

namespace pickle5 {
namespace {

using testing::AddPost;
using testing::List;
using testing::Object;

class IdenticalTest : public ::testing::Test {
 protected:
  Document document_;
  Document other_;
  Maker make_{&document_};
  Maker also_{&other_};
};

TEST_F(IdenticalTest, TypesMatter) {
  EXPECT_TRUE(Identical(Value::Int(1), Value::Int(1)));
  EXPECT_FALSE(Identical(Value::Int(1), Value::Float(1)));
  EXPECT_FALSE(Identical(Value::Int(1), Value::Bool(true)));
  EXPECT_FALSE(Identical(Value::Float(0.0), Value::Float(-0.0)));
  EXPECT_TRUE(
      Identical(Value::Float(std::nan("")), Value::Float(std::nan(""))));
  EXPECT_FALSE(
      Identical(document_.MakeBytes("a"), document_.MakeByteArray("a")));
  EXPECT_FALSE(Identical(make_.Set({1}), also_.FrozenSet({1})));
  EXPECT_TRUE(Identical(document_.MakeIntFromText("18446744073709551616"),
                        other_.MakeIntFromText("18446744073709551616")));
}

TEST_F(IdenticalTest, OrderAndRepetitionMatter) {
  EXPECT_TRUE(Identical(make_.Dict({{"a", 1}, {"b", 2}}),
                        also_.Dict({{"a", 1}, {"b", 2}})));
  EXPECT_FALSE(Identical(make_.Dict({{"a", 1}, {"b", 2}}),
                         also_.Dict({{"b", 2}, {"a", 1}})));
  EXPECT_FALSE(Identical(make_.Set({1, 2}), also_.Set({2, 1})));
  EXPECT_FALSE(Identical(make_.Set({1, 1}), also_.Set({1})));
}

TEST_F(IdenticalTest, SharingMatters) {
  const auto twins = [](Document& document) {
    return List(document, {document.MakeList(), document.MakeList()});
  };
  const auto shared = [](Document& document) {
    const Value list = document.MakeList();
    return List(document, {list, list});
  };
  EXPECT_TRUE(Identical(twins(document_), twins(other_)));
  EXPECT_TRUE(Identical(shared(document_), shared(other_)));
  EXPECT_FALSE(Identical(twins(document_), shared(other_)));
  EXPECT_FALSE(Identical(shared(document_), twins(other_)));
  EXPECT_TRUE(Equal(shared(document_), twins(other_)));
}

TEST_F(IdenticalTest, CyclesOfOtherLengthsDiffer) {
  EXPECT_TRUE(Identical(testing::Ring(document_, 3), testing::Ring(other_, 3)));
  EXPECT_FALSE(
      Identical(testing::Ring(document_, 3), testing::Ring(other_, 2)));
}

TEST_F(IdenticalTest, ObjectsMatchInFormAndPosts) {
  const Value one = Object(document_, {Value::Int(1)});
  const Value two = Object(other_, {Value::Int(1)});
  EXPECT_TRUE(Identical(one, two));
  AddPost(document_, one, PostKind::kAppend, {Value::Int(1), Value::Int(2)});
  AddPost(other_, two, PostKind::kAppend, {Value::Int(1)});
  AddPost(other_, two, PostKind::kAppend, {Value::Int(2)});
  EXPECT_TRUE(Identical(one, two));
  AddPost(other_, two, PostKind::kState, {Value::Int(2)});
  EXPECT_FALSE(Identical(one, two));
}

TEST_F(IdenticalTest, BuffersMatchInPlaceAndContent) {
  const Value one = document_.MakeBuffer(Buffer::Borrow("abc"));
  EXPECT_TRUE(Identical(one, other_.MakeBuffer(Buffer::Borrow("abc"))));
  EXPECT_FALSE(Identical(one, other_.MakeBuffer(Buffer::Borrow("abc"))));
}

TEST_F(IdenticalTest, ReadonlyAndDataTellBuffersApart) {
  const Value one = document_.MakeBuffer(Buffer::Borrow("abc"));
  Document writable;
  EXPECT_FALSE(
      Identical(one, writable.MakeBuffer(Buffer::Copy("abc").value())));
  EXPECT_FALSE(Identical(one, other_.MakeBuffer(Buffer::Borrow("abd"))));
}

TEST_F(IdenticalTest, EmptyTupleHasOnlyItsLike) {
  EXPECT_TRUE(Identical(make_.Tuple({}), also_.Tuple({})));
  EXPECT_FALSE(Identical(make_.Tuple({1}), also_.Tuple({})));
  EXPECT_FALSE(Identical(make_.Tuple({}), also_.Tuple({1})));
}

TEST_F(IdenticalTest, TreesDifferFromGraphsThatMeetTheirRoot) {
  const Value tree = List(document_, {List(document_, {document_.MakeList()})});
  EXPECT_FALSE(Identical(tree, testing::Ring(other_, 2)));
  EXPECT_FALSE(Identical(testing::Ring(other_, 2), tree));
}

}  // namespace
}  // namespace pickle5

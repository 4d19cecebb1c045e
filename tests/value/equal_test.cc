#include "pickle/value/equal.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "pickle/value/literal.h"
#include "tests/value/graphs.h"

namespace pickle5 {
namespace {

using testing::AddPost;
using testing::Dict;
using testing::FrozenSet;
using testing::List;
using testing::Object;
using testing::Set;
using testing::SetState;
using testing::Tuple;

class EqualTest : public ::testing::Test {
 protected:
  Value Big(std::string_view decimal) {
    return document_.MakeIntFromText(decimal);
  }

  Document document_;
  Document other_;
  Maker make_{&document_};
  Maker also_{&other_};
};

TEST_F(EqualTest, NumbersCompareByExactValue) {
  EXPECT_TRUE(Equal(Value::Int(1), Value::Bool(true)));
  EXPECT_TRUE(Equal(Value::Float(1), Value::Bool(true)));
  EXPECT_TRUE(Equal(Value::Float(-0.0), Value::Int(0)));
  EXPECT_TRUE(Equal(Value::Float(-0.0), Value::Float(0.0)));
  EXPECT_FALSE(Equal(Value::Int(1), Value::Float(1.5)));
  EXPECT_FALSE(Equal(Value::Int(0), Value::None()));
  EXPECT_FALSE(Equal(Value::None(), Value::Bool(false)));
  EXPECT_TRUE(Equal(Value::None(), Value::None()));
  // 2^53 + 1 is no double.
  EXPECT_FALSE(Equal(Value::Int((int64_t{1} << 53) + 1), Value::Float(0x1p53)));
  EXPECT_FALSE(Equal(Value::Int(std::numeric_limits<int64_t>::max()),
                     Value::Float(0x1p63)));
  EXPECT_TRUE(Equal(Value::Int(std::numeric_limits<int64_t>::min()),
                    Value::Float(-0x1p63)));
}

TEST_F(EqualTest, BigIntsEqualFloatsOfTheirValue) {
  EXPECT_TRUE(Equal(Big("9223372036854775808"), Value::Float(0x1p63)));
  EXPECT_FALSE(Equal(Big("9223372036854775809"), Value::Float(0x1p63)));
  EXPECT_TRUE(Equal(Value::Float(-0x1p64), Big("-18446744073709551616")));
  EXPECT_TRUE(Equal(Value::Float(0x1.8p71), Big("3541774862152233910272")));
  EXPECT_TRUE(Equal(Big("18446744073709551616"), Big("18446744073709551616")));
  EXPECT_FALSE(Equal(Big("18446744073709551616"), Big("18446744073709551617")));
  EXPECT_FALSE(Equal(Big("18446744073709551616"),
                     Value::Float(std::numeric_limits<double>::infinity())));
  for (int exponent = 63; exponent < 1024; exponent += 31) {
    const double power = std::ldexp(-1.0 - 0x1p-52, exponent);
    char text[400];
    snprintf(text, sizeof text, "%.0f", power);
    EXPECT_TRUE(Equal(Big(text), Value::Float(power))) << text;
    text[strlen(text) - 1] = text[strlen(text) - 1] == '1' ? '2' : '1';
    EXPECT_FALSE(Equal(Big(text), Value::Float(power))) << text;
  }
}

TEST_F(EqualTest, NanEqualsItself) {
  const Value nan = Value::Float(std::nan(""));
  EXPECT_TRUE(Equal(nan, nan));
  EXPECT_TRUE(Equal(List(document_, {nan}), List(other_, {nan})));
  EXPECT_FALSE(Equal(nan, Value::Float(-std::nan(""))));
  EXPECT_FALSE(Equal(nan, Value::Int(0)));
}

TEST_F(EqualTest, TextComparesByContentAndKind) {
  EXPECT_TRUE(Equal(make_.Of("ab"), also_.Of("ab")));
  EXPECT_FALSE(Equal(make_.Of("ab"), make_.Of("ac")));
  EXPECT_FALSE(Equal(make_.Of("ab"), document_.MakeBytes("ab")));
  EXPECT_TRUE(Equal(document_.MakeBytes("ab"), other_.MakeByteArray("ab")));
  EXPECT_FALSE(Equal(document_.MakeByteArray("a"), other_.MakeByteArray("b")));
}

TEST_F(EqualTest, SequencesCompareItemByItem) {
  EXPECT_TRUE(Equal(make_.List({1, "a"}), also_.List({1.0, "a"})));
  EXPECT_FALSE(Equal(make_.List({1, 2}), also_.List({2, 1})));
  EXPECT_FALSE(Equal(make_.List({1}), also_.List({1, 1})));
  EXPECT_FALSE(Equal(make_.List({1}), also_.Tuple({1})));
  EXPECT_TRUE(Equal(make_.Tuple({}), also_.Tuple({})));
  EXPECT_FALSE(Equal(make_.Tuple({}), also_.Tuple({1})));
  EXPECT_FALSE(Equal(make_.Tuple({}), also_.List({})));
}

TEST_F(EqualTest, DictsCompareByTheirLastValues) {
  const Value dict = make_.Dict({{"a", 1}, {"b", 2}, {3, 4}});
  EXPECT_TRUE(Equal(dict, also_.Dict({{3.0, 4}, {"b", 2}, {"a", 1}})));
  EXPECT_TRUE(Equal(dict, also_.Dict({{"a", 9}, {"b", 2}, {3, 4}, {"a", 1}})));
  EXPECT_TRUE(Equal(make_.Dict({{"a", 9}, {"a", 1}, {"b", 2}}),
                    also_.Dict({{"a", 8}, {"a", 1}, {"b", 2}})));
  EXPECT_FALSE(Equal(dict, also_.Dict({{"a", 1}, {"b", 2}, {3, 5}})));
  EXPECT_FALSE(Equal(dict, also_.Dict({{"a", 1}, {"b", 2}})));
  EXPECT_FALSE(Equal(dict, also_.Dict({{"a", 1}, {"b", 2}, {4, 4}})));
  EXPECT_FALSE(Equal(make_.Dict({}), also_.List({})));
}

TEST_F(EqualTest, DictsWithCompoundKeysCompareByThem) {
  const auto build = [](Maker& make, int first, int second) {
    return make.Dict({{make.Tuple({first, "x"}), "one"},
                      {make.FrozenSet({1, 2, make.Tuple({second})}), "two"}});
  };
  const Value one = build(make_, 1, 2);
  EXPECT_TRUE(Equal(one, build(also_, 1, 2)));
  EXPECT_FALSE(Equal(one, build(also_, 1, 3)));
  const Value turned =
      also_.Dict({{also_.FrozenSet({also_.Tuple({2.0}), 2, 1}), "two"},
                  {also_.Tuple({1, "x"}), "one"}});
  EXPECT_TRUE(Equal(one, turned));
}

TEST_F(EqualTest, SetsCompareWithoutOrder) {
  EXPECT_TRUE(Equal(make_.Set({1, 2, 3}), also_.Set({3, 1, 2})));
  EXPECT_TRUE(Equal(make_.Set({1, 2}), also_.FrozenSet({2, 1})));
  EXPECT_TRUE(Equal(make_.Set({1, 1, 2}), also_.Set({2, true})));
  EXPECT_FALSE(Equal(make_.Set({1, 2}), also_.Set({1, 3})));
  EXPECT_FALSE(Equal(make_.Set({1}), also_.Tuple({1})));
  const Value nested =
      make_.Set({make_.FrozenSet({make_.FrozenSet({1, 2}), 3}), 4});
  EXPECT_TRUE(Equal(
      nested, also_.Set({4, also_.FrozenSet({3, also_.FrozenSet({2, 1})})})));
}

TEST_F(EqualTest, LargeSetsOfTuplesCompareWithoutOrder) {
  const Value up = document_.MakeSet();
  const Value down = other_.MakeSet();
  for (int64_t i = 0; i < 5000; ++i) {
    document_.Add(up, make_.Tuple({i, "x"}));
    other_.Add(down, also_.Tuple({4999 - i, "x"}));
  }
  EXPECT_TRUE(Equal(up, down));
  document_.Add(up, make_.Tuple({5000, "x"}));
  other_.Add(down, also_.Tuple({5000, "y"}));
  EXPECT_FALSE(Equal(up, down));
}

TEST_F(EqualTest, ObjectsCompareByFormPartsAndPosts) {
  const Value object = Object(document_, {Value::Int(1)});
  EXPECT_TRUE(Equal(object, Object(other_, {Value::Int(1)})));
  EXPECT_FALSE(Equal(object, Object(other_, {Value::Int(2)})));
  EXPECT_FALSE(
      Equal(object, Object(other_, {Value::Int(1)}, ObjectForm::kNewObj)));
  const Value with_state = Object(other_, {Value::Int(1)});
  SetState(other_, with_state, Value::Int(5));
  EXPECT_FALSE(Equal(object, with_state));
  SetState(document_, object, Value::Int(5));
  EXPECT_TRUE(Equal(object, with_state));
  const Value kwargs =
      other_.MakeObject(ObjectForm::kNewObjEx, other_.MakeGlobal("m", "C"),
                        also_.Tuple({}), also_.Dict({{"k", 1}}));
  const Value other_kwargs = document_.MakeObject(
      ObjectForm::kNewObjEx, document_.MakeGlobal("m", "C"), make_.Tuple({}),
      make_.Dict({{"k", 2}}));
  EXPECT_FALSE(Equal(kwargs, other_kwargs));
}

TEST_F(EqualTest, BatchesOfPostsDoNotMatter) {
  const Value two = Object(document_, {});
  AddPost(document_, two, PostKind::kAppend, {Value::Int(1), Value::Int(2)});
  const Value one = Object(other_, {});
  AddPost(other_, one, PostKind::kAppend, {Value::Int(1)});
  AddPost(other_, one, PostKind::kAppend, {});
  EXPECT_FALSE(Equal(two, one));
  AddPost(other_, one, PostKind::kAppend, {Value::Int(2)});
  EXPECT_TRUE(Equal(two, one));
  AddPost(document_, two, PostKind::kAppend, {Value::Int(3)});
  AddPost(other_, one, PostKind::kAddItem, {Value::Int(3)});
  EXPECT_FALSE(Equal(two, one));
}

TEST_F(EqualTest, LeavesCompareByWhatTheyName) {
  EXPECT_TRUE(
      Equal(document_.MakeGlobal("m", "f"), other_.MakeGlobal("m", "f")));
  EXPECT_FALSE(
      Equal(document_.MakeGlobal("m", "f"), other_.MakeGlobal("m", "g")));
  EXPECT_TRUE(Equal(document_.MakeExtension(1), other_.MakeExtension(1)));
  EXPECT_FALSE(Equal(document_.MakeExtension(1), other_.MakeExtension(2)));
  EXPECT_TRUE(Equal(document_.MakePersistentId(Value::Int(1)),
                    other_.MakePersistentId(Value::Bool(true))));
  EXPECT_FALSE(Equal(document_.MakePersistentId(Value::Int(1)),
                     document_.MakeExtension(1)));
}

TEST_F(EqualTest, BuffersCompareByContent) {
  const Value abc = document_.MakeBuffer(Buffer::Borrow("abc"));
  other_.MakeBuffer(Buffer::Borrow("first"));
  EXPECT_TRUE(Equal(abc, other_.MakeBuffer(Buffer::Borrow("abc"))));
  EXPECT_FALSE(Equal(abc, other_.MakeBuffer(Buffer::Borrow("abd"))));
  EXPECT_FALSE(Equal(abc, document_.MakeBytes("abc")));
}

TEST_F(EqualTest, CyclesCompareByWhatCanBeReached) {
  const Value one = testing::Ring(document_, 1);
  const Value three = testing::Ring(other_, 3);
  EXPECT_TRUE(Equal(one, three));
  EXPECT_TRUE(Equal(testing::Ring(document_, 2), three));
  other_.Append(three[0], Value::Int(1));
  EXPECT_FALSE(Equal(one, three));
}

TEST_F(EqualTest, CyclesThroughObjectsInSetsCompare) {
  const auto make = [](Document& document, int64_t a, int64_t b) {
    const Value set = document.MakeSet();
    for (const int64_t number : {a, b}) {
      const Value object = Object(document, {Value::Int(number)});
      SetState(document, object, set);
      document.Add(set, object);
    }
    return set;
  };
  const Value one = make(document_, 1, 2);
  EXPECT_TRUE(Equal(one, make(other_, 1, 2)));
  EXPECT_TRUE(Equal(one, make(other_, 2, 1)));
  EXPECT_FALSE(Equal(one, make(other_, 1, 3)));
}

TEST_F(EqualTest, CyclesThroughDictsCompare) {
  const auto build = [](Document& document, Maker& make, int last) {
    const Value dict = make.Dict({{"n", last}});
    document.SetItem(dict, make.Of("self"), dict);
    return dict;
  };
  EXPECT_TRUE(Equal(build(document_, make_, 1), build(other_, also_, 1)));
  EXPECT_FALSE(Equal(build(document_, make_, 1), build(other_, also_, 2)));
}

TEST_F(EqualTest, BigIntsDifferFromSmallOnes) {
  const Value big = Big("18446744073709551616");
  EXPECT_FALSE(Equal(big, Value::Int(0)));
  EXPECT_FALSE(Equal(Value::Int(0), big));
  EXPECT_FALSE(Equal(Value::Bool(true), big));
}

TEST_F(EqualTest, LongTextComparesByContentAndKind) {
  const std::string text(1000, 'x');
  const Value shared = make_.Of(text);
  const Value twice = List(document_, {shared, shared});
  EXPECT_TRUE(Equal(twice, also_.List({text, text})));
  EXPECT_FALSE(Equal(twice, also_.List({text, "x"})));
  EXPECT_FALSE(
      Equal(twice, List(other_, {also_.Of(text), other_.MakeBytes(text)})));
  EXPECT_FALSE(Equal(document_.MakeBytes(text), also_.Of(text)));
  EXPECT_FALSE(Equal(document_.MakeBytes("ab"), Value::None()));
}

TEST_F(EqualTest, EmptyTupleHasOnlyItsLike) {
  EXPECT_FALSE(Equal(make_.Tuple({1}), make_.Tuple({})));
  EXPECT_FALSE(Equal(Value::Int(1), make_.Tuple({})));
  EXPECT_FALSE(Equal(make_.Tuple({}), Value::Int(1)));
}

TEST_F(EqualTest, ModulesTellGlobalsApart) {
  EXPECT_FALSE(
      Equal(document_.MakeGlobal("m", "f"), document_.MakeGlobal("n", "f")));
}

TEST_F(EqualTest, StatesTellBuffersApart) {
  const Value one = document_.MakeBuffer(Buffer::Borrow("abc"));
  const Value two = other_.MakeBuffer(Buffer::Borrow("abc"));
  ASSERT_TRUE(SetState(document_, one, Value::Int(1)));
  EXPECT_FALSE(Equal(one, two));
  ASSERT_TRUE(SetState(other_, two, Value::Int(1)));
  EXPECT_TRUE(Equal(one, two));
}

TEST_F(EqualTest, PlaceholdersCompareByPlaceAndReadonly) {
  ReadOptions options;
  options.placeholder_buffers = true;
  ASSERT_TRUE(document_.LoadBorrowed("(\x97\x97\x98t.", options).ok());
  ASSERT_TRUE(other_.LoadBorrowed("(\x97\x97t.", options).ok());
  const Value one = document_.root();
  const Value two = other_.root();
  EXPECT_TRUE(Equal(one[0], two[0]));
  EXPECT_FALSE(Equal(one[0], two[1]));
  EXPECT_FALSE(Equal(one[1], two[1]));
  const Value filled = other_.MakeBuffer(Buffer::Borrow(""));
  EXPECT_FALSE(Equal(one[0], filled));
  EXPECT_FALSE(Equal(filled, one[0]));
}

TEST_F(EqualTest, TreesCompareWithGraphsThatMeetTheirRoot) {
  const Value tree = List(document_, {List(document_, {document_.MakeList()})});
  const Value ring = testing::Ring(other_, 2);
  EXPECT_FALSE(Equal(tree, ring));
  EXPECT_FALSE(Equal(ring, tree));
}

// What sets hold is told apart by all that an object consists of.
TEST_F(EqualTest, ItemsOfSetsCompareByContentInAnyOrder) {
  using Build = Value (*)(Document&, int64_t);
  const Build builds[] = {
      [](Document& d, int64_t n) { return Object(d, {Value::Int(n)}); },
      [](Document& d, int64_t n) {
        return Object(d, {Dict(d, {Value::Int(n), Value::Int(1)})});
      },
      [](Document& d, int64_t n) {
        return Object(d, {Dict(d, {Value::Int(1), Value::Int(n)})});
      },
      [](Document& d, int64_t n) {
        return Object(d, {Set(d, {Value::Int(n)})});
      },
      [](Document& d, int64_t n) {
        return Object(d, {d.MakeByteArray(std::to_string(n))});
      },
      [](Document& d, int64_t n) {
        return Object(d, {}, static_cast<ObjectForm>(n));
      },
      [](Document& d, int64_t n) {
        const Value object = Object(d, {});
        SetState(d, object, Value::Int(n));
        return object;
      },
      [](Document& d, int64_t n) {
        const Value object = Object(d, {});
        AddPost(d, object, static_cast<PostKind>(n),
                {Value::Int(1), Value::Int(2)});
        return object;
      },
      [](Document& d, int64_t n) {
        return d.MakeGlobal("m", "f" + std::to_string(n));
      },
      [](Document& d, int64_t n) {
        return d.MakeExtension(static_cast<int32_t>(n));
      },
      [](Document& d, int64_t n) { return d.MakePersistentId(Value::Int(n)); },
      [](Document& d, int64_t n) {
        return d.MakeBuffer(Buffer::Own(std::to_string(n)).value());
      },
      [](Document& d, int64_t n) {
        return d.MakeStr(std::string(300, static_cast<char>('a' + n)));
      },
  };
  for (const Build& build : builds) {
    const auto make = [&build](Document& document, int64_t a, int64_t b) {
      const Value set = Set(document, {build(document, a), build(document, b)});
      EXPECT_EQ(set.size(), 2u);
      return set;
    };
    const ptrdiff_t index = &build - builds;
    EXPECT_TRUE(Equal(make(document_, 1, 2), make(other_, 2, 1))) << index;
    EXPECT_FALSE(Equal(make(document_, 1, 2), make(other_, 3, 1))) << index;
  }
}

TEST_F(EqualTest, RepetitionsInSetsDoNotCount) {
  EXPECT_TRUE(Equal(make_.Set({1, 1, 2}), also_.Set({1, 2, 2, 1})));
  EXPECT_TRUE(Equal(make_.Set({1, make_.Tuple({1})}),
                    also_.Set({also_.Tuple({1}), 1})));
}

TEST_F(EqualTest, ItemsThatReachCyclesDifferFromThoseThatDoNot) {
  const Value ring = Object(document_, {Value::Int(1)});
  SetState(document_, ring, Tuple(document_, {ring}));
  const Value tree = Object(other_, {Value::Int(1)});
  SetState(other_, tree, Tuple(other_, {Object(other_, {Value::Int(1)})}));
  EXPECT_FALSE(Equal(Set(document_, {ring, Value::Int(2)}),
                     Set(other_, {Value::Int(2), tree})));
}

TEST_F(EqualTest, PlaceholdersInSetsCompareByPlaceAndReadonly) {
  ReadOptions options;
  options.placeholder_buffers = true;
  ASSERT_TRUE(
      document_.LoadBorrowed("\x97\x97\x98\x97\x97\x87\x86.", options).ok());
  const Value first = document_.root()[0];
  const Value rest = document_.root()[1];
  EXPECT_FALSE(Equal(Set(document_, {first, rest[0]}),
                     Set(document_, {rest[0], rest[1]})));
  EXPECT_TRUE(Equal(Set(document_, {rest[0], rest[1], rest[2]}),
                    Set(document_, {rest[2], rest[0], rest[1]})));
}

}  // namespace
}  // namespace pickle5

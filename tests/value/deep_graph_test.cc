// Graphs that recursion, or one visit per path, could not cope with.

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "pickle/show/canonical_tree.h"
#include "pickle/show/json_format.h"
#include "pickle/value/dict_index.h"
#include "pickle/value/document.h"
#include "pickle/value/equal.h"
#include "pickle/value/hash.h"
#include "pickle/value/literal.h"
#include "pickle/value/path.h"
#include "pickle/value/repr.h"
#include "tests/value/graphs.h"

namespace pickle5 {
namespace {

using testing::Deep;
using testing::Nest;

constexpr int kDepth = 1'000'000;

class DeepGraph : public ::testing::TestWithParam<Nest> {
 protected:
  Document document_;
  Document other_;
};

INSTANTIATE_TEST_SUITE_P(Nests, DeepGraph,
                         ::testing::ValuesIn(testing::kAllNests));

TEST_P(DeepGraph, IsCopiedComparedAndHashed) {
  const Value deep = Deep(document_, GetParam(), kDepth);
  const Value copy = other_.Copy(deep);
  EXPECT_TRUE(Identical(deep, copy));
  EXPECT_TRUE(Equal(deep, copy));
  const bool hashable = GetParam() != Nest::kList && GetParam() != Nest::kDict;
  EXPECT_EQ(Hash(deep).has_value(), hashable);
  EXPECT_EQ(Hash(deep), Hash(copy));
}

TEST_P(DeepGraph, IsToldFromADeeperOne) {
  const Value deep = Deep(document_, GetParam(), kDepth);
  EXPECT_FALSE(Equal(deep, Deep(other_, GetParam(), kDepth + 1)));
}

TEST_P(DeepGraph, IsPrinted) {
  const Value deep = Deep(document_, GetParam(), kDepth);
  EXPECT_GT(Repr(deep).size(), 2u * kDepth);
  EXPECT_LT(Repr(deep, ReprOptions::Short()).size(), 1000u);
  const absl::StatusOr<std::string> tree = CanonicalTree(deep);
  ASSERT_TRUE(tree.ok());
  EXPECT_GT(tree->size(), 10u * kDepth);
}

TEST_P(DeepGraph, IsWrittenAsJsonAndReadBack) {
  const Value deep = Deep(document_, GetParam(), kDepth / 4);
  const absl::StatusOr<std::string> json = ToJson(deep, {.lossless = true});
  ASSERT_TRUE(json.ok());
  const absl::StatusOr<Value> read = FromJson(*json, &other_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(Equal(deep, *read));
}

TEST(DeepGraphs, OfSetsAreComparedWhateverTheirOrder) {
  Document document;
  const auto make = [&document](bool turned) {
    Value inner = document.MakeFrozenSet({});
    for (int i = 0; i < 100'000; ++i) {
      inner = turned ? testing::FrozenSet(document, {Value::Int(i), inner})
                     : testing::FrozenSet(document, {inner, Value::Int(i)});
    }
    return inner;
  };
  const Value one = make(false);
  EXPECT_TRUE(Equal(one, make(true)));
  EXPECT_EQ(Hash(one), Hash(make(true)));
  EXPECT_FALSE(Equal(one, one.items()[0]));
}

TEST(SharedGraphs, WithManyPathsCostWhatTheirNodesCost) {
  Document document;
  Document other;
  const Value one = testing::Diamonds(document, 60);
  const Value two = testing::Diamonds(other, 60);
  EXPECT_TRUE(Equal(one, two));
  EXPECT_FALSE(Equal(one, testing::Diamonds(other, 61)));
  EXPECT_TRUE(Identical(one, two));
  EXPECT_EQ(Hash(one), Hash(two));
  EXPECT_LT(Repr(one).size(), 2000u);
  EXPECT_LT(ToJson(one)->size(), 4000u);
  EXPECT_LT(CanonicalTree(one)->size(), 8000u);
  EXPECT_TRUE(Identical(one, other.Copy(one)));
  const Value dict = other.MakeDict();
  other.SetItem(dict, two, Value::Int(1));
  EXPECT_EQ(dict.Find(one).AsInt64(), 1);
  EXPECT_EQ(DictIndex(dict).Find(one).AsInt64(), 1);
  EXPECT_EQ(dict.size(), 1u);
}

TEST(SharedGraphs, AreEqualToTheirUnfolding) {
  Document document;
  const auto unfold = [&document](int levels) {
    std::vector<Value> row(size_t{1} << levels);
    for (Value& v : row) v = testing::Tuple(document, {Value::Int(1)});
    while (row.size() > 1) {
      std::vector<Value> next;
      for (size_t i = 0; i < row.size(); i += 2) {
        next.push_back(testing::Tuple(document, {row[i], row[i + 1]}));
      }
      row = next;
    }
    return row[0];
  };
  const Value tree = unfold(14);
  EXPECT_TRUE(Equal(tree, testing::Diamonds(document, 14)));
  EXPECT_EQ(Hash(tree), Hash(testing::Diamonds(document, 14)));
  EXPECT_FALSE(Identical(tree, testing::Diamonds(document, 14)));
}

TEST(SharedGraphs, OfSetsWithManyPathsAreCompared) {
  Document document;
  const auto make = [&document](int last) {
    Value value = testing::FrozenSet(document, {Value::Int(last)});
    for (int i = 0; i < 60; ++i) {
      value = testing::FrozenSet(
          document, {testing::Tuple(document, {value, Value::Int(1)}),
                     testing::Tuple(document, {Value::Int(2), value})});
    }
    return value;
  };
  const Value set = testing::Set(document, {make(1), Value::Int(0)});
  EXPECT_TRUE(Equal(set, testing::Set(document, {Value::Int(0), make(1)})));
  EXPECT_FALSE(Equal(set, testing::Set(document, {Value::Int(0), make(2)})));
}

TEST(SharedGraphs, WithLongTextInManyPlacesStaySmall) {
  Document document;
  Document other;
  const Value text = document.MakeStr(std::string(1 << 20, 'x'));
  const Value list = document.MakeList();
  for (int i = 0; i < 100'000; ++i) document.Append(list, text);
  const Value copy = other.Copy(list);
  EXPECT_TRUE(Equal(list, copy));
  EXPECT_TRUE(Identical(list, copy));
  EXPECT_LT(Repr(list).size(), 2u << 20);
  EXPECT_LT(ToJson(list)->size(), 4u << 20);
  EXPECT_LT(CanonicalTree(list)->size(), 16u << 20);
  EXPECT_EQ(Hash(document.MakeTuple(list.items())),
            Hash(other.MakeTuple(copy.items())));
}

TEST(Cycles, OfAMillionNodesAreHandled) {
  Document document;
  Document other;
  const Value ring = testing::Ring(document, kDepth);
  const Value copy = other.Copy(ring);
  EXPECT_TRUE(Identical(ring, copy));
  EXPECT_TRUE(Equal(ring, testing::Ring(other, 3)));
  EXPECT_GT(Repr(ring).size(), 2u * kDepth);
  EXPECT_TRUE(CanonicalTree(ring).ok());
  EXPECT_TRUE(ToJson(ring).ok());
  const Value object = testing::Object(document, {ring});
  EXPECT_TRUE(Hash(object).has_value());
}

}  // namespace
}  // namespace pickle5

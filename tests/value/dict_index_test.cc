#include "pickle/value/dict_index.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "pickle/value/literal.h"
#include "tests/value/graphs.h"

namespace pickle5 {
namespace {

TEST(DictIndex, FindsEveryKeyOfALargeDict) {
  Document document;
  const Maker make(&document);
  const Value dict = document.MakeDict();
  for (int64_t i = 0; i < 20000; ++i) {
    document.SetItem(dict, make.Of("key" + std::to_string(i)), Value::Int(i));
    document.SetItem(dict, make.Tuple({i, "x"}), Value::Int(-i));
  }
  const DictIndex index(dict);
  EXPECT_EQ(index.size(), 40000u);
  for (int64_t i = 0; i < 20000; i += 7) {
    EXPECT_EQ(index.Find("key" + std::to_string(i)).AsInt64(), i);
    EXPECT_EQ(index.Find(make.Tuple({static_cast<double>(i), "x"})).AsInt64(),
              -i);
  }
  EXPECT_TRUE(index.Find("key20000").is_null());
  EXPECT_TRUE(index.Find(make.Tuple({1, "y"})).is_null());
}

TEST(DictIndex, FindsAsPythonFinds) {
  Document document;
  const Maker make(&document);
  const Value dict = make.Dict({{1, "first"}, {"a", 1}, {true, "last"}});
  const DictIndex index(dict);
  EXPECT_EQ(index.size(), 2u);
  EXPECT_EQ(index.Find(Value::Float(1)).AsStr(), "last");
  EXPECT_EQ(index.Find("a").AsInt64(), 1);
  EXPECT_EQ(index.Find(make.Of("a")).AsInt64(), 1);
  EXPECT_TRUE(index.Find(Value::None()).is_null());
  EXPECT_TRUE(index.Find(Value()).is_null());
}

TEST(DictIndex, HasNothingOfWhatIsNoDict) {
  EXPECT_EQ(DictIndex(Value()).size(), 0u);
  EXPECT_EQ(DictIndex(Value::Int(1)).Find("a").kind(), Kind::kNull);
}

TEST(DictIndex, Moves) {
  Document document;
  const Maker make(&document);
  DictIndex index(make.Dict({{"a", 1}}));
  DictIndex moved(std::move(index));
  index = DictIndex(make.Dict({{"b", 2}}));
  EXPECT_EQ(moved.Find("a").AsInt64(), 1);
  EXPECT_EQ(index.Find("b").AsInt64(), 2);
}

TEST(DictIndex, FindsKeysThatReachCycles) {
  Document document;
  const Value dict = document.MakeDict();
  const Value object = testing::Object(document, {Value::Int(1)});
  testing::SetState(document, object, dict);
  document.SetItem(dict, object, Value::Int(5));
  EXPECT_EQ(DictIndex(dict).Find(object).AsInt64(), 5);
}

TEST(DictIndex, TellsKeysOfOneHashApart) {
  Document document;
  // The hash of what reaches a cycle is that of its outside.
  const auto make = [&document](int64_t inside) {
    const Value object = testing::Object(document, {Value::Int(1)});
    testing::SetState(document, object,
                      testing::List(document, {object, Value::Int(inside)}));
    return object;
  };
  const Value first = make(1);
  const Value second = make(2);
  const DictIndex index(
      testing::Dict(document, {first, Value::Int(10), second, Value::Int(20)}));
  EXPECT_EQ(index.Find(first).AsInt64(), 10);
  EXPECT_EQ(index.Find(make(1)).AsInt64(), 10);
  EXPECT_EQ(index.Find(second).AsInt64(), 20);
  EXPECT_TRUE(index.Find(make(3)).is_null());
}

TEST(DictIndex, KeysMayShareAllTheirParts) {
  Document document;
  const Value part = testing::Diamonds(document, 60);
  const Value dict = document.MakeDict();
  for (int64_t i = 0; i < 20000; ++i) {
    document.SetItem(dict, testing::Tuple(document, {Value::Int(i), part}),
                     Value::Int(i));
  }
  const DictIndex index(dict);
  EXPECT_EQ(index.size(), 20000u);
  EXPECT_EQ(
      index.Find(testing::Tuple(document, {Value::Int(7), part})).AsInt64(), 7);
}

}  // namespace
}  // namespace pickle5

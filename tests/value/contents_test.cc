// Containers of Python that are no list, dict or set to a pickle.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "container_pickles.h"
#include "gtest/gtest.h"
#include "pickle/inspect/statistics.h"
#include "pickle/show/json_format.h"
#include "pickle/value/dict_index.h"
#include "pickle/value/document.h"
#include "pickle/value/equal.h"
#include "pickle/value/literal.h"
#include "pickle/value/path.h"
#include "pickle/value/repr.h"
#include "pickle/value/value_writer.h"
#include "tests/value/graphs.h"

namespace pickle5 {
namespace {

using testing::AddPost;
using testing::ContainerPickle;
using testing::Object;

std::string BytesOf(const ContainerPickle& row) {
  return absl::HexStringToBytes(
      absl::string_view(row.hex.data(), row.hex.size()));
}

std::string NameOf(const ContainerPickle& row) {
  return absl::StrCat(std::string(row.name), " of Python ",
                      std::string(row.python), ", protocol ", row.protocol);
}

Value At(Value root, std::string_view path) {
  return Follow(root, *ParsePath(path)).value_or(Value());
}

std::vector<int64_t> Ints(const ElementRange& elements) {
  std::vector<int64_t> ints;
  for (const Value element : elements) {
    ints.push_back(element.AsInt64().value_or(-1));
  }
  return ints;
}

TEST(Contents, WhatPythonsWriteOfADictHasEntries) {
  for (const ContainerPickle& row : testing::kDictPickles) {
    SCOPED_TRACE(NameOf(row));
    Document document;
    ASSERT_TRUE(document.LoadOwned(BytesOf(row)).ok());
    const Value root = document.root();
    std::map<std::string, int64_t> found;
    for (const auto& [key, value] : root.entries()) {
      found[std::string(key.AsStr().value_or("?"))] =
          value.AsInt64().value_or(-1);
    }
    EXPECT_EQ(found, (std::map<std::string, int64_t>{{"a", 1}, {"b", 2}}));
    EXPECT_EQ(root.entries().size(), 2u);
    EXPECT_EQ(root.size(), 2u);
    EXPECT_EQ(root["a"].AsInt64(), 1);
    EXPECT_EQ(root["b"].AsInt64(), 2);
    EXPECT_TRUE(root["c"].is_null());
    EXPECT_EQ(At(root, "$['b']").AsInt64(), 2);
    EXPECT_EQ(At(root, "$.a").AsInt64(), 1);
    const DictIndex index(root);
    EXPECT_EQ(index.size(), 2u);
    EXPECT_EQ(index.Find("b").AsInt64(), 2);
    const Value first = At(root, "$.@key[0]");
    EXPECT_EQ(found[std::string(*first.AsStr())],
              At(root, "$.@value[0]").AsInt64());
    EXPECT_TRUE(At(root, "$.@value[2]").is_null());
  }
}

TEST(Contents, WhatPythonsWriteOfAListHasElements) {
  for (const ContainerPickle& row : testing::kListPickles) {
    SCOPED_TRACE(NameOf(row));
    Document document;
    ASSERT_TRUE(document.LoadOwned(BytesOf(row)).ok());
    const Value root = document.root();
    EXPECT_EQ(Ints(root.elements()), (std::vector<int64_t>{1, 2, 2}));
    EXPECT_EQ(root.elements().size(), 3u);
    EXPECT_TRUE(root.entries().empty());
    EXPECT_EQ(root.size(), 3u);
    EXPECT_EQ(root[0].AsInt64(), 1);
    EXPECT_EQ(root[-1].AsInt64(), 2);
    EXPECT_TRUE(root[3].is_null());
    EXPECT_TRUE(root[-4].is_null());
    EXPECT_EQ(At(root, "$[-3]").AsInt64(), 1);
  }
}

TEST(Contents, WhatPythonsWriteOfASetHasElements) {
  for (const ContainerPickle& row : testing::kSetPickles) {
    SCOPED_TRACE(NameOf(row));
    Document document;
    ASSERT_TRUE(document.LoadOwned(BytesOf(row)).ok());
    const Value root = document.root();
    EXPECT_EQ(Ints(root.elements()), (std::vector<int64_t>{1, 2}));
    EXPECT_EQ(root.size(), 2u);
    EXPECT_TRUE(root[0].is_null());
    EXPECT_EQ(At(root, "$[1]").AsInt64(), 2);
  }
}

class ContentsTest : public ::testing::Test {
 protected:
  // An OrderedDict as Python 3 writes it.
  Value Ordered(std::initializer_list<std::pair<Literal, Literal>> pairs) {
    const Value object = make_.Call("collections.OrderedDict", {});
    const Value dict = make_.Dict(pairs);
    EXPECT_TRUE(
        document_.AddPost(object, PostKind::kSetItem, dict.pairs().flat()));
    return object;
  }

  Document document_;
  Maker make_{&document_};
};

TEST_F(ContentsTest, SeveralBatchesAreOne) {
  const Value object = Ordered({});
  const Value list = make_.Call("collections.deque", {});
  for (int i = 0; i < 5; ++i) {
    AddPost(document_, object, PostKind::kSetItem,
            {Value::Int(i), Value::Int(-i), Value::Int(i + 10), Value::None()});
    AddPost(document_, list, PostKind::kAppend, {Value::Int(i), Value::Int(9)});
  }
  EXPECT_EQ(object.entries().size(), 10u);
  EXPECT_EQ(object.entries()[9].key.AsInt64(), 14);
  EXPECT_TRUE(object.entries()[10].key.is_null());
  EXPECT_EQ(object[3].AsInt64(), -3);
  EXPECT_EQ(list.elements()[4].AsInt64(), 2);
  EXPECT_EQ(list[-2].AsInt64(), 4);
  EXPECT_EQ(Repr(list), "collections.deque([0, 9, 1, 9, 2, 9, 3, 9, 4, 9])");
  EXPECT_EQ(Repr(list, {.max_items = 3}),
            "collections.deque([0, 9, 1, ... 7 more])");
}

TEST_F(ContentsTest, TheLastValueOfAKeyCounts) {
  const Value object = Ordered({{"a", 1}, {"b", 2}});
  AddPost(document_, object, PostKind::kSetItem,
          {make_.Of("a"), Value::Int(3)});
  EXPECT_EQ(object["a"].AsInt64(), 3);
  EXPECT_EQ(object.size(), 2u);
  EXPECT_EQ(object.entries().size(), 3u);
  EXPECT_EQ(DictIndex(object).Find("a").AsInt64(), 3);
  EXPECT_EQ(object.Find(make_.Of("a")).AsInt64(), 3);
}

TEST_F(ContentsTest, AnEntryComesBeforeAnAttribute) {
  const Value object = Ordered({{"x", 1}});
  testing::SetState(document_, object, make_.Dict({{"x", 2}, {"y", 3}}));
  EXPECT_EQ(object["x"].AsInt64(), 1);
  EXPECT_EQ(object["y"].AsInt64(), 3);
  EXPECT_EQ(At(object, "$.@state.x").AsInt64(), 2);
}

TEST_F(ContentsTest, WhatIsNoContainerHasNothing) {
  EXPECT_TRUE(Value::Int(1).entries().empty());
  EXPECT_TRUE(Value::Int(1).elements().empty());
  EXPECT_TRUE(make_.List({1}).entries().empty());
  EXPECT_TRUE(make_.Dict({{1, 2}}).elements().empty());
  EXPECT_TRUE(make_.Call("m.f", {make_.List({1})}).elements().empty());
  EXPECT_EQ(make_.Call("m.f", {make_.List({1})}).size(), 0u);
  // What Python would refuse to make a dict of.
  EXPECT_TRUE(make_.Call("collections.OrderedDict", {make_.List({1})})
                  .entries()
                  .empty());
  EXPECT_TRUE(make_.Call("copyreg._reconstructor", {}).entries().empty());
}

TEST_F(ContentsTest, APersistentIdCanBeFilled) {
  const Value object = document_.MakePersistentId(Value::Int(1));
  AddPost(document_, object, PostKind::kSetItem,
          {make_.Of("k"), Value::Int(2)});
  EXPECT_EQ(object["k"].AsInt64(), 2);
  EXPECT_EQ(Repr(object), "<persistent 1> {'k': 2}");
}

TEST_F(ContentsTest, ReprShowsThemAsPythonDoes) {
  EXPECT_EQ(Repr(Ordered({{"a", 1}, {"b", make_.List({2})}})),
            "collections.OrderedDict({'a': 1, 'b': [2]})");
  EXPECT_EQ(Repr(Ordered({})), "collections.OrderedDict({})");
  const Value counted = make_.Call("collections.defaultdict",
                                   {document_.MakeGlobal("builtins", "int")});
  AddPost(document_, counted, PostKind::kSetItem,
          {make_.Of("a"), Value::Int(1)});
  EXPECT_EQ(Repr(counted),
            "collections.defaultdict(<global builtins.int>, {'a': 1})");
  const Value made = Object(document_, {}, ObjectForm::kNewObj);
  AddPost(document_, made, PostKind::kAppend, {Value::Int(1)});
  testing::SetState(document_, made, make_.Dict({{"x", 1}}));
  EXPECT_EQ(Repr(made), "m.C.__new__() [1] <state {'x': 1}>");
  EXPECT_EQ(Repr(make_.List({made}), {.max_depth = 1}), "[m.C.__new__(...)]");
}

TEST_F(ContentsTest, JsonShowsThemInOnePiece) {
  const Value object = Ordered({{"a", 1}, {"b", 2}});
  AddPost(document_, object, PostKind::kSetItem,
          {make_.Of("a"), Value::Int(3)});
  testing::SetState(document_, object, make_.Dict({{"m", 1}}));
  const std::string start =
      R"({"$object": "reduce", "$callable": )"
      R"({"$global": ["collections", "OrderedDict"]}, "$args": [], )";
  EXPECT_EQ(*ToJson(object), start + R"("$entries": {"a": 3, "b": 2}, )"
                                     R"("$posts": [["state", {"m": 1}]]})");
  EXPECT_TRUE(
      ToJson(object, {.lossless = true})
          ->ends_with(R"("$posts": [["setitem", [["a", 1], ["b", 2]]], )"
                      R"(["setitem", [["a", 3]]], )"
                      R"(["state", {"m": 1}]]})"));
  EXPECT_EQ(*ToJson(Ordered({{1, 2}})), start + R"("$entries": [[1, 2]]})");
  const Value list = make_.Call("collections.deque", {});
  AddPost(document_, list, PostKind::kAppend, {Value::Int(1)});
  AddPost(document_, list, PostKind::kAppend, {Value::Int(2)});
  EXPECT_EQ(*ToJson(list),
            R"({"$object": "reduce", "$callable": )"
            R"({"$global": ["collections", "deque"]}, "$args": [], )"
            R"("$elements": [1, 2]})");
}

TEST_F(ContentsTest, JsonIsReadBack) {
  const Value shared = make_.List({7});
  const Value object = make_.Call("m.Both", {});
  AddPost(document_, object, PostKind::kAppend, {Value::Int(5)});
  AddPost(document_, object, PostKind::kSetItem,
          {make_.Of("a"), shared, make_.Of("$c"), shared});
  const Value reversed = Ordered({{"a", 1}});
  AddPost(document_, reversed, PostKind::kAppend, {Value::Int(5)});
  for (const Value value :
       {object, reversed, Ordered({{1, 2}}), Ordered({{"k", 1}})}) {
    const std::string json = *ToJson(value);
    Document other;
    const absl::StatusOr<Value> read = FromJson(json, &other);
    ASSERT_TRUE(read.ok()) << read.status() << " of " << json;
    EXPECT_EQ(*ToJson(*read), json);
    EXPECT_EQ(read->size(), value.size());
    other.SetRoot(*read);
    Document again;
    ASSERT_TRUE(again.LoadOwned(*DumpToString(other)).ok());
    EXPECT_EQ(*ToJson(again.root()), json);
  }
  for (const char* const bad : {R"({"$list": [], "$entries": {}})",
                                R"({"$extension": 1, "$entries": 1})",
                                R"({"$extension": 1, "$entries": [[1]]})",
                                R"({"$extension": 1, "$elements": 1})"}) {
    EXPECT_EQ(FromJson(bad, &document_).status().code(),
              absl::StatusCode::kInvalidArgument)
        << bad;
  }
}

TEST_F(ContentsTest, StatisticsNamePathsThatCanBeFollowed) {
  const Value object = Ordered({{"conv1.weight", std::string(5000, 'x')}});
  const Value list = make_.Call("collections.deque", {});
  AddPost(document_, list, PostKind::kAppend,
          {Value::Int(1), make_.Of(std::string(3000, 'y'))});
  document_.SetRoot(make_.Dict({{"model", object}, {"log", list}}));
  const std::string pickle = *DumpToString(document_);
  const absl::StatusOr<Document> loaded = LoadString(pickle);
  ASSERT_TRUE(loaded.ok());
  const auto statistics = Measure(pickle, *loaded);
  ASSERT_TRUE(statistics.ok());
  std::map<std::string, uint64_t> rows;
  for (const StatisticsRow& row : statistics->paths) rows[row.name] = row.bytes;
  EXPECT_GE(rows["$.model['conv1.weight']"], 5000u);
  EXPECT_GE(rows["$.log[1]"], 3000u);
  EXPECT_EQ(At(loaded->root(), "$.model['conv1.weight']").size(), 5000u);
}

}  // namespace
}  // namespace pickle5

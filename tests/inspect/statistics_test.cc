#include "pickle/inspect/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "buffers/bytes/string_byte_writer.h"
#include "pickle/value/document.h"
#include "pickle/value/literal.h"
#include "pickle/value/value_writer.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

std::string Pickle(Value value) {
  std::string pickle;
  StringByteWriter writer(&pickle);
  EXPECT_TRUE(Dump(value, writer).ok());
  EXPECT_TRUE(writer.Close());
  return pickle;
}

Statistics MeasurePickle(const std::string& pickle,
                         const StatisticsOptions& options = {}) {
  Document document;
  EXPECT_TRUE(document.LoadBorrowed(pickle).ok());
  absl::StatusOr<Statistics> statistics = Measure(pickle, document, options);
  EXPECT_TRUE(statistics.ok());
  return *std::move(statistics);
}

const StatisticsRow* Find(const std::vector<StatisticsRow>& rows,
                          std::string_view name) {
  for (const StatisticsRow& row : rows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

uint64_t Sum(const std::vector<StatisticsRow>& rows) {
  uint64_t bytes = 0;
  for (const StatisticsRow& row : rows) bytes += row.bytes;
  return bytes;
}

TEST(Statistics, OpcodesSumUpToThePickle) {
  const std::string pickle =
      "\x80\x02]q\x00(K\x01K\x02"
      "e."s;
  const Statistics statistics = MeasurePickle(pickle + "behind");
  EXPECT_EQ(statistics.pickle_bytes, pickle.size());
  EXPECT_EQ(Sum(statistics.opcodes), pickle.size());
  EXPECT_EQ(Find(statistics.opcodes, "BININT1")->count, 2u);
}

TEST(Statistics, ValuesTakeTheBytesOfProtocolFive) {
  Document document;
  Maker make(&document);
  std::vector<Value> numbers(2500, Value::Int(70000));
  numbers.push_back(Value::Int(int64_t{1} << 40));
  numbers.push_back(document.MakeIntFromText("-123456789012345678901234"));
  const std::array<Value, 2> set_items = {Value::Int(1), Value::Int(256)};
  const Value root =
      make.Dict({{"numbers", document.MakeList(numbers)},
                 {"text", std::string(300, 'x')},
                 {"bytes", document.MakeBytes(std::string(70, 'y'))},
                 {"bytearray", document.MakeByteArray("zz")},
                 {"sets", make.Tuple({document.MakeSet(set_items),
                                      document.MakeFrozenSet(set_items),
                                      document.MakeSet(), make.Tuple({})})},
                 {"tuple", make.Tuple({nullptr, true, 1.5, 2, 3})},
                 {"call", make.Call("m.f", {1})}});
  const std::string pickle = Pickle(root);
  const Statistics statistics = MeasurePickle(pickle);
  // PROTO, one FRAME for each 64 KiB (there is one) and STOP are not a value's.
  EXPECT_EQ(statistics.value_bytes, pickle.size() - 2 - 9 - 1);
  EXPECT_EQ(Sum(statistics.types), statistics.value_bytes);
  EXPECT_EQ(Find(statistics.paths, "$")->bytes, statistics.value_bytes);
  EXPECT_EQ(Find(statistics.types, "int")->count, 2502u + 4 + 2 + 1);
}

TEST(Statistics, IntsAndExtensionsTakeTheirShortestForm) {
  Document document;
  Maker make(&document);
  for (const int64_t number :
       {int64_t{0}, int64_t{255}, int64_t{256}, int64_t{65535}, int64_t{65536},
        int64_t{-1}, int64_t{INT32_MIN}, int64_t{INT32_MAX},
        int64_t{INT32_MIN} - 1, int64_t{INT32_MAX} + 1, int64_t{1} << 39,
        -(int64_t{1} << 39), -(int64_t{1} << 39) - 1, INT64_MAX, INT64_MIN}) {
    const std::string pickle = Pickle(make.List({Value::Int(number)}));
    EXPECT_EQ(MeasurePickle(pickle).value_bytes, pickle.size() - 2 - 9 - 1)
        << number;
  }
  EXPECT_EQ(
      MeasurePickle("\x8b\x2c\1\0\0"s + std::string(300, 1) + ".").value_bytes,
      305u);
  EXPECT_EQ(MeasurePickle("\x82\x07."s).value_bytes, 2u);
  EXPECT_EQ(MeasurePickle("\x83\0\1."s).value_bytes, 3u);
  EXPECT_EQ(MeasurePickle("\x84\0\0\1\0."s).value_bytes, 5u);
}

TEST(Statistics, PathsHoldWhatIsBelow) {
  Document document;
  Maker make(&document);
  const std::string long_text(1000, 'x');
  const std::string pickle = Pickle(make.Dict(
      {{"a", make.List({long_text + "1", make.List({long_text + "2"})})},
       {7, long_text + "3"},
       {make.Tuple({1}), long_text + "4"}}));
  const Statistics statistics = MeasurePickle(pickle, {.path_depth = 2});
  EXPECT_GT(Find(statistics.paths, "$.a")->bytes, 2002u);
  EXPECT_GT(Find(statistics.paths, "$.a[1]")->bytes, 1001u);
  EXPECT_EQ(Find(statistics.paths, "$.a[1][0]"), nullptr);
  EXPECT_NE(Find(statistics.paths, "$[7]"), nullptr);
  EXPECT_NE(Find(statistics.paths, "$.@value[2]"), nullptr);
}

TEST(Statistics, PathsLeadToStatesAndToKeysOfAllSizes) {
  const Statistics statistics =
      MeasurePickle("}\x8a\x09\0\0\0\0\0\0\0\0\1](NNes."s);
  EXPECT_NE(Find(statistics.paths, "$.@value[0][1]"), nullptr);
  // Only the last state is the object's.
  const Statistics states =
      MeasurePickle("cm\nC\n)\x81Na(NNe]b}b.", {.path_depth = 3});
  for (const std::string_view path :
       {"$[0]", "$[2]", "$.@post[2][0]", "$.@state"}) {
    EXPECT_NE(Find(states.paths, path), nullptr) << path;
  }
}

TEST(Statistics, OnlyTheLargestRowsStay) {
  Document document;
  std::vector<Value> items;
  for (size_t i = 1; i <= 500; ++i) {
    items.push_back(document.MakeStr(std::string(i, 'x')));
  }
  const std::string pickle = Pickle(document.MakeList(items));
  const Statistics statistics = MeasurePickle(pickle, {.max_rows = 3});
  ASSERT_EQ(statistics.paths.size(), 3u);
  EXPECT_EQ(statistics.paths[0].name, "$");
  EXPECT_EQ(statistics.paths[1].name, "$[499]");
  EXPECT_EQ(statistics.paths[2].name, "$[498]");
}

TEST(Statistics, SharedObjectsCountOnce) {
  Document document;
  Maker make(&document);
  const Value shared = make.List({std::string(500, 'x')});
  const std::string pickle = Pickle(make.List({shared, shared, shared}));
  const Statistics statistics = MeasurePickle(pickle);
  EXPECT_EQ(statistics.shared_objects, 1u);
  EXPECT_EQ(statistics.references, 2u);
  EXPECT_LT(statistics.value_bytes, 600u);
}

TEST(Statistics, CyclesEnd) {
  // l = []; l.append(l)
  const Statistics statistics = MeasurePickle(
      "]q\x00h\x00"
      "a."s);
  EXPECT_EQ(statistics.values, 1u);
  EXPECT_EQ(statistics.references, 1u);
}

TEST(Statistics, ClassesHoldWhatIsInTheirObjects) {
  Document document;
  Maker make(&document);
  const std::string pickle = Pickle(
      make.List({make.Call("m.C", {make.Call("m.C", {std::string(99, 'x')})}),
                 make.Call("m.D", {1})}));
  const Statistics statistics = MeasurePickle(pickle);
  const StatisticsRow* outer = Find(statistics.classes, "m.C");
  ASSERT_NE(outer, nullptr);
  EXPECT_EQ(outer->count, 2u);
  EXPECT_GT(outer->bytes, 99u);
  // The inner object is in the outer one and not counted again.
  EXPECT_LT(outer->bytes, 2 * 99u);
  EXPECT_NE(Find(statistics.paths, "$[0].@args[0]"), nullptr);
}

TEST(Statistics, BuffersCount) {
  Document document;
  const std::string bytes(4096, 'b');
  const std::string pickle =
      Pickle(document.MakeBuffer(Buffer::Borrow(std::string_view(bytes))));
  Document holder;
  holder.SetRoot(holder.MakeBuffer(Buffer::Borrow(std::string_view(bytes))));
  const absl::StatusOr<Statistics> statistics = Measure(pickle, holder);
  ASSERT_TRUE(statistics.ok());
  EXPECT_EQ(statistics->buffers, 1u);
  EXPECT_EQ(statistics->readonly_buffers, 1u);
  EXPECT_EQ(statistics->buffer_bytes, 4096u);
  EXPECT_THAT(StatisticsTable(*statistics),
              testing::HasSubstr("buffers    1 (1 readonly), 4.0 KiB\n"));
}

TEST(Statistics, JsonAndTableSayTheSame) {
  const Statistics statistics = MeasurePickle("(lp0\nI1\naVa\na.");
  const auto json = nlohmann::json::parse(StatisticsJson(statistics));
  EXPECT_EQ(json["pickle_bytes"], statistics.pickle_bytes);
  EXPECT_EQ(json["paths"][0]["name"], "$");
  EXPECT_EQ(json["opcodes"].size(), statistics.opcodes.size());
  const std::string table = StatisticsTable(statistics);
  EXPECT_THAT(table, testing::HasSubstr("by opcode"));
  EXPECT_THAT(table, testing::HasSubstr("UNICODE"));
}

}  // namespace
}  // namespace pickle5

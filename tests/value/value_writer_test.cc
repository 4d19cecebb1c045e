#include "pickle/value/value_writer.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/memory_byte_writer.h"
#include "buffers/memory_sink.h"
#include "gtest/gtest.h"
#include "pickle/value/document.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

absl::StatusOr<std::string> Written(Value root, int protocol,
                                    BufferSink* sink = nullptr) {
  MemoryByteWriter writer;
  const absl::Status status = Dump(root, writer, {.protocol = protocol}, sink);
  if (!status.ok()) return status;
  return std::string(writer.written());
}

// A protocol 1 pickle of `root` without its STOP: no frame, no PROTO.
std::string Body(Value root) {
  std::string pickle = Written(root, 1).value();
  pickle.pop_back();
  return pickle;
}

// Loads, and writes in the same protocol.
std::string Again(std::string_view pickle, int protocol) {
  Document document;
  ReadOptions options;
  options.placeholder_buffers = true;
  const absl::Status status = document.LoadBorrowed(pickle, options);
  EXPECT_TRUE(status.ok()) << status;
  MemoryByteWriter writer;
  const absl::Status written = Dump(document, writer, {.protocol = protocol});
  EXPECT_TRUE(written.ok()) << written;
  return std::string(writer.written());
}

TEST(ValueWriter, PlainDataIsByteForByteAsFromCPython) {
  const std::string command =
      "python3 '" PICKLE5_TESTS_DIR "/value/plain_data.py'";
  FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  Document document;
  ValueWriter values;
  MemoryByteWriter writer;
  ReadOptions options;
  options.limits.max_digits = Limits::kUnlimited;
  size_t objects = 0;
  uint64_t length;
  std::array<std::string, 6> pickles;
  while (std::fread(&length, sizeof length, 1, pipe) == 1) {
    for (size_t protocol = 0; protocol < 6; ++protocol) {
      if (protocol != 0) {
        ASSERT_EQ(std::fread(&length, sizeof length, 1, pipe), 1u);
      }
      pickles[protocol].resize(length);
      ASSERT_EQ(std::fread(pickles[protocol].data(), 1, length, pipe), length);
    }
    // Protocol 5 tells the sharing of all objects.
    ASSERT_TRUE(document.LoadBorrowed(pickles[5], options).ok());
    for (size_t protocol = 0; protocol < 6; ++protocol) {
      writer.Reset();
      ASSERT_TRUE(
          values
              .Write(document, writer, {.protocol = static_cast<int>(protocol)})
              .ok());
      ASSERT_TRUE(writer.written() == pickles[protocol])
          << "object " << objects << ", protocol " << protocol;
    }
    ++objects;
  }
  const int result = pclose(pipe);
  ASSERT_GT(objects, 0u) << "no python3: " << result;
  EXPECT_EQ(result, 0);
  EXPECT_GT(objects, 200u);
}

// PROTO 4, a frame around the opcodes, STOP.
std::string Protocol4(std::string_view opcodes) {
  const uint64_t length = opcodes.size() + 1;
  std::string pickle = "\x80\4\x95";
  pickle.append(reinterpret_cast<const char*>(&length), sizeof length);
  return pickle.append(opcodes).append(".");
}

TEST(ValueWriter, ObjectsComeOutAsTheyWereRead) {
  for (const std::string& opcodes : std::vector<std::string>{
           // f(1) with list items, dict items and a state.
           "\x8c\1m\x94\x8c\1f\x94\x93\x94K\1\x85\x94R\x94"
           "(K\2K\3e(K\4K\5K\6K\7u}\x94\x8c\1a\x94K\1sb"s,
           // A state setter that is called and dropped.
           "\x8c\1m\x94\x8c\1f\x94\x93\x94)R\x94"
           "\x8c\1m\x94\x8c\1s\x94\x93\x94h\3}\x94\x86R0"s,
           // NEWOBJ, NEWOBJ_EX.
           "\x8c\1m\x94\x8c\1n\x94\x93\x94)\x81\x94"s,
           "\x8c\1m\x94\x8c\1n\x94\x93\x94)}\x94\x92\x94"s}) {
    EXPECT_EQ(Again(Protocol4(opcodes), 4), Protocol4(opcodes));
  }
}

TEST(ValueWriter, OldFormsComeOutAsTheyWereRead) {
  EXPECT_EQ(Again("(K\1im\nc\nq\0."s, 1), "(K\1im\nc\nq\0."s);
  EXPECT_EQ(Again("(cm\nc\nq\0K\2oq\1."s, 1), "(cm\nc\nq\0K\2oq\1."s);
  EXPECT_EQ(Again("X\1\0\0\0aq\0Q."s, 1), "X\1\0\0\0aq\0Q."s);
  EXPECT_EQ(Again("Pid\n.", 0), "Pid\n.");
  EXPECT_EQ(Again("\x80\5\x97\x98."s, 5), "\x80\5\x97\x98."s);
}

TEST(ValueWriter, EffectsBeforeTheRootComeFirst) {
  const std::string pickle = "cm\nf\nq\0)R0K\1."s;
  const std::string again = Again(pickle, 1);
  Document document;
  ASSERT_TRUE(document.LoadBorrowed(again).ok());
  EXPECT_EQ(document.effects().size(), 1u);
  EXPECT_EQ(document.root().AsInt64(), 1);
}

TEST(ValueWriter, PostBatchesAreCutAsIteratorsAre) {
  Document document;
  const Value object =
      document.MakeObject(ObjectForm::kReduce, document.MakeGlobal("m", "f"),
                          document.MakeTuple({}));
  const std::vector<Value> items(1001, Value::None());
  ASSERT_TRUE(document.AddPost(object, PostKind::kAppend, items));
  const std::vector<Value> pair = {Value::Int(1), Value::Int(2)};
  ASSERT_TRUE(document.AddPost(object, PostKind::kSetItem, pair));
  ASSERT_TRUE(document.AddPost(object, PostKind::kAddItem, pair));
  EXPECT_EQ(Body(object), "cm\nf\nq\0)Rq\1("s + std::string(1000, 'N') +
                              "eNaK\1K\2s(K\1K\2\x90");
}

TEST(ValueWriter, AListInItselfNeedsNoDocumentRoot) {
  Document document;
  const Value list = document.MakeList();
  ASSERT_TRUE(document.Append(list, list));
  EXPECT_EQ(Body(list), "]q\0h\0a"s);
}

TEST(ValueWriter, ObjectInItsOwnArgumentsIsFetchedFromTheMemo) {
  Document document;
  const Value list = document.MakeList();
  const std::vector<Value> args = {list};
  const Value object =
      document.MakeObject(ObjectForm::kReduce, document.MakeGlobal("m", "f"),
                          document.MakeTuple(args));
  ASSERT_TRUE(document.Append(list, object));
  document.SetRoot(object);
  MemoryByteWriter writer;
  ASSERT_TRUE(Dump(document, writer, {.protocol = 2}).ok());
  EXPECT_NE(writer.written().find("R0h"), std::string_view::npos);
  Document back;
  EXPECT_TRUE(back.LoadBorrowed(writer.written()).ok());
}

TEST(ValueWriter, BuffersTheSinkTakesAreNextBuffer) {
  Document document;
  const std::vector<Value> items = {
      document.MakeBuffer(Buffer::Borrow("readonly")),
      document.MakeBuffer(Buffer::Copy("writable").value())};
  const Value list = document.MakeTuple(items);
  MemorySink sink;
  EXPECT_EQ(Written(list, 5, &sink).value(),
            "\x80\5\x95\x06\0\0\0\0\0\0\0\x97\x98\x97\x86\x94."s);
  EXPECT_EQ(sink.counters().buffers, 2u);
}

TEST(ValueWriter, BuffersWithoutSinkStandInBand) {
  Document document;
  const std::vector<Value> items = {
      document.MakeBuffer(Buffer::Borrow("rd")),
      document.MakeBuffer(Buffer::Copy("wr").value())};
  const Value list = document.MakeTuple(items);
  EXPECT_EQ(Written(list, 5).value(),
            "\x80\5\x95\x14\0\0\0\0\0\0\0"
            "C\2rd\x94\x96\2\0\0\0\0\0\0\0wr\x94\x86\x94."s);
  // Lowered like bytes and bytearray, and the sink is not asked.
  MemorySink sink;
  ASSERT_TRUE(Written(list, 3, &sink).ok());
  EXPECT_EQ(sink.counters().buffers, 0u);
}

TEST(ValueWriter, ThresholdSendsBytesOutOfBand) {
  Document document;
  const std::vector<Value> items = {document.MakeBytes("12345678"),
                                    document.MakeBytes("1234567"),
                                    document.MakeByteArray("12345678")};
  const Value list = document.MakeTuple(items);
  MemorySink sink;
  MemoryByteWriter writer;
  ASSERT_TRUE(
      Dump(list, writer, {.protocol = 5, .out_of_band_threshold = 8}, &sink)
          .ok());
  EXPECT_EQ(writer.written(),
            "\x80\5\x95\x10\0\0\0\0\0\0\0\x97\x98"
            "C\7"
            "1234567\x94\x97\x87\x94."s);
  EXPECT_EQ(sink.counters().buffers, 2u);
}

TEST(ValueWriter, PlaceholdersStayOnlyInProtocol5WithoutSink) {
  Document document;
  ReadOptions options;
  options.placeholder_buffers = true;
  ASSERT_TRUE(document.LoadBorrowed("\x80\5\x97."s, options).ok());
  EXPECT_TRUE(Written(document.root(), 5).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Written(document.root(), 4).status()));
  MemorySink sink;
  EXPECT_TRUE(
      absl::IsFailedPrecondition(Written(document.root(), 5, &sink).status()));
}

TEST(ValueWriter, ErrorsAreReturnedAndTheWriterGoesOn) {
  Document document;
  ValueWriter values;
  MemoryByteWriter writer;
  EXPECT_TRUE(absl::IsInvalidArgument(values.Write(Value(), writer)));
  EXPECT_TRUE(absl::IsInvalidArgument(
      values.Write(Value::None(), writer, {.protocol = 6})));
  EXPECT_TRUE(absl::IsInvalidArgument(
      values.Write(Value::None(), writer, {.protocol = -1})));
  const Value inst = document.MakeObject(
      ObjectForm::kInst, document.MakeGlobal("m", "c"), Value::None());
  EXPECT_TRUE(absl::IsInvalidArgument(values.Write(inst, writer)));
  writer.Reset();
  ASSERT_TRUE(values.Write(Value::None(), writer, {.protocol = 1}).ok());
  EXPECT_EQ(writer.written(), "N.");
}

TEST(ValueWriter, ClosedWriterIsAnError) {
  MemoryByteWriter writer;
  ASSERT_TRUE(writer.Close());
  Document document;
  const std::vector<Value> items(5000, Value::None());
  const Value list = document.MakeList(items);
  EXPECT_FALSE(Dump(list, writer).ok());
  EXPECT_FALSE(Dump(list, writer, {.protocol = 0}).ok());
}

TEST(ValueWriter, AMillionLevelsNeedNoStack) {
  constexpr int kDepth = 1'000'000;
  std::string lists(kDepth, ']');
  lists.append(kDepth - 1, 'a').append(".");
  std::string tuples = "N" + std::string(kDepth, '\x85') + ".";
  std::string dicts;
  for (int i = 0; i < kDepth; ++i) dicts += "}N";
  dicts += "N" + std::string(kDepth, 's') + ".";
  std::string reduces;
  for (int i = 0; i < kDepth; ++i) reduces += "cm\nf\n";
  reduces += "N";
  for (int i = 0; i < kDepth; ++i) reduces += "\x85R";
  reduces += ".";
  for (const std::string& pickle : {lists, tuples, dicts, reduces}) {
    Document document;
    ASSERT_TRUE(document.LoadBorrowed(pickle).ok());
    for (const int protocol : {0, 3, 5}) {
      MemoryByteWriter writer;
      ASSERT_TRUE(Dump(document, writer, {.protocol = protocol}).ok());
      EXPECT_GT(writer.written().size(), pickle.size());
      Document back;
      EXPECT_TRUE(back.LoadBorrowed(writer.written()).ok());
    }
  }
}

}  // namespace
}  // namespace pickle5

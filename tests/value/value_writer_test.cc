#include "pickle/value/value_writer.h"

#include <fcntl.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/bytes/fd_byte_writer.h"
#include "buffers/bytes/memory_byte_writer.h"
#include "buffers/memory_sink.h"
#include "buffers/sink.h"
#include "buffers/system/owned_fd.h"
#include "gtest/gtest.h"
#include "pickle/value/document.h"
#include "tests/value/graphs.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

// Gives every buffer the same answer.
class OneAnswerSink final : public BufferSink {
 public:
  explicit OneAnswerSink(absl::StatusOr<Placement> answer)
      : answer_(std::move(answer)) {}

 protected:
  absl::StatusOr<Placement> AcceptBuffer(const Buffer&) override {
    return answer_;
  }
  absl::Status Publish() override { return absl::OkStatus(); }

 private:
  absl::StatusOr<Placement> answer_;
};

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

// A buffer, bytes and a bytearray, each of which a sink may take.
std::vector<Value> OfferedTo(Document& document) {
  return {document.MakeBuffer(Buffer::Borrow("12345678")),
          document.MakeBytes("12345678"), document.MakeByteArray("12345678")};
}

TEST(ValueWriter, FailureOfTheSinkIsTheWriters) {
  Document document;
  ValueWriter values;
  for (const Value value : OfferedTo(document)) {
    OneAnswerSink sink(absl::DataLossError("the disk is full"));
    MemoryByteWriter writer;
    const absl::Status status =
        values.Write(testing::Tuple(document, {value, Value::None()}), writer,
                     {.protocol = 5, .out_of_band_threshold = 8}, &sink);
    EXPECT_EQ(status, absl::DataLossError("the disk is full"));
    writer.Reset();
    ASSERT_TRUE(values.Write(Value::None(), writer, {.protocol = 1}).ok());
    EXPECT_EQ(writer.written(), "N.");
  }
}

TEST(ValueWriter, WhatTheSinkDeclinesStandsInBand) {
  Document document;
  OneAnswerSink sink(BufferSink::Placement::kInBand);
  MemoryByteWriter writer;
  ASSERT_TRUE(Dump(document.MakeTuple(OfferedTo(document)), writer,
                   {.protocol = 5, .out_of_band_threshold = 8}, &sink)
                  .ok());
  EXPECT_EQ(writer.written(),
            "\x80\5\x95\x2b\0\0\0\0\0\0\0C\x08"
            "12345678\x94"
            "C\x08"
            "12345678\x94\x96\x08\0\0\0\0\0\0\0"
            "12345678\x94\x87\x94."s);
}

TEST(ValueWriter, WhatIsSharedGoesOutOfBandOnce) {
  Document document;
  for (const Value value : OfferedTo(document)) {
    MemorySink sink;
    MemoryByteWriter writer;
    ASSERT_TRUE(Dump(testing::Tuple(document, {value, value}), writer,
                     {.protocol = 5, .out_of_band_threshold = 8}, &sink)
                    .ok());
    EXPECT_EQ(sink.counters().buffers, 1u);
    const std::string first = value.is(Kind::kByteArray) ? "\x97" : "\x97\x98";
    EXPECT_EQ(writer.written().substr(11), first + "\x94h\0\x86\x94."s);
  }
}

TEST(ValueWriter, BufferThatIsNotContiguousIsRefused) {
  const std::vector<ptrdiff_t> shape = {2};
  const std::vector<ptrdiff_t> strides = {2};
  Document document;
  const Value buffer = document.MakeBuffer(
      Buffer::Borrow("abc").WithShape("B", 1, shape, strides).value());
  EXPECT_EQ(Written(buffer, 5).status(),
            absl::InvalidArgumentError(
                "a buffer that is not contiguous cannot be pickled"));
  MemorySink sink;
  EXPECT_TRUE(absl::IsInvalidArgument(Written(buffer, 5, &sink).status()));
}

TEST(ValueWriter, StateOfABufferFollowsItsBytes) {
  Document document;
  const Value readonly = document.MakeBuffer(Buffer::Borrow("rd"));
  ASSERT_TRUE(testing::SetState(document, readonly, Value::None()));
  EXPECT_EQ(Written(readonly, 5).value().substr(2),
            "\x95\x08\0\0\0\0\0\0\0"
            "C\2rd\x94Nb."s);
}

TEST(ValueWriter, SharedNamesOfOtherRegistriesAreMemoized) {
  Document document;
  const Value extension = document.MakeExtension(1);
  EXPECT_EQ(Written(testing::Tuple(document, {extension, extension}), 2)
                .value()
                .substr(2),
            "\x82\1q\0h\0\x86q\1."s);
  const Value id = document.MakePersistentId(document.MakeStr("id"));
  const Value ids = testing::Tuple(document, {id, id});
  EXPECT_EQ(Written(ids, 0).value(), "(Pid\np0\ng0\ntp1\n.");
  EXPECT_EQ(Body(ids), "(X\2\0\0\0idq\0Qq\1h\1tq\2"s);
}

TEST(ValueWriter, EmptyTupleBehindReferencesIsWhole) {
  Document document;
  const Value list = document.MakeList();
  EXPECT_EQ(
      Written(testing::Tuple(document, {list, list, document.MakeTuple({})}), 2)
          .value()
          .substr(2),
      "]q\0h\0)\x87q\1."s);
  EXPECT_EQ(Body(testing::Tuple(
                document, {list, list, document.MakeTuple({}), list, list})),
            "(]q\0h\0)h\0h\0tq\1"s);
}

// What a protocol 1 pickle of m.f() has for the call, made with its object and
// arguments, whose result is dropped.
template <typename MakeArgs>
std::string EffectOf(ObjectForm form, const MakeArgs& make_args) {
  Document document;
  const Value object =
      document.MakeObject(ObjectForm::kReduce, document.MakeGlobal("m", "f"),
                          document.MakeTuple({}));
  const Value call = document.MakeObject(form, document.MakeGlobal("m", "s"),
                                         make_args(document, object));
  EXPECT_TRUE(testing::AddPost(document, object, PostKind::kEffect, {call}));
  document.SetRoot(object);
  MemoryByteWriter writer;
  EXPECT_TRUE(Dump(document, writer, {.protocol = 1}).ok());
  const size_t head = "cm\nf\nq\0)Rq\1"s.size();
  return std::string(writer.written().substr(head));
}

TEST(ValueWriter, OnlyPlainSettersStayOutOfTheMemo) {
  const auto pair = [](Document& document, Value object) {
    return testing::Tuple(document, {object, Value::None()});
  };
  EXPECT_EQ(EffectOf(ObjectForm::kReduce, pair), "cm\ns\nq\2h\1N\x86R0."s);
  EXPECT_EQ(EffectOf(ObjectForm::kObj, pair),
            "(cm\ns\nq\2h\1Noq\3"
            "0."s);
  EXPECT_EQ(EffectOf(ObjectForm::kReduce,
                     [](Document& document, Value object) {
                       return testing::Tuple(document, {object});
                     }),
            "cm\ns\nq\2(h\1tq\3Rq\4"
            "0."s);
  EXPECT_EQ(EffectOf(ObjectForm::kReduce,
                     [](Document& document, Value object) {
                       const Value args =
                           testing::Tuple(document, {object, Value::None()});
                       testing::List(document, {args});
                       return args;
                     }),
            "cm\ns\nq\2(h\1Ntq\3Rq\4"
            "0."s);
}

TEST(ValueWriter, EmptyBatchesOfObjectsStay) {
  EXPECT_EQ(Again("cm\nf\nq\0)Rq\1(e(u."s, 1), "cm\nf\nq\0)Rq\1(e(u."s);
}

TEST(ValueWriter, EffectThatCannotBeWrittenIsAnError) {
  ReadOptions options;
  options.placeholder_buffers = true;
  Document document;
  ASSERT_TRUE(document.LoadBorrowed("cm\nf\n\x97\x85R0N.", options).ok());
  MemoryByteWriter writer;
  EXPECT_TRUE(
      absl::IsFailedPrecondition(Dump(document, writer, {.protocol = 4})));
  writer.Reset();
  EXPECT_TRUE(Dump(document, writer, {.protocol = 5}).ok());
}

TEST(ValueWriter, MovedOneGoesOn) {
  ValueWriter first;
  MemoryByteWriter writer;
  ASSERT_TRUE(first.Write(Value::None(), writer, {.protocol = 1}).ok());
  ValueWriter second = std::move(first);
  ASSERT_TRUE(second.Write(Value::Int(1), writer, {.protocol = 1}).ok());
  first = std::move(second);
  ASSERT_TRUE(first.Write(Value::Int(2), writer, {.protocol = 1}).ok());
  // NOLINTNEXTLINE(bugprone-use-after-move)
  ASSERT_TRUE(second.Write(Value::Int(3), writer, {.protocol = 1}).ok());
  EXPECT_EQ(writer.written(), "N.K\1.K\2.K\3.");
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

TEST(ValueWriter, FullDeviceIsAnErrorWhereverItIsMet) {
  Document document;
  for (const Value value : {document.MakeInt(std::string(10'000, 'i')),
                            document.MakeGlobal("m", std::string(10'000, 'C')),
                            document.MakeStr(std::string(10'000, 'x')),
                            document.MakeBytes(std::string(10'000, 'x'))}) {
    for (const int protocol : {0, 2, 5}) {
      FdByteWriter writer(OwnedFd(::open("/dev/full", O_WRONLY | O_CLOEXEC)),
                          4096);
      absl::Status status = Dump(value, writer, {.protocol = protocol});
      if (status.ok() && !writer.Close()) status = writer.status();
      EXPECT_FALSE(status.ok());
      EXPECT_EQ(status, writer.status());
    }
  }
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

#include "pickle/emitter/framer.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "buffers/bytes/memory_byte_writer.h"
#include "buffers/bytes/staging_byte_writer.h"
#include "gtest/gtest.h"
#include "pickle/emitter/payload_store.h"
#include "pickle/protocol/scanner.h"

namespace pickle5 {
namespace {

constexpr size_t kTarget = Framer::kFrameSizeTarget;

std::string FrameOf(std::string_view contents) {
  std::string frame = "\x95";
  const uint64_t length = contents.size();
  frame.append(reinterpret_cast<const char*>(&length), sizeof length);
  frame.append(contents);
  return frame;
}

// Writes through a Framer into memory.
class FramerTest : public testing::Test {
 protected:
  void Begin(bool framing = true) { at_ = framer_.Begin(writer_, framing); }
  // So many values of 100 bytes each.
  void Values(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      at_ = framer_.Boundary(at_);
      std::memset(at_, 'v', 100);
      at_ += 100;
    }
  }
  void Bytes(std::string_view bytes) {
    at_ = framer_.Room(at_);
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  std::string Finish() {
    EXPECT_TRUE(framer_.Finish(at_));
    return std::string(writer_.written());
  }

  MemoryByteWriter writer_;
  Framer framer_;
  uint8_t* at_ = nullptr;
};

TEST_F(FramerTest, FreshOneHasNotFailed) {
  framer_.Abandon();
  EXPECT_TRUE(framer_.ok());
}

TEST_F(FramerTest, HeaderHoldsTheLengthOfTheContents) {
  Begin();
  Bytes("abcd");
  EXPECT_EQ(Finish(), FrameOf("abcd"));
}

TEST_F(FramerTest, FrameUnderFourBytesHasNoHeader) {
  Begin();
  Bytes("abc");
  EXPECT_EQ(Finish(), "abc");
}

TEST_F(FramerTest, WithoutFramingThereIsNoHeader) {
  Begin(/*framing=*/false);
  Values(2000);
  EXPECT_EQ(Finish(), std::string(200'000, 'v'));
}

TEST_F(FramerTest, EndsAtTheFirstBoundaryPastTheTarget) {
  Begin();
  Values(1000);
  // 656 values are the first to reach 65536 bytes.
  EXPECT_EQ(Finish(), FrameOf(std::string(65'600, 'v')) +
                          FrameOf(std::string(34'400, 'v')));
}

TEST_F(FramerTest, BytesWithoutBoundaryStayInTheFrame) {
  Begin();
  for (size_t i = 0; i < 3 * kTarget; ++i) Bytes("c");
  EXPECT_EQ(Finish(), FrameOf(std::string(3 * kTarget, 'c')));
}

TEST_F(FramerTest, PayloadBelowTheTargetIsPartOfTheFrame) {
  Begin();
  const std::string payload(kTarget - 1, 'p');
  at_ = framer_.WritePayload(at_, "head", payload);
  Bytes("tail");
  EXPECT_EQ(Finish(), FrameOf("head" + payload + "tail"));
}

TEST_F(FramerTest, PayloadsWithoutBoundaryMakeTheirRoom) {
  Begin();
  std::string contents;
  for (const char letter : {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'}) {
    const std::string payload(kTarget - 1, letter);
    at_ = framer_.WritePayload(at_, "head", payload);
    contents += "head" + payload;
  }
  EXPECT_EQ(Finish(), FrameOf(contents));
}

TEST_F(FramerTest, RoomIsThatAskedForAndAThousandBytes) {
  for (const bool framing : {true, false}) {
    for (const size_t length :
         {size_t{0}, size_t{1}, size_t{5000}, kTarget, 5 * kTarget}) {
      MemoryByteWriter writer;
      Framer framer;
      uint8_t* at = framer.Begin(writer, framing);
      ASSERT_GE(writer.limit() - at, static_cast<ptrdiff_t>(Framer::kRoom));
      for (int i = 0; i < 20; ++i) {
        at = framer.Room(at, length);
        ASSERT_GE(writer.limit() - at,
                  static_cast<ptrdiff_t>(length + Framer::kRoom));
        at += length;
        at = framer.Boundary(at);
        ASSERT_GE(writer.limit() - at, static_cast<ptrdiff_t>(Framer::kRoom));
        at += Framer::kRoom;
        at = framer.Room(at);
        ASSERT_GE(writer.limit() - at, static_cast<ptrdiff_t>(Framer::kRoom));
      }
      for (int i = 0; i < 5000; ++i) {
        at = framer.Room(at);
        ASSERT_GE(writer.limit() - at, static_cast<ptrdiff_t>(Framer::kRoom));
        at += 100;
      }
      EXPECT_TRUE(framer.Finish(at));
    }
  }
}

TEST_F(FramerTest, ItemOverTargetIsWrittenOutsideTheFrame) {
  Begin();
  Bytes("before");
  const std::string payload(kTarget, 'p');
  at_ = framer_.WritePayload(at_, "head", payload);
  Bytes("after");
  EXPECT_EQ(Finish(), FrameOf("before") + "head" + payload + FrameOf("after"));
}

TEST_F(FramerTest, SecondPickleFollowsTheFirst) {
  Begin();
  Bytes("first");
  ASSERT_TRUE(framer_.Finish(at_));
  Begin();
  Bytes("second");
  EXPECT_EQ(Finish(), FrameOf("first") + FrameOf("second"));
}

TEST_F(FramerTest, AbandonDropsTheFrameUnderWay) {
  Begin();
  Bytes("dropped");
  framer_.Abandon();
  EXPECT_EQ(writer_.written(), "");
  EXPECT_EQ(writer_.anchor(), nullptr);
}

// Takes so many bytes, then fails.
class FailingWriter final : public StagingByteWriter {
 public:
  explicit FailingWriter(size_t budget, size_t buffer = kDefaultBufferSize)
      : StagingByteWriter(buffer), budget_(budget) {}

 protected:
  bool Put(std::string_view head, std::string_view payload) override {
    const size_t size = head.size() + payload.size();
    if (size > budget_) return Fail(absl::DataLossError("full"));
    budget_ -= size;
    return true;
  }

 private:
  size_t budget_;
};

TEST(Framer, AfterAFailureWritesGoNowhere) {
  FailingWriter writer(100'000);
  Framer framer;
  uint8_t* at = framer.Begin(writer, true);
  const std::string payload(kTarget, 'p');
  for (int i = 0; i < 100; ++i) {
    at = framer.WritePayload(at, "head", payload);
    for (int j = 0; j < 3000; ++j) {
      at = framer.Boundary(at);
      std::memset(at, 'v', 100);
      at += 100;
    }
    at = framer.Room(at);
    std::memset(at, 'r', Framer::kRoom);
  }
  EXPECT_FALSE(framer.ok());
  EXPECT_FALSE(framer.Finish(at));
  EXPECT_EQ(writer.status().message(), "full");
}

TEST(Framer, AFrameIsDroppedWhenTheWriterFailsUnderWay) {
  constexpr size_t kBuffer = size_t{1} << 20;
  FailingWriter writer(0, kBuffer);
  ASSERT_TRUE(writer.Write("staged"));
  Framer framer;
  uint8_t* at = framer.Begin(writer, true);
  ASSERT_TRUE(framer.ok());
  at = framer.Room(at, 2 * kBuffer);
  EXPECT_FALSE(framer.ok());
  EXPECT_NE(writer.anchor(), nullptr);
  EXPECT_FALSE(framer.Finish(at));
  EXPECT_EQ(writer.anchor(), nullptr);
}

TEST(Framer, PayloadsForWhichThereIsNoRoomAreDropped) {
  constexpr size_t kBuffer = size_t{1} << 20;
  FailingWriter writer(0, kBuffer);
  ASSERT_TRUE(writer.Write("staged"));
  Framer framer;
  uint8_t* at = framer.Begin(writer, true);
  const std::string payload(kTarget - 1, 'p');
  for (size_t i = 0; i < 2 * kBuffer / kTarget; ++i) {
    at = framer.WritePayload(at, "head", payload);
  }
  EXPECT_FALSE(framer.ok());
  EXPECT_FALSE(framer.Finish(at));
  EXPECT_EQ(writer.anchor(), nullptr);
}

// Takes payloads, and asks for as many bytes of padding as it was told.
class FakeStore final : public PayloadStore {
 public:
  FakeStore(ByteWriter* writer, uint64_t padding)
      : writer_(writer), padding_(padding) {}

  std::string_view label() const override { return "LABEL"; }
  uint64_t PaddingBefore(uint64_t, size_t, size_t) const override {
    return padding_;
  }
  bool Write(Opcode opcode, std::string_view payload,
             uint64_t memo_index) override {
    stored.push_back({opcode, writer_->pos(), memo_index});
    return writer_->WriteLarge(payload);
  }
  std::optional<uint32_t> Find(Opcode, std::string_view) override {
    return std::nullopt;
  }

  struct Stored {
    Opcode opcode;
    uint64_t pos;
    uint64_t memo_index;
  };
  std::vector<Stored> stored;

 private:
  ByteWriter* writer_;
  uint64_t padding_;
};

// The opcodes of a pickle without its STOP, payloads left out.
std::vector<std::string> NamesOf(std::string_view pickle) {
  std::vector<std::string> names;
  Scanner scanner(pickle);
  Token token;
  while (scanner.Next(token) == Scanner::Result::kToken) {
    names.emplace_back(token.info->name);
  }
  EXPECT_EQ(scanner.offset(), pickle.size());
  return names;
}

TEST(Framer, StoredPayloadStandsBehindThePaddingAskedFor) {
  for (const uint64_t padding : std::vector<uint64_t>{
           0, 3, 4, 257, 258, 259, 260, 261, 516, 517, 518, 4095, 4096, 4098}) {
    MemoryByteWriter writer;
    FakeStore store(&writer, padding);
    Framer framer;
    uint8_t* at = framer.Begin(writer, /*framing=*/true, &store);
    for (int i = 0; i < 8; ++i) *at++ = 'N';
    const std::string payload(2048, 'x');
    at = framer.WritePayload(at, std::string("B\0\x08\0\0", 5), payload, 7);
    *at++ = '.';
    ASSERT_TRUE(framer.Finish(at));
    // SHORT_BINBYTES "LABEL" POP, FRAME, 8 NONE, the padding, the header.
    const size_t start = 8 + 9 + 8 + padding + 5;
    ASSERT_EQ(store.stored.size(), 1u);
    EXPECT_EQ(store.stored[0].opcode, Opcode::BINBYTES);
    EXPECT_EQ(store.stored[0].pos, start) << padding;
    EXPECT_EQ(store.stored[0].memo_index, 7u);
    EXPECT_EQ(writer.written().substr(start, 2048), payload);
    const std::vector<std::string> names = NamesOf(writer.written());
    size_t dropped = 0;
    for (const std::string& name : names) dropped += name == "POP";
    EXPECT_EQ(dropped, 1 + (padding + 257) / 258) << padding;
  }
}

// Of the bytes around a payload, those behind `room` have to be flushed.
TEST(Framer, FailureOfTheWriterIsMetWhereverTheMemoryEnds) {
  const std::string header("B\0\x08\0\0", 5);
  for (const uint64_t memo_index : {uint64_t{7}, Framer::kUnstored}) {
    const std::string payload(memo_index == 7 ? 2048 : 2 * kTarget, 'x');
    for (ptrdiff_t room = 0; room < 400; ++room) {
      FailingWriter writer(0, 2 * kTarget);
      FakeStore store(&writer, 300);
      Framer framer;
      uint8_t* at = framer.Begin(writer, /*framing=*/true, &store);
      ASSERT_TRUE(framer.ok());
      std::memset(at, 'N', static_cast<size_t>(writer.limit() - room - at));
      at = framer.WritePayload(writer.limit() - room, header, payload,
                               memo_index);
      EXPECT_FALSE(framer.ok() && framer.Finish(at) && writer.Close()) << room;
      EXPECT_EQ(writer.status(), absl::DataLossError("full")) << room;
    }
  }
}

TEST(Framer, SmallPayloadsAndThoseWithoutIndexAreNotStored) {
  MemoryByteWriter writer;
  FakeStore store(&writer, 0);
  Framer framer;
  uint8_t* at = framer.Begin(writer, /*framing=*/true, &store);
  at = framer.WritePayload(at, "B", std::string(2047, 'x'), 7);
  at = framer.WritePayload(at, "B", std::string(100000, 'x'));
  ASSERT_TRUE(framer.Finish(at));
  EXPECT_TRUE(store.stored.empty());
}

}  // namespace
}  // namespace pickle5

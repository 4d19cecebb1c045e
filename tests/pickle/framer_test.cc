#include "pickle/framer.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "buffers/memory_byte_writer.h"
#include "buffers/staging_byte_writer.h"
#include "gtest/gtest.h"

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
  explicit FailingWriter(size_t budget)
      : StagingByteWriter(kDefaultBufferSize), budget_(budget) {}

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

}  // namespace
}  // namespace pickle5

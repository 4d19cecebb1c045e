#include "buffers/bytes/staging_byte_writer.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Records what reaches the destination.
class RecordingWriter final : public StagingByteWriter {
 public:
  explicit RecordingWriter(size_t buffer_size)
      : StagingByteWriter(buffer_size) {}

  std::vector<std::pair<std::string, size_t>> puts;  // head, payload's size
  const void* payload = nullptr;
  bool fail = false;

 protected:
  bool Put(std::string_view head, std::string_view large) override {
    if (fail) return Fail(absl::DataLossError("scripted"));
    puts.emplace_back(std::string(head), large.size());
    payload = large.data();
    return true;
  }
};

TEST(StagingByteWriter, SmallWritesWaitForAFullBuffer) {
  RecordingWriter writer(8);
  ASSERT_TRUE(writer.Write("abc"));
  ASSERT_TRUE(writer.Write("defgh"));
  EXPECT_THAT(writer.puts, IsEmpty());
  ASSERT_TRUE(writer.Write("i"));
  EXPECT_THAT(writer.puts, ElementsAre(std::pair("abcdefgh", 0u)));
  ASSERT_TRUE(writer.Close());
  EXPECT_EQ(writer.puts.size(), 2u);
}

TEST(StagingByteWriter, LargePayloadGoesInOnePutFromItsOwnMemory) {
  RecordingWriter writer(64);
  const std::string payload(ByteWriter::kLargePayload, 'x');
  ASSERT_TRUE(writer.Write("head"));
  ASSERT_TRUE(writer.WriteLarge(payload));
  EXPECT_THAT(writer.puts, ElementsAre(std::pair("head", payload.size())));
  EXPECT_EQ(writer.payload, payload.data());
  EXPECT_EQ(writer.pos(), 4 + payload.size());
}

TEST(StagingByteWriter, LargePayloadIsCopiedBehindAnAnchor) {
  RecordingWriter writer(64);
  const std::string payload(ByteWriter::kLargePayload, 'x');
  ASSERT_TRUE(writer.Write("head"));
  writer.set_anchor(writer.cursor());
  ASSERT_TRUE(writer.WriteLarge(payload));
  EXPECT_THAT(writer.puts, ElementsAre(std::pair("head", 0u)));
  writer.set_anchor(nullptr);
  ASSERT_TRUE(writer.Flush());
  EXPECT_EQ(writer.puts.back().first, payload);
}

TEST(StagingByteWriter, FailureSticksAndIsNotRepeated) {
  RecordingWriter writer(4);
  writer.fail = true;
  ASSERT_TRUE(writer.Write("abcd"));
  EXPECT_FALSE(writer.Write("e"));
  writer.fail = false;
  EXPECT_FALSE(writer.Write("e"));
  EXPECT_FALSE(writer.Flush());
  EXPECT_FALSE(writer.Close());
  EXPECT_EQ(writer.status(), absl::DataLossError("scripted"));
  EXPECT_THAT(writer.puts, IsEmpty());
}

TEST(StagingByteWriter, FailureOfALargePayloadKeepsThePosition) {
  RecordingWriter writer(64);
  ASSERT_TRUE(writer.Write("head"));
  writer.fail = true;
  EXPECT_FALSE(writer.WriteLarge(std::string(100000, 'x')));
  EXPECT_EQ(writer.pos(), 4u);
}

TEST(StagingByteWriter, DestructorWritesNothing) {
  std::vector<std::string> log;
  class Writer final : public StagingByteWriter {
   public:
    explicit Writer(std::vector<std::string>* out)
        : StagingByteWriter(64), log_(out) {}

   protected:
    bool Put(std::string_view head, std::string_view /*payload*/) override {
      log_->emplace_back(head);
      return true;
    }

   private:
    std::vector<std::string>* log_;
  };
  {
    Writer writer(&log);
    ASSERT_TRUE(writer.Write("flushed"));
    ASSERT_TRUE(writer.Flush());
    ASSERT_TRUE(writer.Write("dropped"));
  }
  EXPECT_THAT(log, ElementsAre("flushed"));
}

}  // namespace
}  // namespace pickle5

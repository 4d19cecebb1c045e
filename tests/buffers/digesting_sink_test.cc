#include "buffers/filters/digesting_sink.h"

#include <vector>

#include "buffers/buffer.h"
#include "buffers/digests/buffer_digest.h"
#include "buffers/filters/digesting_source.h"
#include "buffers/filters/threshold_sink.h"
#include "buffers/memory_sink.h"
#include "buffers/memory_source.h"
#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"

namespace pickle5 {
namespace {

std::vector<Buffer> Digested(const std::vector<std::string>& payloads) {
  MemorySink memory;
  DigestingSink sink(&memory);
  for (const std::string& payload : payloads) {
    EXPECT_TRUE(sink.Accept(*Buffer::Copy(payload)).ok());
  }
  EXPECT_TRUE(sink.Close().ok());
  return memory.TakeBuffers();
}

TEST(DigestingSink, DigestFollowsItsBuffer) {
  const std::vector<Buffer> passed = Digested({"abc"});
  ASSERT_EQ(passed.size(), 2u);
  EXPECT_EQ(passed[0].chars(), "abc");
  const BufferDigest digest = DigestOf("abc");
  EXPECT_TRUE(std::equal(digest.begin(), digest.end(),
                         passed[1].bytes().begin(), passed[1].bytes().end()));
}

TEST(DigestingSink, BufferThatStaysInBandHasNoDigest) {
  MemorySink memory;
  DigestingSink sink(&memory);
  ThresholdSink threshold(10, &sink);
  EXPECT_EQ(*threshold.Accept(Buffer::Borrow("small")),
            BufferSink::Placement::kInBand);
  EXPECT_TRUE(memory.buffers().empty());
}

TEST(DigestingSink, SinkThatLeavesDigestsInBandIsRefused) {
  MemorySink memory;
  ThresholdSink threshold(17, &memory);
  DigestingSink sink(&threshold);
  EXPECT_EQ(*sink.Accept(Buffer::Borrow("small")),
            BufferSink::Placement::kInBand);
  EXPECT_EQ(sink.Accept(Buffer::Borrow("large enough for it")).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(DigestingSource, EveryFlippedBitIsFoundAndItsBufferNamed) {
  const std::vector<std::string> payloads = {SampleBytes(40), "b",
                                             SampleBytes(300)};
  const size_t buffers = Digested(payloads).size();
  size_t flips = 0;
  for (size_t i = 0; i < buffers; ++i) {
    for (size_t at = 0; at < Digested(payloads)[i].nbytes(); ++at) {
      std::vector<Buffer> damaged = Digested(payloads);
      *(const_cast<uint8_t*>(damaged[i].data()) + at) ^= 0x10;
      MemorySource memory(std::move(damaged));
      DigestingSource source(&memory);
      for (size_t whole = 0; whole < i / 2; ++whole) {
        ASSERT_TRUE(source.Next().ok());
      }
      const absl::Status status = source.Next().status();
      ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss);
      ASSERT_NE(status.message().find("buffer " + std::to_string(i / 2)),
                absl::string_view::npos)
          << status;
      ++flips;
    }
  }
  EXPECT_EQ(flips, 40 + 1 + 300 + 3 * 16u);
}

TEST(DigestingSource, MissingDigestIsDataLoss) {
  std::vector<Buffer> passed = Digested({"abc"});
  passed.pop_back();
  MemorySource memory(std::move(passed));
  DigestingSource source(&memory);
  EXPECT_EQ(source.Next().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(source.Next().status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace pickle5

#include "buffers/filters/threshold_sink.h"

#include "buffers/buffer.h"
#include "buffers/memory_sink.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

TEST(ThresholdSink, LeavesSmallBuffersInBand) {
  MemorySink kept;
  ThresholdSink sink(4, &kept);
  EXPECT_EQ(*sink.Accept(Buffer::Borrow("abc")),
            BufferSink::Placement::kInBand);
  EXPECT_EQ(*sink.Accept(Buffer::Borrow("abcd")),
            BufferSink::Placement::kOutOfBand);
  EXPECT_EQ(kept.buffers().size(), 1u);
  EXPECT_EQ(sink.counters().buffers, 1u);
  EXPECT_EQ(sink.counters().bytes, 4u);
  EXPECT_EQ(sink.counters().declined, 1u);
}

TEST(ThresholdSink, CloseAndFailuresReachTheOtherSink) {
  MemorySink kept;
  ThresholdSink sink(0, &kept);
  EXPECT_TRUE(sink.Close().ok());
  EXPECT_TRUE(kept.closed());
  ThresholdSink late(0, &kept);
  EXPECT_EQ(late.Accept(Buffer::Borrow("abc")).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(late.status().ok());
}

}  // namespace
}  // namespace pickle5

#include "buffers/null_sink.h"

#include "buffers/buffer.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

TEST(NullSink, CountsAndDrops) {
  int released = 0;
  NullSink sink;
  EXPECT_EQ(
      *sink.Accept(*Buffer::WithReleaser("abcd", 4, true, [&] { ++released; })),
      BufferSink::Placement::kOutOfBand);
  EXPECT_EQ(released, 1);
  EXPECT_EQ(sink.counters().buffers, 1u);
  EXPECT_EQ(sink.counters().bytes, 4u);
  EXPECT_EQ(sink.counters().bytes_copied, 0u);
  EXPECT_TRUE(sink.Close().ok());
}

}  // namespace
}  // namespace pickle5

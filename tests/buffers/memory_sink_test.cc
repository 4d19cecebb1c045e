#include "buffers/memory_sink.h"

#include <utility>
#include <vector>

#include "buffers/buffer.h"
#include "buffers/memory_source.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

TEST(MemorySink, KeepsReferencesAndCopiesNothing) {
  int released = 0;
  MemorySink sink;
  {
    const Buffer buffer =
        *Buffer::WithReleaser("abcd", 4, true, [&] { ++released; });
    ASSERT_TRUE(sink.Accept(buffer).ok());
    ASSERT_EQ(sink.buffers().size(), 1u);
    EXPECT_EQ(sink.buffers()[0].data(), buffer.data());
  }
  EXPECT_EQ(released, 0);
  EXPECT_EQ(sink.counters().bytes_copied, 0u);
  sink.TakeBuffers();
  EXPECT_EQ(released, 1);
  EXPECT_TRUE(sink.buffers().empty());
}

}  // namespace
}  // namespace pickle5

#include "buffers/memory_source.h"

#include <utility>
#include <vector>

#include "buffers/buffer.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

TEST(MemorySource, KeepsNoReferenceToWhatItGaveAway) {
  int released = 0;
  std::vector<Buffer> buffers;
  buffers.push_back(
      *Buffer::WithReleaser("abcd", 4, true, [&] { ++released; }));
  MemorySource source(std::move(buffers));
  EXPECT_EQ(source.Next()->chars(), "abcd");
  EXPECT_EQ(released, 1);
  EXPECT_EQ(source.Next().status().code(), absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace pickle5

#include "buffers/null_source.h"

#include "gtest/gtest.h"

namespace pickle5 {
namespace {

TEST(NullSource, HasNoBuffers) {
  NullSource source;
  EXPECT_EQ(source.Next().status(),
            absl::OutOfRangeError("not enough out-of-band buffers"));
  EXPECT_EQ(source.count(), 0u);
}

}  // namespace
}  // namespace pickle5

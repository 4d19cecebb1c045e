#include "buffers/bytes/cord_byte_writer.h"

#include <string>

#include "absl/strings/cord.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

TEST(CordByteWriter, AppendsToWhatTheCordHolds) {
  absl::Cord out("before ");
  CordByteWriter writer(&out);
  const std::string payload(100000, 'x');
  ASSERT_TRUE(writer.Write("after "));
  ASSERT_TRUE(writer.WriteLarge(payload));
  ASSERT_TRUE(writer.Close());
  EXPECT_EQ(std::string(out), "before after " + payload);
}

}  // namespace
}  // namespace pickle5

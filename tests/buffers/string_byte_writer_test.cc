#include "buffers/bytes/string_byte_writer.h"

#include <string>

#include "gtest/gtest.h"

namespace pickle5 {
namespace {

TEST(StringByteWriter, AppendsToWhatTheStringHolds) {
  std::string out = "before ";
  StringByteWriter writer(&out);
  ASSERT_TRUE(writer.Write("after"));
  EXPECT_EQ(out, "before ");
  ASSERT_TRUE(writer.Close());
  EXPECT_EQ(out, "before after");
  EXPECT_EQ(writer.pos(), 5u);
}

TEST(StringByteWriter, LargePayloadKeepsItsPlace) {
  std::string out;
  StringByteWriter writer(&out);
  const std::string payload(100000, 'x');
  ASSERT_TRUE(writer.Write("a"));
  ASSERT_TRUE(writer.WriteLarge(payload));
  ASSERT_TRUE(writer.Write("b"));
  ASSERT_TRUE(writer.Flush());
  EXPECT_EQ(out, "a" + payload + "b");
}

}  // namespace
}  // namespace pickle5

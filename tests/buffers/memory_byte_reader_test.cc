#include "buffers/bytes/memory_byte_reader.h"

#include <string_view>

#include "gtest/gtest.h"

namespace pickle5 {
namespace {

TEST(MemoryByteReader, ReadsTheBytesWhereTheyAre) {
  const std::string_view bytes = "abcdef";
  MemoryByteReader reader(bytes);
  EXPECT_TRUE(reader.stable());
  EXPECT_EQ(static_cast<const void*>(reader.cursor()), bytes.data());
  EXPECT_EQ(reader.remaining(), 6u);
  ASSERT_TRUE(reader.Skip(6));
  EXPECT_FALSE(reader.Pull(1));
  EXPECT_EQ(reader.remaining(), 0u);
  EXPECT_TRUE(reader.ok());
}

TEST(MemoryByteReader, NothingAtAllIsAnEmptyInput) {
  MemoryByteReader reader{std::string_view()};
  char out = 0;
  EXPECT_TRUE(reader.Read(0, &out));
  EXPECT_FALSE(reader.Read(1, &out));
  EXPECT_EQ(reader.pos(), 0u);
}

}  // namespace
}  // namespace pickle5

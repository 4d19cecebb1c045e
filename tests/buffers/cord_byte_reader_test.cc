#include "buffers/bytes/cord_byte_reader.h"

#include <string>

#include "absl/strings/cord.h"
#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"

namespace pickle5 {
namespace {

TEST(CordByteReader, KeepsTheBytesOfAFlatCordAlive) {
  const std::string bytes = SampleBytes(10000);
  absl::Cord cord{std::string(bytes)};
  CordByteReader reader(cord);
  cord.Clear();
  ASSERT_TRUE(reader.stable());
  ASSERT_EQ(reader.available(), bytes.size());
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(reader.cursor()),
                        reader.available()),
            bytes);
}

TEST(CordByteReader, ShortCordIsStable) {
  CordByteReader reader(absl::Cord("abc"));
  EXPECT_TRUE(reader.stable());
  EXPECT_EQ(reader.available(), 3u);
  EXPECT_FALSE(reader.Pull(4));
}

TEST(CordByteReader, ChunksAreCopiedTogether) {
  absl::Cord cord{SampleBytes(10000, 1)};
  cord.Append(absl::Cord(SampleBytes(10000, 2)));
  CordByteReader reader(cord);
  EXPECT_FALSE(reader.stable());
  EXPECT_EQ(reader.remaining(), 20000u);
  ASSERT_TRUE(reader.Pull(20000));
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(reader.cursor()), 20000),
            SampleBytes(10000, 1) + SampleBytes(10000, 2));
}

}  // namespace
}  // namespace pickle5

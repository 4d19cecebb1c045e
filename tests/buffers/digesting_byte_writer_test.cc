#include "buffers/digests/digesting_byte_writer.h"

#include <string>

#include "buffers/bytes/fd_byte_writer.h"
#include "buffers/bytes/memory_byte_writer.h"
#include "buffers/io_status.h"
#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"

namespace pickle5 {
namespace {

TEST(DigestingByteWriter, DigestsPayloadsAndTheRestApart) {
  MemoryByteWriter out;
  ASSERT_TRUE(out.Write("before "));
  DigestingByteWriter writer(&out, /*buffer_size=*/100);
  const std::string small = SampleBytes(50);
  const std::string large = SampleBytes(700000);
  std::string others;
  std::string all = "before ";
  for (int i = 0; i < 20; ++i) {
    for (const std::string& payload : {small, large}) {
      const std::string text = "in-band " + std::to_string(i);
      ASSERT_TRUE(writer.Write(text));
      BufferDigest digest;
      ASSERT_TRUE(writer.DigestPayload(payload, &digest));
      EXPECT_EQ(digest, DigestOf(payload));
      ASSERT_TRUE(writer.WritePayload("known"));
      others += text;
      all += text + payload + "known";
    }
  }
  ASSERT_TRUE(writer.WriteLarge(large));
  EXPECT_EQ(*writer.Finished(), DigestOf(others + large));
  EXPECT_EQ(out.written(), all + large);
  EXPECT_EQ(writer.pos(), all.size() + large.size() - 7);
}

TEST(DigestingByteWriter, BytesBehindAnAnchorAreDigestedAsTheyAreInTheEnd) {
  MemoryByteWriter out;
  DigestingByteWriter writer(&out, /*buffer_size=*/16);
  ASSERT_TRUE(writer.Reserve(8));
  writer.set_anchor(writer.cursor());
  ASSERT_TRUE(writer.Write("wrong"));
  ASSERT_TRUE(writer.Write(std::string(100, 'x')));
  writer.anchor()[0] = 'W';
  writer.set_anchor(nullptr);
  EXPECT_EQ(*writer.Finished(), DigestOf("Wrong" + std::string(100, 'x')));
}

TEST(DigestingByteWriter, FailuresOfTheDestinationStick) {
  FdByteWriter out(/*fd=*/-1, /*buffer_size=*/1);
  DigestingByteWriter writer(&out);
  BufferDigest digest;
  EXPECT_FALSE(writer.DigestPayload(SampleBytes(1 << 20), &digest));
  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(writer.Finished().status(), out.status());
}

}  // namespace
}  // namespace pickle5

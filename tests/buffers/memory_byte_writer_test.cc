#include "buffers/bytes/memory_byte_writer.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"

namespace pickle5 {
namespace {

TEST(MemoryByteWriter, ResetKeepsTheMemory) {
  MemoryByteWriter writer;
  const std::string bytes = SampleBytes(1 << 20);
  ASSERT_TRUE(writer.WriteLarge(bytes));
  const char* const block = writer.written().data();
  writer.Reset();
  EXPECT_TRUE(writer.written().empty());
  EXPECT_EQ(writer.pos(), 0u);
  EXPECT_GE(writer.available(), bytes.size());
  ASSERT_TRUE(writer.Write(bytes));
  EXPECT_EQ(writer.written(), bytes);
  EXPECT_EQ(writer.written().data(), block);
}

TEST(MemoryByteWriter, ResetForgetsCloseAndFailure) {
  MemoryByteWriter writer(16);
  ASSERT_TRUE(writer.Write("abc"));
  ASSERT_TRUE(writer.Close());
  EXPECT_FALSE(writer.Write("d"));
  EXPECT_EQ(writer.written(), "abc");
  writer.Reset();
  EXPECT_TRUE(writer.ok());
  EXPECT_TRUE(writer.Write("def"));
  EXPECT_EQ(writer.written(), "def");
  EXPECT_FALSE(writer.Reserve(size_t{1} << 60));
  EXPECT_EQ(writer.written(), "def");
  writer.Reset();
  EXPECT_TRUE(writer.Reserve(4));
}

TEST(MemoryByteWriter, BufferTakesTheBytesWithoutACopy) {
  MemoryByteWriter writer;
  const std::string bytes = SampleBytes(100000);
  ASSERT_TRUE(writer.Write(bytes));
  const void* const block = writer.written().data();
  const absl::StatusOr<Buffer> buffer = writer.TakeBuffer();
  ASSERT_TRUE(buffer.ok());
  EXPECT_EQ(static_cast<const void*>(buffer->data()), block);
  EXPECT_EQ(buffer->chars(), bytes);
  EXPECT_FALSE(buffer->readonly());
  EXPECT_TRUE(writer.written().empty());
  ASSERT_TRUE(writer.Write("next"));
  EXPECT_EQ(writer.written(), "next");
  EXPECT_EQ(buffer->chars(), bytes);
}

TEST(MemoryByteWriter, BufferOfAFailedWriterIsItsStatus) {
  MemoryByteWriter writer;
  EXPECT_FALSE(writer.Reserve(size_t{1} << 60));
  EXPECT_EQ(writer.TakeBuffer().status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(MemoryByteWriter, BufferOfNothingIsEmpty) {
  MemoryByteWriter writer;
  const absl::StatusOr<Buffer> buffer = writer.TakeBuffer();
  ASSERT_TRUE(buffer.ok());
  EXPECT_EQ(buffer->nbytes(), 0u);
}

}  // namespace
}  // namespace pickle5

#include "buffers/bytes/ostream_byte_writer.h"

#include <fstream>
#include <new>
#include <ostream>
#include <sstream>
#include <streambuf>
#include <string>

#include "gtest/gtest.h"

namespace pickle5 {
namespace {

// Takes nothing and throws what it is told to, when written to or flushed.
template <typename Exception>
class ThrowingStreambuf : public std::streambuf {
  int_type overflow(int_type /*c*/) override { throw Exception(); }
  int sync() override { throw Exception(); }
};

struct SomeException {};

TEST(OstreamByteWriter, CloseFlushesTheStream) {
  class Destination : public std::stringbuf {
   public:
    int syncs = 0;

   private:
    int sync() override { return ++syncs, 0; }
  };
  Destination destination;
  std::ostream stream(&destination);
  OstreamByteWriter writer(&stream);
  ASSERT_TRUE(writer.Write("abc"));
  ASSERT_TRUE(writer.Flush());
  EXPECT_EQ(destination.syncs, 0);
  ASSERT_TRUE(writer.Close());
  EXPECT_EQ(destination.syncs, 1);
  EXPECT_EQ(destination.str(), "abc");
}

TEST(OstreamByteWriter, FullDiskIsAStatus) {
  std::ofstream stream("/dev/full", std::ios::binary);
  OstreamByteWriter writer(&stream);
  EXPECT_FALSE(writer.Write(std::string(1 << 20, 'x')) && writer.Close());
  EXPECT_EQ(writer.status().code(), absl::StatusCode::kUnavailable);
}

TEST(OstreamByteWriter, FullDiskAtTheLastFlushIsAStatus) {
  std::ofstream stream("/dev/full", std::ios::binary);
  OstreamByteWriter writer(&stream);
  ASSERT_TRUE(writer.Write("few bytes"));
  EXPECT_FALSE(writer.Close());
  EXPECT_EQ(writer.status().code(), absl::StatusCode::kUnavailable);
}

TEST(OstreamByteWriter, ExceptionOfTheStreamBecomesAStatus) {
  ThrowingStreambuf<SomeException> destination;
  std::ostream stream(&destination);
  OstreamByteWriter writer(&stream);
  ASSERT_TRUE(writer.Write("abc"));
  EXPECT_FALSE(writer.Flush());
  EXPECT_EQ(writer.status().code(), absl::StatusCode::kUnknown);
}

TEST(OstreamByteWriter, ExceptionOfTheFlushBecomesAStatus) {
  ThrowingStreambuf<SomeException> destination;
  std::ostream stream(&destination);
  OstreamByteWriter writer(&stream);
  EXPECT_FALSE(writer.Close());
  EXPECT_EQ(writer.status().code(), absl::StatusCode::kUnknown);
}

TEST(OstreamByteWriter, BadAllocOfTheStreamIsResourceExhausted) {
  ThrowingStreambuf<std::bad_alloc> destination;
  std::ostream stream(&destination);
  OstreamByteWriter writer(&stream);
  ASSERT_TRUE(writer.Write("abc"));
  EXPECT_FALSE(writer.Flush());
  EXPECT_EQ(writer.status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(OstreamByteWriter, StreamWithoutABufferTakesNothing) {
  std::ostream stream(nullptr);
  OstreamByteWriter writer(&stream);
  ASSERT_TRUE(writer.Write("abc"));
  EXPECT_FALSE(writer.Close());
}

}  // namespace
}  // namespace pickle5

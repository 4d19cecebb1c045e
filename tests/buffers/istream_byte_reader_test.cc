#include "buffers/bytes/istream_byte_reader.h"

#include <new>
#include <sstream>
#include <stdexcept>
#include <streambuf>

#include "gtest/gtest.h"

namespace pickle5 {
namespace {

// A stream buffer that throws what it is told to.
template <typename Exception>
class ThrowingStreambuf : public std::streambuf {
  int_type underflow() override { throw Exception(); }
};

struct SomeException {};

TEST(IstreamByteReader, EndOfInputSetsEofbit) {
  std::istringstream stream("abc");
  IstreamByteReader reader(&stream);
  EXPECT_TRUE(reader.Pull(3));
  EXPECT_FALSE(stream.eof());
  EXPECT_FALSE(reader.Pull(4));
  EXPECT_TRUE(stream.eof());
  EXPECT_TRUE(reader.ok());
}

TEST(IstreamByteReader, StreamThatThrowsAtItsEndJustEnds) {
  std::istringstream stream("abc");
  stream.exceptions(std::ios_base::eofbit);
  IstreamByteReader reader(&stream);
  EXPECT_FALSE(reader.Pull(4));
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.available(), 3u);
}

TEST(IstreamByteReader, ExceptionOfTheStreamBecomesAStatus) {
  ThrowingStreambuf<SomeException> source;
  std::istream stream(&source);
  IstreamByteReader reader(&stream);
  EXPECT_FALSE(reader.Pull(1));
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kUnknown);
}

TEST(IstreamByteReader, BadAllocOfTheStreamIsResourceExhausted) {
  ThrowingStreambuf<std::bad_alloc> source;
  std::istream stream(&source);
  IstreamByteReader reader(&stream);
  EXPECT_FALSE(reader.Pull(1));
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(IstreamByteReader, StreamWithoutABufferIsEmpty) {
  std::istream stream(nullptr);
  IstreamByteReader reader(&stream);
  EXPECT_FALSE(reader.Pull(1));
  EXPECT_TRUE(reader.ok());
}

}  // namespace
}  // namespace pickle5

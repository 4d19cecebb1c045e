#include "buffers/bytes/byte_writer.h"

#include <fcntl.h>

#include <limits>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/cord.h"
#include "buffers/bytes/cord_byte_writer.h"
#include "buffers/bytes/fd_byte_writer.h"
#include "buffers/bytes/memory_byte_writer.h"
#include "buffers/bytes/ostream_byte_writer.h"
#include "buffers/bytes/string_byte_writer.h"
#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

enum class Kind { kMemory, kString, kFd, kOstream, kCord };

// What every writer promises, with a buffer so small that it overflows all the
// time.
class AnyByteWriter : public ::testing::TestWithParam<Kind> {
 protected:
  ByteWriter& Open(size_t buffer_size = 16) {
    switch (GetParam()) {
      case Kind::kMemory:
        writer_ = std::make_unique<MemoryByteWriter>(buffer_size);
        break;
      case Kind::kString:
        writer_ = std::make_unique<StringByteWriter>(&string_, buffer_size);
        break;
      case Kind::kFd:
        writer_ = std::make_unique<FdByteWriter>(
            OwnedFd(::open(dir_.File("output").c_str(),
                           O_WRONLY | O_CREAT | O_TRUNC, 0600)),
            buffer_size);
        break;
      case Kind::kOstream:
        writer_ = std::make_unique<OstreamByteWriter>(&stream_, buffer_size);
        break;
      case Kind::kCord:
        writer_ = std::make_unique<CordByteWriter>(&cord_, buffer_size);
        break;
    }
    return *writer_;
  }

  // What has arrived at the destination.
  std::string Output() const {
    switch (GetParam()) {
      case Kind::kMemory:
        return std::string(
            static_cast<MemoryByteWriter*>(writer_.get())->written());
      case Kind::kString:
        return string_;
      case Kind::kFd:
        return ReadAll(dir_.File("output"));
      case Kind::kOstream:
        return stream_.str();
      case Kind::kCord:
        return std::string(cord_);
    }
    return "";
  }

  TempDir dir_;
  std::string string_;
  std::ostringstream stream_;
  absl::Cord cord_;
  std::unique_ptr<ByteWriter> writer_;
};

TEST_P(AnyByteWriter, WritesOfAnySizeArriveInOrder) {
  const std::string bytes = SampleBytes(200000);
  ByteWriter& writer = Open();
  size_t pos = 0;
  for (size_t length = 0; pos < bytes.size(); length = length * 3 / 2 + 1) {
    const std::string piece = bytes.substr(pos, length);
    ASSERT_TRUE(length % 2 == 0 ? writer.Write(piece)
                                : writer.WriteLarge(piece));
    pos += piece.size();
    ASSERT_EQ(writer.pos(), pos);
  }
  ASSERT_TRUE(writer.Close());
  EXPECT_EQ(Output(), bytes);
  EXPECT_EQ(writer.pos(), bytes.size());
}

TEST_P(AnyByteWriter, ReservedMemoryIsWrittenUpToTheCursor) {
  ByteWriter& writer = Open();
  std::string expected;
  for (size_t length = 1; length < 200; ++length) {
    ASSERT_TRUE(writer.Reserve(length));
    ASSERT_GE(writer.available(), length);
    const std::string piece = SampleBytes(length);
    piece.copy(reinterpret_cast<char*>(writer.cursor()), length);
    writer.set_cursor(writer.cursor() + length);
    expected += piece;
  }
  ASSERT_TRUE(writer.Close());
  EXPECT_EQ(Output(), expected);
}

TEST_P(AnyByteWriter, AnchoredBytesCanBeRewrittenHoweverMuchFollows) {
  ByteWriter& writer = Open();
  ASSERT_TRUE(writer.Write("before"));
  ASSERT_TRUE(writer.Reserve(9));
  writer.set_anchor(writer.cursor());
  ASSERT_TRUE(writer.Write("XXXXXXXXX"));
  const std::string contents = SampleBytes(150000);
  for (size_t i = 0; i < contents.size(); i += 1000) {
    ASSERT_TRUE(writer.Write(contents.substr(i, 1000)));
  }
  ASSERT_TRUE(writer.WriteLarge(contents));
  ASSERT_TRUE(writer.Flush());
  ASSERT_EQ(writer.cursor() - writer.anchor(), 9 + 2 * 150000);
  std::string("FRAME-LEN").copy(reinterpret_cast<char*>(writer.anchor()), 9);
  writer.set_anchor(nullptr);
  ASSERT_TRUE(writer.Write("after"));
  ASSERT_TRUE(writer.Close());
  EXPECT_EQ(Output(), "beforeFRAME-LEN" + contents + contents + "after");
}

TEST_P(AnyByteWriter, FlushDeliversWhatIsNotAnchored) {
  ByteWriter& writer = Open(100);
  ASSERT_TRUE(writer.Write("out"));
  ASSERT_TRUE(writer.Flush());
  EXPECT_EQ(Output(), "out");
  ASSERT_TRUE(writer.Reserve(1));
  writer.set_anchor(writer.cursor());
  ASSERT_TRUE(writer.Write("held"));
  ASSERT_TRUE(writer.Flush());
  if (GetParam() != Kind::kMemory) {
    EXPECT_EQ(Output(), "out");
  }
  EXPECT_EQ(writer.pos(), 7u);
  ASSERT_TRUE(writer.Close());
  EXPECT_EQ(Output(), "outheld");
}

TEST_P(AnyByteWriter, CloseIsIdempotentAndWritingAfterItFails) {
  ByteWriter& writer = Open();
  ASSERT_TRUE(writer.Write("abc"));
  EXPECT_TRUE(writer.Close());
  EXPECT_TRUE(writer.Close());
  EXPECT_FALSE(writer.Write("d"));
  EXPECT_EQ(writer.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(writer.WriteLarge(SampleBytes(100000)));
  EXPECT_FALSE(writer.Reserve(1));
  EXPECT_FALSE(writer.Flush());
  EXPECT_TRUE(writer.Close());
  EXPECT_EQ(Output(), "abc");
}

TEST_P(AnyByteWriter, ReservationPastAllMemoryFailsAndSticks) {
  ByteWriter& writer = Open();
  ASSERT_TRUE(writer.Write("abc"));
  for (const size_t length :
       {size_t{1} << 60, std::numeric_limits<size_t>::max()}) {
    EXPECT_FALSE(writer.Reserve(length));
    EXPECT_EQ(writer.status().code(), absl::StatusCode::kResourceExhausted);
  }
  EXPECT_FALSE(writer.Write("d"));
  EXPECT_FALSE(writer.Close());
  EXPECT_FALSE(writer.Close());
}

TEST_P(AnyByteWriter, NothingWrittenIsAnEmptyOutput) {
  ByteWriter& writer = Open();
  EXPECT_TRUE(writer.Write(""));
  EXPECT_TRUE(writer.Reserve(0));
  EXPECT_TRUE(writer.Flush());
  EXPECT_TRUE(writer.Close());
  EXPECT_EQ(Output(), "");
  EXPECT_EQ(writer.pos(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Kinds, AnyByteWriter,
                         ::testing::Values(Kind::kMemory, Kind::kString,
                                           Kind::kFd, Kind::kOstream,
                                           Kind::kCord));

}  // namespace
}  // namespace pickle5

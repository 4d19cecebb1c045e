#include "buffers/bytes/byte_reader.h"

#include <fcntl.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/cord.h"
#include "buffers/bytes/cord_byte_reader.h"
#include "buffers/bytes/fd_byte_reader.h"
#include "buffers/bytes/istream_byte_reader.h"
#include "buffers/bytes/memory_byte_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

enum class Kind { kMemory, kFile, kIstream, kFlatCord, kChunkedCord };

// What every reader promises, with a buffer so small that it is refilled all
// the time.
class AnyByteReader : public ::testing::TestWithParam<Kind> {
 protected:
  ByteReader& Open(std::string bytes, size_t buffer_size = 7) {
    bytes_ = std::move(bytes);
    switch (GetParam()) {
      case Kind::kMemory:
        reader_ = std::make_unique<MemoryByteReader>(bytes_);
        break;
      case Kind::kFile: {
        const std::string path = dir_.File("input");
        WriteAll(path, bytes_);
        reader_ = std::make_unique<FdByteReader>(
            OwnedFd(::open(path.c_str(), O_RDONLY)), buffer_size);
        break;
      }
      case Kind::kIstream:
        stream_.str(bytes_);
        reader_ = std::make_unique<IstreamByteReader>(&stream_, buffer_size);
        break;
      case Kind::kFlatCord:
        reader_ = std::make_unique<CordByteReader>(
            absl::Cord(std::string(bytes_)), buffer_size);
        break;
      case Kind::kChunkedCord: {
        absl::Cord cord;
        for (size_t i = 0; i < bytes_.size(); i += 1000) {
          cord.Append(absl::Cord(bytes_.substr(i, 1000)));
        }
        reader_ =
            std::make_unique<CordByteReader>(std::move(cord), buffer_size);
        break;
      }
    }
    return *reader_;
  }

  static std::string Peek(const ByteReader& reader, size_t length) {
    return {reinterpret_cast<const char*>(reader.cursor()), length};
  }

  TempDir dir_;
  std::string bytes_;
  std::istringstream stream_;
  std::unique_ptr<ByteReader> reader_;
};

TEST_P(AnyByteReader, PullMakesBytesContiguousAndKeepsTheCursor) {
  const std::string bytes = SampleBytes(5000);
  ByteReader& reader = Open(bytes);
  for (size_t length = 1; reader.pos() + length <= bytes.size(); ++length) {
    ASSERT_TRUE(reader.Pull(length));
    ASSERT_GE(reader.available(), length);
    const size_t pos = static_cast<size_t>(reader.pos());
    ASSERT_EQ(Peek(reader, length), bytes.substr(pos, length));
    ASSERT_EQ(reader.pos(), pos);
    // Takes only half, so that the rest has to be kept.
    reader.set_cursor(reader.cursor() + (length + 1) / 2);
  }
  EXPECT_TRUE(reader.ok());
}

TEST_P(AnyByteReader, PullPastTheEndFailsWithEverythingAvailable) {
  const std::string bytes = SampleBytes(3000);
  ByteReader& reader = Open(bytes);
  ASSERT_TRUE(reader.Skip(1));
  EXPECT_FALSE(reader.Pull(size_t{1} << 60));
  ASSERT_EQ(reader.available(), 2999u);
  EXPECT_EQ(Peek(reader, 2999), bytes.substr(1));
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.remaining(), 2999u);
  EXPECT_FALSE(reader.Pull(3000));
  EXPECT_TRUE(reader.Pull(2999));
}

TEST_P(AnyByteReader, ReadsOfAnySizeGiveTheBytesInOrder) {
  const std::string bytes = SampleBytes(20000);
  ByteReader& reader = Open(bytes);
  std::string result;
  for (size_t length = 0; result.size() < bytes.size();
       length = length * 2 + 1) {
    length = std::min(length, bytes.size() - result.size());
    std::string piece(length, '\0');
    ASSERT_TRUE(reader.Read(length, piece.data()));
    result += piece;
    ASSERT_EQ(reader.pos(), result.size());
  }
  EXPECT_EQ(result, bytes);
  char byte = 0;
  EXPECT_FALSE(reader.Read(1, &byte));
  EXPECT_TRUE(reader.ok());
}

TEST_P(AnyByteReader, ShortReadGivesWhatIsThere) {
  for (const size_t size : {size_t{5}, size_t{3000}}) {
    const std::string bytes = SampleBytes(size);
    ByteReader& reader = Open(bytes);
    std::string out(size + 4, '\0');
    EXPECT_FALSE(reader.Read(size + 4, out.data()));
    EXPECT_EQ(out.substr(0, size), bytes);
    EXPECT_EQ(reader.pos(), size);
    EXPECT_TRUE(reader.ok());
  }
}

TEST_P(AnyByteReader, SkipCrossesRefills) {
  const std::string bytes = SampleBytes(5000);
  ByteReader& reader = Open(bytes);
  ASSERT_TRUE(reader.Skip(4321));
  EXPECT_EQ(reader.pos(), 4321u);
  ASSERT_TRUE(reader.Pull(3));
  EXPECT_EQ(Peek(reader, 3), bytes.substr(4321, 3));
  EXPECT_FALSE(reader.Skip(1000));
  EXPECT_EQ(reader.pos(), 5000u);
}

TEST_P(AnyByteReader, EmptyInputEndsAtOnce) {
  ByteReader& reader = Open("");
  EXPECT_TRUE(reader.Pull(0));
  EXPECT_FALSE(reader.Pull(1));
  EXPECT_EQ(reader.available(), 0u);
  EXPECT_EQ(reader.remaining(), 0u);
  EXPECT_TRUE(reader.ok());
}

TEST_P(AnyByteReader, RemainingIsExactWhereKnown) {
  ByteReader& reader = Open(SampleBytes(5000));
  ASSERT_TRUE(reader.Skip(100));
  if (GetParam() == Kind::kIstream) {
    EXPECT_EQ(reader.remaining(), std::nullopt);
  } else {
    EXPECT_EQ(reader.remaining(), 4900u);
  }
}

TEST_P(AnyByteReader, OnlyMemoryIsStable) {
  const bool stable =
      GetParam() == Kind::kMemory || GetParam() == Kind::kFlatCord;
  ByteReader& reader = Open(SampleBytes(5000));
  EXPECT_EQ(reader.stable(), stable);
  if (stable) {
    const uint8_t* const begin = reader.cursor();
    ASSERT_TRUE(reader.Pull(5000));
    EXPECT_EQ(reader.cursor(), begin);
  }
}

TEST_P(AnyByteReader, LargeReadLeavesTheReaderInStep) {
  const std::string bytes = SampleBytes(300000);
  ByteReader& reader = Open(bytes, 1000);
  ASSERT_TRUE(reader.Pull(10));
  reader.set_cursor(reader.cursor() + 10);
  std::string payload(250000, '\0');
  ASSERT_TRUE(reader.Read(payload.size(), payload.data()));
  EXPECT_EQ(payload, bytes.substr(10, 250000));
  ASSERT_TRUE(reader.Pull(5));
  EXPECT_EQ(Peek(reader, 5), bytes.substr(250010, 5));
}

INSTANTIATE_TEST_SUITE_P(Kinds, AnyByteReader,
                         ::testing::Values(Kind::kMemory, Kind::kFile,
                                           Kind::kIstream, Kind::kFlatCord,
                                           Kind::kChunkedCord));

// Records what the base class asks of a source.
class ScriptedReader final : public ByteReader {
 public:
  ScriptedReader(size_t buffer_size, std::string_view bytes)
      : ByteReader(buffer_size), bytes_(bytes) {}
  size_t calls = 0;
  size_t largest = 0;
  bool fail = false;

 protected:
  size_t ReadSource(uint8_t* destination, size_t min_bytes,
                    size_t max_bytes) override {
    ++calls;
    largest = std::max(largest, max_bytes);
    if (fail) {
      Fail(absl::DataLossError("scripted"));
      Fail(absl::AbortedError("later"));
      return 0;
    }
    const size_t count = std::min(min_bytes, bytes_.size());
    bytes_.copy(reinterpret_cast<char*>(destination), count);
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
};

TEST(ByteReader, ClaimedLengthTakesNoMemory) {
  const std::string bytes = SampleBytes(1000);
  ScriptedReader reader(16, bytes);
  EXPECT_FALSE(reader.Pull(size_t{1} << 40));
  EXPECT_EQ(reader.available(), 1000u);
  EXPECT_LE(reader.largest, 1024u);
}

TEST(ByteReader, LargeReadAsksTheSourceForThePayloadAlone) {
  const std::string bytes = SampleBytes(1000);
  ScriptedReader reader(16, bytes);
  std::string out(1000, '\0');
  ASSERT_TRUE(reader.Read(1000, out.data()));
  EXPECT_EQ(out, bytes);
  EXPECT_EQ(reader.calls, 1u);
  EXPECT_EQ(reader.remaining(), std::nullopt);
}

TEST(ByteReader, FirstFailureSticksAndEndsTheInput) {
  ScriptedReader reader(16, "abc");
  reader.fail = true;
  EXPECT_FALSE(reader.Pull(1));
  EXPECT_FALSE(reader.Pull(1));
  EXPECT_EQ(reader.calls, 1u);
  EXPECT_EQ(reader.status(), absl::DataLossError("scripted"));
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, SourceIsNotAskedAgainAfterItsEnd) {
  ScriptedReader reader(16, "abc");
  EXPECT_FALSE(reader.Pull(4));
  char out[20];
  EXPECT_FALSE(reader.Read(20, out));
  EXPECT_FALSE(reader.Skip(1));
  EXPECT_EQ(reader.calls, 1u);
}

TEST(ByteReader, CursorMayGoBackWithinWhatIsAvailable) {
  MemoryByteReader reader("abcdef");
  const uint8_t* const begin = reader.cursor();
  ASSERT_TRUE(reader.Skip(4));
  reader.set_cursor(begin);
  EXPECT_EQ(reader.pos(), 0u);
  EXPECT_EQ(reader.available(), 6u);
}

}  // namespace
}  // namespace pickle5

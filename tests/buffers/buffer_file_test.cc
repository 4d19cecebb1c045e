#include "buffers/files/buffer_file.h"

#include <string>
#include <utility>
#include <vector>

#include "buffers/buffer.h"
#include "buffers/bytes/memory_byte_writer.h"
#include "buffers/files/buffer_file_index.h"
#include "buffers/files/buffer_file_writer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"

namespace pickle5 {
namespace {

using ::testing::HasSubstr;

std::string TwoPayloads() {
  MemoryByteWriter out;
  BufferFileWriter writer(&out);
  EXPECT_TRUE(writer.Append(*Buffer::Copy(SampleBytes(100))).ok());
  EXPECT_TRUE(writer.Append(Buffer::Borrow("readonly")).ok());
  EXPECT_TRUE(writer.Finish().ok());
  return std::string(out.written());
}

// A file with one array of 24 bytes whose index says what `entry` says.
absl::Status ParseWith(BufferFileEntry entry) {
  entry.offset = 64;
  entry.length = 24;
  entry.has_layout = true;
  return BufferFile::Parse(*Buffer::Own(EncodeBufferFileHeader() +
                                        std::string(64, '\0') +
                                        EncodeBufferFileIndex({entry}, 128)))
      .status();
}

TEST(BufferFile, PayloadsAreViewsThatKeepTheFileAlive) {
  Buffer bytes = *Buffer::Own(TwoPayloads());
  const uint8_t* const data = bytes.data();
  absl::StatusOr<BufferFile> file = BufferFile::Parse(std::move(bytes));
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->size(), 2u);
  const Buffer first = *file->Get(0);
  const Buffer second = *file->Get(1);
  file = absl::CancelledError();
  EXPECT_EQ(first.data(), data + 64);
  EXPECT_EQ(first.chars(), SampleBytes(100));
  EXPECT_FALSE(first.readonly());
  EXPECT_EQ(second.chars(), "readonly");
  EXPECT_TRUE(second.readonly());
}

TEST(BufferFile, ReadonlyBytesMakeAllPayloadsReadonly) {
  const std::string bytes = TwoPayloads();
  const absl::StatusOr<BufferFile> file =
      BufferFile::Parse(Buffer::Borrow(bytes));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->Get(0)->readonly());
}

TEST(BufferFile, PayloadThatIsNotThereIsOutOfRange) {
  const BufferFile file = *BufferFile::Parse(*Buffer::Own(TwoPayloads()));
  EXPECT_EQ(file.Get(2).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(BufferFile, ShapeThatDoesNotFitIsDataLoss) {
  BufferFileEntry entry;
  entry.itemsize = 4;
  entry.shape = {2, 3};
  EXPECT_TRUE(ParseWith(entry).ok());
  entry.fortran_order = true;
  EXPECT_TRUE(ParseWith(entry).ok());
  for (const std::vector<ptrdiff_t>& shape :
       std::vector<std::vector<ptrdiff_t>>{{7},
                                           {5},
                                           {-6},
                                           {-2, -3},
                                           {0},
                                           {PTRDIFF_MAX, PTRDIFF_MAX},
                                           {0, PTRDIFF_MAX, PTRDIFF_MAX}}) {
    entry.shape = shape;
    EXPECT_EQ(ParseWith(entry).code(), absl::StatusCode::kDataLoss);
  }
}

TEST(BufferFile, VerifyNamesTheDamagedPayload) {
  const std::string bytes = TwoPayloads();
  EXPECT_TRUE(BufferFile::Parse(Buffer::Borrow(bytes))->Verify().ok());
  std::string damaged = bytes;
  damaged[192] = 'R';
  const absl::Status status =
      BufferFile::Parse(Buffer::Borrow(damaged))->Verify();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("payload 1 at byte 192"));
}

TEST(BufferFile, VerifyLooksAtThePadding) {
  for (const size_t at : {170u, 210u}) {
    std::string damaged = TwoPayloads();
    damaged[at] = 1;
    EXPECT_EQ(BufferFile::Parse(Buffer::Borrow(damaged))->Verify().code(),
              absl::StatusCode::kDataLoss)
        << at;
  }
}

}  // namespace
}  // namespace pickle5

#include "buffers/files/file_sink.h"

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>

#include "buffers/buffer.h"
#include "buffers/files/mapped_source.h"
#include "buffers/io_status.h"
#include "gtest/gtest.h"
#include "tests/buffers/file_size_limit.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

class FileSinkTest : public ::testing::Test {
 protected:
  TempDir dir_;
  const std::string path_ = dir_.File("buffers");
};

TEST_F(FileSinkTest, FileAppearsWithClose) {
  const std::unique_ptr<FileSink> sink = *FileSink::Create(path_);
  ASSERT_TRUE(sink->Accept(Buffer::Borrow("abc")).ok());
  EXPECT_FALSE(std::filesystem::exists(path_));
  ASSERT_TRUE(sink->Close().ok());
  EXPECT_TRUE(std::filesystem::exists(path_));
  EXPECT_EQ(sink->counters().bytes_copied, 3u);
}

TEST_F(FileSinkTest, WithoutCloseTheOldFileStays) {
  WriteAll(path_, "old");
  {
    const std::unique_ptr<FileSink> sink = *FileSink::Create(path_);
    ASSERT_TRUE(sink->Accept(Buffer::Borrow("abc")).ok());
  }
  EXPECT_EQ(ReadAll(path_), "old");
  EXPECT_EQ(dir_.CountFiles(), 1u);
}

TEST_F(FileSinkTest, FailedWriteSticksAndLeavesTheOldFile) {
  WriteAll(path_, "old");
  {
    const std::unique_ptr<FileSink> sink = *FileSink::Create(path_);
    FileSizeLimit limit(10000);
    const std::string bytes = SampleBytes(100000);
    EXPECT_EQ(GetErrno(sink->Accept(Buffer::Borrow(bytes)).status()), EFBIG);
    EXPECT_EQ(GetErrno(sink->Accept(Buffer()).status()), EFBIG);
    EXPECT_EQ(GetErrno(sink->Close()), EFBIG);
    EXPECT_EQ(GetErrno(sink->Close()), EFBIG);
  }
  EXPECT_EQ(ReadAll(path_), "old");
  EXPECT_EQ(dir_.CountFiles(), 1u);
}

TEST_F(FileSinkTest, FailureAtCloseLeavesTheOldFile) {
  WriteAll(path_, "old");
  const std::unique_ptr<FileSink> sink = *FileSink::Create(path_);
  ASSERT_TRUE(sink->Accept(Buffer::Borrow("abc")).ok());
  {
    FileSizeLimit limit(10);
    EXPECT_EQ(GetErrno(sink->Close()), EFBIG);
  }
  EXPECT_EQ(ReadAll(path_), "old");
}

TEST_F(FileSinkTest, MissingDirectoryIsNotFound) {
  EXPECT_EQ(FileSink::Create(dir_.File("no/such")).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(FileSinkTest, FileThatIsReadMayBeReplaced) {
  const std::string bytes = SampleBytes(100000);
  std::unique_ptr<FileSink> sink = *FileSink::Create(path_);
  ASSERT_TRUE(sink->Accept(Buffer::Borrow(bytes)).ok());
  ASSERT_TRUE(sink->Close().ok());
  const Buffer old = *(*MappedSource::Open(path_))->Next();
  sink = *FileSink::Create(path_);
  ASSERT_TRUE(sink->Accept(Buffer::Borrow("new")).ok());
  ASSERT_TRUE(sink->Close().ok());
  EXPECT_EQ(old.chars(), bytes);
  EXPECT_EQ((*MappedSource::Open(path_))->Next()->chars(), "new");
}

}  // namespace
}  // namespace pickle5

#include "buffers/files/mapped_source.h"

#include <memory>
#include <string>

#include "buffers/buffer.h"
#include "buffers/files/file_sink.h"
#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

class MappedSourceTest : public ::testing::Test {
 protected:
  MappedSourceTest() {
    const std::unique_ptr<FileSink> sink = *FileSink::Create(path_);
    EXPECT_TRUE(sink->Accept(*Buffer::Copy(SampleBytes(5000))).ok());
    EXPECT_TRUE(sink->Accept(Buffer::Borrow("readonly")).ok());
    EXPECT_TRUE(sink->Close().ok());
  }

  TempDir dir_;
  const std::string path_ = dir_.File("buffers");
};

TEST_F(MappedSourceTest, WritesStayInThisProcess) {
  const std::string before = ReadAll(path_);
  const Buffer buffer = *(*MappedSource::Open(path_))->Next();
  ASSERT_FALSE(buffer.readonly());
  *buffer.mutable_data() ^= 0xff;
  EXPECT_EQ(ReadAll(path_), before);
  EXPECT_EQ((*MappedSource::Open(path_))->Next()->chars(), SampleBytes(5000));
}

TEST_F(MappedSourceTest, ReadOnlyAccessMakesAllReadonly) {
  const std::unique_ptr<MappedSource> source =
      *MappedSource::Open(path_, MapAccess::kReadOnly);
  EXPECT_TRUE(source->Next()->readonly());
  EXPECT_TRUE(source->Next()->readonly());
}

TEST_F(MappedSourceTest, VerifyFindsAFlippedBit) {
  EXPECT_TRUE((*MappedSource::Open(path_))->file().Verify().ok());
  std::string bytes = ReadAll(path_);
  bytes[64 + 4000] ^= 1;
  WriteAll(path_, bytes);
  const absl::Status status = (*MappedSource::Open(path_))->file().Verify();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
}

TEST_F(MappedSourceTest, OtherFilesAreRefused) {
  WriteAll(dir_.File("text"), "not a buffer file\n");
  WriteAll(dir_.File("empty"), "");
  EXPECT_EQ(MappedSource::Open(dir_.File("text")).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MappedSource::Open(dir_.File("empty")).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MappedSource::Open(dir_.File("none")).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace pickle5

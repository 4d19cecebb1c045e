#include "buffers/shm_sink.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "buffers/buffer.h"
#include "buffers/io_status.h"
#include "buffers/shm_source.h"
#include "gtest/gtest.h"
#include "tests/buffers/file_size_limit.h"
#include "tests/buffers/sample_bytes.h"

namespace pickle5 {
namespace {

class ShmSinkTest : public ::testing::Test {
 protected:
  ~ShmSinkTest() override { ShmSource::Unlink(name_).IgnoreError(); }

  void Write(const std::string& bytes,
             ShmSink::IfExists if_exists = ShmSink::IfExists::kFail) {
    const absl::StatusOr<std::unique_ptr<ShmSink>> sink =
        ShmSink::Create(name_, if_exists);
    ASSERT_TRUE(sink.ok()) << sink.status();
    ASSERT_TRUE((*sink)->Accept(*Buffer::Copy(bytes)).ok());
    ASSERT_TRUE((*sink)->Close().ok());
  }

  const std::string name_ = absl::StrCat("/pickle5-sink-", ::getpid());
};

TEST_F(ShmSinkTest, NameInUseIsAlreadyExists) {
  Write("first");
  EXPECT_EQ(ShmSink::Create(name_).status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ((*ShmSource::Open(name_))->Next()->chars(), "first");
}

TEST_F(ShmSinkTest, ReplacedMemoryStaysWithWhoHasItMapped) {
  Write("first");
  const Buffer first = *(*ShmSource::Open(name_))->Next();
  Write("second", ShmSink::IfExists::kReplace);
  EXPECT_EQ(first.chars(), "first");
  EXPECT_EQ((*ShmSource::Open(name_))->Next()->chars(), "second");
}

TEST_F(ShmSinkTest, IncompleteMemoryIsRefusedAndDroppedWithTheSink) {
  {
    const std::unique_ptr<ShmSink> sink = *ShmSink::Create(name_);
    EXPECT_FALSE(ShmSource::Open(name_).ok());
    // Large enough to be written at once, with the header.
    ASSERT_TRUE(sink->Accept(*Buffer::Copy(SampleBytes(1 << 20))).ok());
    EXPECT_EQ(ShmSource::Open(name_).status().code(),
              absl::StatusCode::kDataLoss);
  }
  EXPECT_EQ(ShmSource::Open(name_).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ShmSinkTest, MemoryThatCannotBeHadIsAStatus) {
  {
    const std::unique_ptr<ShmSink> sink = *ShmSink::Create(name_);
    FileSizeLimit limit(1 << 20);
    EXPECT_EQ(
        GetErrno(sink->Accept(*Buffer::Copy(SampleBytes(4 << 20))).status()),
        EFBIG);
    EXPECT_EQ(GetErrno(sink->Close()), EFBIG);
  }
  EXPECT_EQ(ShmSource::Unlink(name_).code(), absl::StatusCode::kNotFound);
}

TEST_F(ShmSinkTest, FailureAtCloseIsAStatusAndDropsTheName) {
  {
    const std::unique_ptr<ShmSink> sink = *ShmSink::Create(name_);
    ASSERT_TRUE(sink->Accept(Buffer::Borrow("abc")).ok());
    FileSizeLimit limit(10);
    EXPECT_EQ(GetErrno(sink->Close()), EFBIG);
  }
  EXPECT_EQ(ShmSource::Unlink(name_).code(), absl::StatusCode::kNotFound);
}

TEST_F(ShmSinkTest, MalformedNameIsInvalid) {
  EXPECT_EQ(ShmSink::Create("/a/b").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace pickle5

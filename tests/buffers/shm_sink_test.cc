#include "buffers/files/shm_sink.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "buffers/buffer.h"
#include "buffers/files/shm_source.h"
#include "buffers/io_status.h"
#include "gtest/gtest.h"
#include "tests/buffers/child_process.h"
#include "tests/buffers/file_size_limit.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/socket_pair.h"

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

TEST_F(ShmSinkTest, NameAppearsWithClose) {
  const std::unique_ptr<ShmSink> sink = *ShmSink::Create(name_);
  ASSERT_TRUE(sink->Accept(*Buffer::Copy(SampleBytes(1 << 20))).ok());
  EXPECT_EQ(ShmSource::Open(name_).status().code(),
            absl::StatusCode::kNotFound);
  ASSERT_TRUE(sink->Close().ok());
  EXPECT_TRUE(ShmSource::Open(name_).ok());
}

TEST_F(ShmSinkTest, NameTakenBeforeCloseIsAlreadyExists) {
  const std::unique_ptr<ShmSink> late = *ShmSink::Create(name_);
  ASSERT_TRUE(late->Accept(*Buffer::Copy("late")).ok());
  Write("first");
  EXPECT_EQ(late->Close().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ((*ShmSource::Open(name_))->Next()->chars(), "first");
}

TEST_F(ShmSinkTest, KilledWriterLeavesTheOldOne) {
  Write("old");
  for (const bool replace : {false, true}) {
    SocketPair ready;
    ChildProcess writer([&] {
      const auto sink = ShmSink::Create(replace ? name_ : name_ + "-new",
                                        ShmSink::IfExists::kReplace);
      if (!(*sink)->Accept(*Buffer::Copy(SampleBytes(1 << 20))).ok()) return 1;
      if (::write(ready.left.get(), "x", 1) != 1) return 2;
      ::pause();
      return 0;
    });
    char byte = 0;
    ASSERT_EQ(::read(ready.right.get(), &byte, 1), 1);
    writer.Kill();
    EXPECT_EQ(ShmSource::Open(name_ + "-new").status().code(),
              absl::StatusCode::kNotFound);
    EXPECT_EQ((*ShmSource::Open(name_))->Next()->chars(), "old");
  }
}

TEST_F(ShmSinkTest, OwnedMemoryGoesWithItsSink) {
  std::string name;
  std::optional<Buffer> held;
  {
    std::unique_ptr<ShmSink> sink = *ShmSink::CreateOwned();
    name = sink->name();
    ASSERT_TRUE(sink->Accept(*Buffer::Copy("owned")).ok());
    ASSERT_TRUE(sink->Close().ok());
    held = *(*ShmSource::Open(name))->Next();
    // A child that ends does not take its parent's memory away.
    ChildProcess child([&sink] {
      sink.reset();
      return 0;
    });
    EXPECT_EQ(child.Wait(), 0);
    EXPECT_TRUE(ShmSource::Open(name).ok());
  }
  EXPECT_EQ(ShmSource::Open(name).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(held->chars(), "owned");
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

#include "buffers/files/shm_source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "buffers/buffer.h"
#include "buffers/files/shm_sink.h"
#include "buffers/system/owned_fd.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

class ShmSourceTest : public ::testing::Test {
 protected:
  ShmSourceTest() {
    const std::unique_ptr<ShmSink> sink = *ShmSink::Create(name_);
    EXPECT_TRUE(sink->Accept(*Buffer::Copy("shared")).ok());
    EXPECT_TRUE(sink->Close().ok());
  }
  ~ShmSourceTest() override { ShmSource::Unlink(name_).IgnoreError(); }

  const std::string name_ = absl::StrCat("/pickle5-source-", ::getpid());
};

TEST_F(ShmSourceTest, LeadingSlashMayBeLeftOut) {
  EXPECT_TRUE(ShmSource::Open(name_.substr(1)).ok());
}

TEST_F(ShmSourceTest, WritesAreNotSeenByOthers) {
  const Buffer mine = *(*ShmSource::Open(name_))->Next();
  *mine.mutable_data() = 'X';
  EXPECT_EQ((*ShmSource::Open(name_))->Next()->chars(), "shared");
  EXPECT_TRUE((*ShmSource::Open(name_))->file().Verify().ok());
}

TEST_F(ShmSourceTest, ReadOnlyAccessMakesAllReadonly) {
  EXPECT_TRUE(
      (*ShmSource::Open(name_, MapAccess::kReadOnly))->Next()->readonly());
}

TEST_F(ShmSourceTest, BuffersOutliveTheName) {
  const Buffer buffer = *(*ShmSource::Open(name_))->Next();
  EXPECT_TRUE(ShmSource::Unlink(name_).ok());
  EXPECT_EQ(buffer.chars(), "shared");
  EXPECT_EQ(ShmSource::Open(name_).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(ShmSource::Unlink(name_).code(), absl::StatusCode::kNotFound);
}

TEST_F(ShmSourceTest, MemoryOfSomebodyElseIsRefused) {
  const std::string other = name_ + "-other";
  const OwnedFd fd(::shm_open(other.c_str(), O_RDWR | O_CREAT, 0600));
  ASSERT_EQ(::ftruncate(fd.get(), 4096), 0);
  EXPECT_EQ(ShmSource::Open(other).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(ShmSource::Unlink(other).ok());
}

TEST_F(ShmSourceTest, MalformedNamesAreInvalid) {
  EXPECT_EQ(ShmSource::Open("").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShmSource::Unlink("..").code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace pickle5

#include "buffers/files/memfd_sink.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include "buffers/buffer.h"
#include "buffers/files/memfd_source.h"
#include "buffers/io_status.h"
#include "buffers/system/memfd.h"
#include "gtest/gtest.h"
#include "tests/buffers/file_size_limit.h"
#include "tests/buffers/open_fds.h"
#include "tests/buffers/sample_bytes.h"

namespace pickle5 {
namespace {

TEST(MemfdSink, SealsSizeAndBytes) {
  const std::unique_ptr<MemfdSink> sink = *MemfdSink::Create();
  ASSERT_TRUE(sink->Accept(*Buffer::Copy("abc")).ok());
  EXPECT_EQ(sink->fd(), -1);
  ASSERT_TRUE(sink->Close().ok());
  const int fd = sink->fd();
  ASSERT_GE(fd, 0);
  struct stat info = {};
  ASSERT_EQ(::fstat(fd, &info), 0);
  EXPECT_NE(::ftruncate(fd, 0), 0);
  EXPECT_NE(::ftruncate(fd, info.st_size + 1), 0);
  EXPECT_NE(::pwrite(fd, "x", 1, 0), 1);
  EXPECT_EQ(::mmap(nullptr, 64, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
            MAP_FAILED);
  EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
}

TEST(MemfdSink, DescriptorMayBeTaken) {
  std::unique_ptr<MemfdSink> sink = *MemfdSink::Create();
  ASSERT_TRUE(sink->Accept(*Buffer::Copy("abc")).ok());
  EXPECT_FALSE(sink->TakeFd().valid());
  ASSERT_TRUE(sink->Close().ok());
  const OwnedFd fd = sink->TakeFd();
  sink.reset();
  EXPECT_EQ((*MemfdSource::Open(fd.get()))->Next()->chars(), "abc");
}

TEST(MemfdSink, NothingStaysOpen) {
  const size_t open = CountOpenFds();
  {
    const std::unique_ptr<MemfdSink> sink = *MemfdSink::Create();
    ASSERT_TRUE(sink->Accept(*Buffer::Copy(SampleBytes(1 << 20))).ok());
    ASSERT_TRUE(sink->Close().ok());
  }
  {
    const std::unique_ptr<MemfdSink> dropped = *MemfdSink::Create();
    ASSERT_TRUE(dropped->Accept(*Buffer::Copy(SampleBytes(1 << 20))).ok());
  }
  EXPECT_EQ(CountOpenFds(), open);
}

TEST(MemfdSink, MemoryThatCannotBeHadIsAStatus) {
  const std::unique_ptr<MemfdSink> sink = *MemfdSink::Create();
  const FileSizeLimit limit(1 << 20);
  EXPECT_EQ(
      GetErrno(sink->Accept(*Buffer::Copy(SampleBytes(4 << 20))).status()),
      EFBIG);
  EXPECT_EQ(GetErrno(sink->Close()), EFBIG);
  EXPECT_EQ(sink->fd(), -1);
}

TEST(MemfdSink, WritesNoDigests) {
  const std::unique_ptr<MemfdSink> sink = *MemfdSink::Create();
  ASSERT_TRUE(sink->Accept(*Buffer::Copy("abc")).ok());
  ASSERT_TRUE(sink->Close().ok());
  const absl::StatusOr<Buffer> bytes = MapFd(sink->fd(), "memory");
  const auto entries = DecodeBufferFileIndex(bytes->chars());
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_FALSE(entries->front().has_digest);
  EXPECT_TRUE(BufferFile::Parse(*bytes)->Verify().ok());
}

}  // namespace
}  // namespace pickle5

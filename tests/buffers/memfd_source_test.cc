#include "buffers/files/memfd_source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "buffers/buffer.h"
#include "buffers/files/memfd_sink.h"
#include "buffers/system/memfd.h"
#include "gtest/gtest.h"
#include "tests/buffers/open_fds.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

class MemfdSourceTest : public ::testing::Test {
 protected:
  MemfdSourceTest() {
    EXPECT_TRUE(sink_->Accept(*Buffer::Copy("writable")).ok());
    EXPECT_TRUE(sink_->Close().ok());
  }

  // Memory of the same bytes under other seals.
  OwnedFd Sealed(unsigned seals) {
    const Buffer bytes = *MapFd(sink_->fd(), "memory");
    OwnedFd fd = *CreateMemfd("test");
    EXPECT_EQ(::pwrite(fd.get(), bytes.data(), bytes.nbytes(), 0),
              static_cast<ssize_t>(bytes.nbytes()));
    EXPECT_TRUE(AddSeals(fd.get(), seals).ok());
    return fd;
  }

  std::unique_ptr<MemfdSink> sink_ = *MemfdSink::Create();
};

TEST_F(MemfdSourceTest, EachReaderWritesToPagesOfItsOwn) {
  const Buffer one = *(*MemfdSource::Open(sink_->fd()))->Next();
  const Buffer two = *(*MemfdSource::Open(sink_->fd()))->Next();
  *one.mutable_data() = 'W';
  EXPECT_EQ(one.chars(), "Writable");
  EXPECT_EQ(two.chars(), "writable");
}

TEST_F(MemfdSourceTest, ReadOnlyOnRequest) {
  const Buffer buffer =
      *(*MemfdSource::Open(sink_->fd(), MapAccess::kReadOnly))->Next();
  EXPECT_TRUE(buffer.readonly());
  EXPECT_EQ(buffer.chars(), "writable");
}

TEST_F(MemfdSourceTest, KeepsNoDescriptor) {
  const size_t open = CountOpenFds();
  const std::unique_ptr<MemfdSource> source = *MemfdSource::Open(sink_->fd());
  EXPECT_EQ(CountOpenFds(), open);
  sink_.reset();
  EXPECT_EQ(source->Next()->chars(), "writable");
}

TEST_F(MemfdSourceTest, MemoryThatOthersMayChangeIsRefused) {
  EXPECT_TRUE(MemfdSource::Open(Sealed(FinalSeals()).get()).ok());
  for (const int missing :
       {F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_SEAL}) {
    EXPECT_EQ(MemfdSource::Open(
                  Sealed(FinalSeals() & ~static_cast<unsigned>(missing)).get())
                  .status()
                  .code(),
              absl::StatusCode::kPermissionDenied)
        << missing;
  }
}

TEST_F(MemfdSourceTest, WhatIsNoSharedMemoryIsRefused) {
  const TempDir dir;
  const OwnedFd file(
      ::open(dir.File("f").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  EXPECT_EQ(MemfdSource::Open(file.get()).status().code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_FALSE(MemfdSource::Open(-1).ok());
}

TEST_F(MemfdSourceTest, OtherContentsAreRefused) {
  const OwnedFd fd = *CreateMemfd("test");
  ASSERT_EQ(::pwrite(fd.get(), "no buffers", 10, 0), 10);
  ASSERT_TRUE(AddSeals(fd.get(), FinalSeals()).ok());
  EXPECT_EQ(MemfdSource::Open(fd.get()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace pickle5

#include "buffers/system/mapping.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "buffers/buffer.h"
#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

class MappingTest : public ::testing::Test {
 protected:
  TempDir dir_;
  const std::string path_ = dir_.File("f");
};

TEST_F(MappingTest, FileIsThereAndReadonly) {
  const std::string bytes = SampleBytes(100000);
  WriteAll(path_, bytes);
  const absl::StatusOr<Buffer> buffer = MapFile(path_);
  ASSERT_TRUE(buffer.ok()) << buffer.status();
  EXPECT_EQ(buffer->chars(), bytes);
  EXPECT_TRUE(buffer->readonly());
}

TEST_F(MappingTest, CopyOnWriteLeavesTheFileAlone) {
  WriteAll(path_, "abc");
  const Buffer buffer = *MapFile(path_, MapAccess::kCopyOnWrite);
  ASSERT_FALSE(buffer.readonly());
  *buffer.mutable_data() = 'X';
  EXPECT_EQ(buffer.chars(), "Xbc");
  EXPECT_EQ(ReadAll(path_), "abc");
  EXPECT_EQ(MapFile(path_)->chars(), "abc");
}

TEST_F(MappingTest, OutlivesTheDescriptorAndTheName) {
  WriteAll(path_, "abc");
  const int fd = ::open(path_.c_str(), O_RDONLY);
  const Buffer buffer = *MapFd(fd, "f");
  ::close(fd);
  ::unlink(path_.c_str());
  EXPECT_EQ(buffer.chars(), "abc");
}

TEST_F(MappingTest, EmptyFileIsAnEmptyBuffer) {
  WriteAll(path_, "");
  EXPECT_EQ(MapFile(path_)->nbytes(), 0u);
}

TEST_F(MappingTest, WhatIsNotAFileIsRefused) {
  EXPECT_EQ(MapFile(dir_.path()).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MapFile("/dev/null").status().code(),
            absl::StatusCode::kInvalidArgument);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(MapFile(path_).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(MappingTest, FailedSystemCallsAreStatuses) {
  EXPECT_EQ(MapFile(path_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(MapFd(-1, "none").ok());
  WriteAll(path_, "abc");
  const int fd = ::open(path_.c_str(), O_WRONLY);
  EXPECT_EQ(MapFd(fd, "write-only").status().code(),
            absl::StatusCode::kPermissionDenied);
  ::close(fd);
}

}  // namespace
}  // namespace pickle5

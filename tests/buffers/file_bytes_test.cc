#include "buffers/files/file_bytes.h"

#include <unistd.h>

#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

class FileBytesTest : public ::testing::Test {
 protected:
  FileBytesTest() { WriteAll(path_, bytes_); }

  TempDir dir_;
  const std::string path_ = dir_.File("f");
  const std::string bytes_ = SampleBytes(3 << 20);
};

TEST_F(FileBytesTest, ReadsFilesAndMemoryAlike) {
  const FileBytes memory = FileBytes::Of(Buffer::Borrow(bytes_));
  const absl::StatusOr<FileBytes> file = FileBytes::Open(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  for (const FileBytes* place : {&memory, &*file}) {
    EXPECT_EQ(place->size(), bytes_.size());
    std::string read(1000, '\0');
    ASSERT_TRUE(place->Read(70001, read.size(), read.data()).ok());
    EXPECT_EQ(read, bytes_.substr(70001, 1000));
    EXPECT_TRUE(place->Read(bytes_.size(), 0, read.data()).ok());
    EXPECT_EQ(place->Map(MapAccess::kReadOnly)->chars(), bytes_);
  }
  EXPECT_NE(memory.memory(), nullptr);
  EXPECT_EQ(file->memory(), nullptr);
}

TEST_F(FileBytesTest, CopyKeepsTheOffsetWithinAPage) {
  const absl::StatusOr<FileBytes> file = FileBytes::Open(path_);
  for (const size_t length : {size_t{100}, size_t{5} << 19}) {
    for (uint64_t offset = 0; offset < 10000; offset += 2500) {
      const absl::StatusOr<Buffer> copy = file->Copy(offset, length);
      ASSERT_TRUE(copy.ok()) << copy.status();
      EXPECT_EQ(copy->chars(), std::string_view(bytes_).substr(offset, length));
      EXPECT_FALSE(copy->readonly());
      EXPECT_EQ((reinterpret_cast<uintptr_t>(copy->data()) - offset) % 64, 0u);
    }
  }
}

TEST_F(FileBytesTest, FileThatBecameShorterIsDataLoss) {
  const absl::StatusOr<FileBytes> file = FileBytes::Open(path_);
  ASSERT_EQ(::truncate(path_.c_str(), 1000), 0);
  EXPECT_EQ(file->Copy(0, bytes_.size()).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_TRUE(file->Copy(0, 1000).ok());
}

TEST_F(FileBytesTest, RefusesWhatIsNotAFileOrNotThere) {
  EXPECT_EQ(FileBytes::Open(dir_.path()).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FileBytes::Open("/dev/null").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FileBytes::Open(dir_.File("none")).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace pickle5

#include "buffers/files/appended_file.h"

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>

#include "buffers/io_status.h"
#include "gtest/gtest.h"
#include "tests/buffers/file_size_limit.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

class AppendedFileTest : public ::testing::Test {
 protected:
  AppendedFileTest() { WriteAll(path_, "old"); }

  std::unique_ptr<AppendedFile> OpenAt(uint64_t end) {
    absl::StatusOr<std::unique_ptr<AppendedFile>> file =
        AppendedFile::Open(path_);
    EXPECT_TRUE(file.ok()) << file.status();
    EXPECT_TRUE((*file)->StartAt(end).ok());
    return *std::move(file);
  }

  TempDir dir_;
  const std::string path_ = dir_.File("f");
};

TEST_F(AppendedFileTest, GrowsByWhatIsCommitted) {
  const auto file = OpenAt(3);
  EXPECT_EQ(file->origin(), 3u);
  ASSERT_TRUE(file->writer().Write(" one"));
  ASSERT_TRUE(file->Barrier().ok());
  ASSERT_TRUE(file->writer().Write("."));
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(ReadAll(path_), "old one.");
  ASSERT_TRUE(file->writer().Write(" two."));
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(ReadAll(path_), "old one. two.");
}

TEST_F(AppendedFileTest, WhatStandsBehindTheEndIsDropped) {
  const auto file = OpenAt(2);
  EXPECT_EQ(ReadAll(path_), "ol");
  ASSERT_TRUE(file->writer().Write("D"));
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(ReadAll(path_), "olD");
}

TEST_F(AppendedFileTest, WhatIsNotCommittedIsCutOff) {
  {
    const auto file = OpenAt(3);
    ASSERT_TRUE(file->writer().Write(" one"));
    ASSERT_TRUE(file->Commit().ok());
    ASSERT_TRUE(file->writer().Write(" lost"));
    ASSERT_TRUE(file->Barrier().ok());
    EXPECT_EQ(ReadAll(path_), "old one lost");
  }
  EXPECT_EQ(ReadAll(path_), "old one");
}

TEST_F(AppendedFileTest, FailureCutsBackAndSticks) {
  const auto file = OpenAt(3);
  ASSERT_TRUE(file->writer().Write(" one"));
  ASSERT_TRUE(file->Commit().ok());
  absl::Status status;
  {
    FileSizeLimit limit(1000);
    ASSERT_TRUE(file->writer().Write(std::string(5000, 'x')));
    status = file->Commit();
  }
  EXPECT_EQ(GetErrno(status), EFBIG);
  EXPECT_EQ(ReadAll(path_), "old one");
  EXPECT_EQ(file->Commit(), status);
  EXPECT_EQ(file->Barrier(), status);
}

TEST_F(AppendedFileTest, ExcludesOthersWhileItIsOpen) {
  auto file = OpenAt(3);
  EXPECT_EQ(AppendedFile::Open(path_).status().code(),
            absl::StatusCode::kUnavailable);
  file.reset();
  EXPECT_TRUE(AppendedFile::Open(path_).ok());
}

TEST_F(AppendedFileTest, RefusesWhatIsNotAFileOrNotThere) {
  EXPECT_FALSE(AppendedFile::Open(dir_.path()).ok());
  EXPECT_EQ(AppendedFile::Open(dir_.File("none")).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(AppendedFile::Open("/dev/null").status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace pickle5

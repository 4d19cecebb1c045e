#include "buffers/files/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>

#include "buffers/io_status.h"
#include "gtest/gtest.h"
#include "tests/buffers/file_size_limit.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

class AtomicFileTest : public ::testing::Test {
 protected:
  std::unique_ptr<AtomicFile> Create(const std::string& path) {
    absl::StatusOr<std::unique_ptr<AtomicFile>> file = AtomicFile::Create(path);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? *std::move(file) : nullptr;
  }

  TempDir dir_;
  const std::string path_ = dir_.File("f");
};

TEST_F(AtomicFileTest, AppearsWholeAtCommit) {
  const std::unique_ptr<AtomicFile> file = Create(path_);
  const std::string bytes = SampleBytes(500000);
  ASSERT_TRUE(file->writer().Write("head"));
  ASSERT_TRUE(file->writer().WriteLarge(bytes));
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_TRUE(file->Commit().ok());
  EXPECT_EQ(ReadAll(path_), "head" + bytes);
  EXPECT_EQ(dir_.CountFiles(), 1u);
  EXPECT_TRUE(file->Commit().ok());
}

TEST_F(AtomicFileTest, AnchoredBytesAreCommittedToo) {
  const std::unique_ptr<AtomicFile> file = Create(path_);
  ASSERT_TRUE(file->writer().Reserve(10));
  file->writer().set_anchor(file->writer().cursor());
  ASSERT_TRUE(file->writer().Write("anchored"));
  EXPECT_TRUE(file->Commit().ok());
  EXPECT_EQ(ReadAll(path_), "anchored");
}

TEST_F(AtomicFileTest, WithoutCommitTheOldFileStaysAndNothingElse) {
  WriteAll(path_, "old");
  {
    const std::unique_ptr<AtomicFile> file = Create(path_);
    ASSERT_TRUE(file->writer().Write("new"));
    EXPECT_EQ(ReadAll(path_), "old");
  }
  EXPECT_EQ(ReadAll(path_), "old");
  EXPECT_EQ(dir_.CountFiles(), 1u);
}

// What a process that was killed between link and rename leaves.
TEST_F(AtomicFileTest, NameThatADeadWriterLeftIsUsedAgain) {
  WriteAll(path_, "old");
  WriteAll(dir_.File(".f.pickle5-tmp"), "half");
  const std::unique_ptr<AtomicFile> file = Create(path_);
  ASSERT_TRUE(file->writer().Write("new"));
  EXPECT_TRUE(file->Commit().ok());
  EXPECT_EQ(ReadAll(path_), "new");
  EXPECT_EQ(dir_.CountFiles(), 1u);
}

TEST_F(AtomicFileTest, NameOfALivingWriterIsLeftAlone) {
  WriteAll(path_, "old");
  WriteAll(dir_.File(".f.pickle5-tmp"), "other");
  const OwnedFd living(
      ::open(dir_.File(".f.pickle5-tmp").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(living.get(), LOCK_EX), 0);
  const std::unique_ptr<AtomicFile> file = Create(path_);
  ASSERT_TRUE(file->writer().Write("new"));
  EXPECT_TRUE(file->Commit().ok());
  EXPECT_EQ(ReadAll(path_), "new");
  EXPECT_EQ(ReadAll(dir_.File(".f.pickle5-tmp")), "other");
}

TEST_F(AtomicFileTest, WritersOfOneNameDoNotMeet) {
  WriteAll(path_, "old");
  const std::unique_ptr<AtomicFile> one = Create(path_);
  const std::unique_ptr<AtomicFile> two = Create(path_);
  ASSERT_TRUE(one->writer().Write("one"));
  ASSERT_TRUE(two->writer().Write("two"));
  EXPECT_TRUE(two->Commit().ok());
  EXPECT_TRUE(one->Commit().ok());
  EXPECT_EQ(ReadAll(path_), "one");
  EXPECT_EQ(dir_.CountFiles(), 1u);
}

TEST_F(AtomicFileTest, FailedWriteLeavesTheOldFile) {
  WriteAll(path_, "old");
  const std::unique_ptr<AtomicFile> file = Create(path_);
  absl::Status status;
  {
    FileSizeLimit limit(1000);
    ASSERT_TRUE(file->writer().Write(std::string(5000, 'x')));
    status = file->Commit();
  }
  EXPECT_EQ(GetErrno(status), EFBIG);
  EXPECT_EQ(file->Commit(), status);
  EXPECT_EQ(ReadAll(path_), "old");
  EXPECT_EQ(dir_.CountFiles(), 1u);
}

TEST_F(AtomicFileTest, NameThatBecameADirectoryIsAStatus) {
  const std::unique_ptr<AtomicFile> file = Create(path_);
  std::filesystem::create_directory(path_);
  EXPECT_EQ(GetErrno(file->Commit()), EISDIR);
  EXPECT_EQ(dir_.CountFiles(), 1u);
}

TEST_F(AtomicFileTest, PermissionsOfTheOldFileStay) {
  WriteAll(path_, "old");
  ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
  EXPECT_TRUE(Create(path_)->Commit().ok());
  struct stat info;
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST_F(AtomicFileTest, NewFileObeysTheUmask) {
  const mode_t old = ::umask(027);
  EXPECT_TRUE(Create(path_)->Commit().ok());
  ::umask(old);
  struct stat info;
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST_F(AtomicFileTest, SymbolicLinkStaysAndItsTargetIsReplaced) {
  WriteAll(path_, "old");
  std::filesystem::create_symlink(path_, dir_.File("link"));
  const std::unique_ptr<AtomicFile> file = Create(dir_.File("link"));
  ASSERT_TRUE(file->writer().Write("new"));
  EXPECT_TRUE(file->Commit().ok());
  EXPECT_TRUE(std::filesystem::is_symlink(dir_.File("link")));
  EXPECT_EQ(ReadAll(path_), "new");
}

TEST_F(AtomicFileTest, RelativeNameIsInTheWorkingDirectory) {
  const std::filesystem::path old = std::filesystem::current_path();
  std::filesystem::current_path(dir_.path());
  const absl::Status status = Create("relative")->Commit();
  std::filesystem::current_path(old);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(ReadAll(dir_.File("relative")), "");
  EXPECT_TRUE(std::filesystem::exists(dir_.File("relative")));
}

TEST_F(AtomicFileTest, RefusesWhatIsNotAFile) {
  EXPECT_EQ(AtomicFile::Create(dir_.path()).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(AtomicFile::Create("/dev/null").status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(AtomicFileTest, MissingDirectoryIsNotFound) {
  EXPECT_EQ(AtomicFile::Create(dir_.File("no/such")).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace pickle5

#include "buffers/system/owned_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "buffers/io_status.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

bool IsOpen(int fd) { return ::fcntl(fd, F_GETFD) != -1; }
int OpenOne() { return ::open("/dev/null", O_RDONLY); }

TEST(OwnedFd, DestructorCloses) {
  const int fd = OpenOne();
  { OwnedFd owner(fd); }
  EXPECT_FALSE(IsOpen(fd));
}

TEST(OwnedFd, MoveHandsTheDescriptorOver) {
  const int fd = OpenOne();
  OwnedFd first(fd);
  OwnedFd second(std::move(first));
  EXPECT_FALSE(first.valid());
  EXPECT_EQ(second.get(), fd);
}

TEST(OwnedFd, AssignmentClosesTheOldDescriptor) {
  const int old_fd = OpenOne();
  const int new_fd = OpenOne();
  OwnedFd owner(old_fd);
  owner = OwnedFd(new_fd);
  EXPECT_FALSE(IsOpen(old_fd));
  EXPECT_TRUE(IsOpen(new_fd));
  OwnedFd& same = owner;
  owner = std::move(same);
  EXPECT_TRUE(IsOpen(new_fd));
}

TEST(OwnedFd, ReleaseGivesUpWithoutClosing) {
  const int fd = OpenOne();
  { EXPECT_EQ(OwnedFd(fd).Release(), fd); }
  EXPECT_TRUE(IsOpen(fd));
  ::close(fd);
}

TEST(OwnedFd, CloseTellsFailureAndIsIdempotent) {
  OwnedFd owner(OpenOne());
  EXPECT_TRUE(owner.Close().ok());
  EXPECT_TRUE(owner.Close().ok());
  const int fd = OpenOne();
  OwnedFd stale(fd);
  ::close(fd);
  EXPECT_EQ(GetErrno(stale.Close()), EBADF);
}

}  // namespace
}  // namespace pickle5

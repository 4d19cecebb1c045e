#include "buffers/bytes/fd_byte_reader.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>

#include "buffers/io_status.h"
#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

class FdByteReaderOnPipe : public ::testing::Test {
 protected:
  FdByteReaderOnPipe() {
    std::array<int, 2> ends = {-1, -1};
    EXPECT_EQ(::pipe(ends.data()), 0);
    out_ = OwnedFd(ends[0]);
    in_ = OwnedFd(ends[1]);
  }
  void Send(const std::string& bytes) {
    ASSERT_EQ(::write(in_.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  OwnedFd out_;
  OwnedFd in_;
};

TEST_F(FdByteReaderOnPipe, DoesNotWaitForMoreThanItWasAskedFor) {
  FdByteReader reader(out_.get());
  Send("abc");
  ASSERT_TRUE(reader.Pull(2));
  EXPECT_EQ(reader.available(), 3u);
  EXPECT_EQ(reader.remaining(), std::nullopt);
  in_ = OwnedFd();
  EXPECT_FALSE(reader.Pull(4));
  EXPECT_TRUE(reader.ok());
}

TEST_F(FdByteReaderOnPipe, CollectsAPayloadThatArrivesInPieces) {
  const std::string bytes = SampleBytes(1 << 20);
  std::thread sender([&] {
    for (size_t i = 0; i < bytes.size(); i += 4096) {
      Send(bytes.substr(i, 4096));
    }
  });
  FdByteReader reader(out_.get());
  std::string result(bytes.size(), '\0');
  EXPECT_TRUE(reader.Read(result.size(), result.data()));
  sender.join();
  EXPECT_EQ(result, bytes);
}

TEST_F(FdByteReaderOnPipe, WaitsWhereTheDescriptorDoesNotBlock) {
  ASSERT_EQ(::fcntl(out_.get(), F_SETFL, O_NONBLOCK), 0);
  FdByteReader reader(out_.get());
  std::thread sender([&] {
    ::usleep(20000);
    Send("late");
  });
  EXPECT_TRUE(reader.Pull(4));
  sender.join();
  EXPECT_EQ(reader.available(), 4u);
}

void IgnoreSignal(int /*number*/) {}

TEST_F(FdByteReaderOnPipe, GoesOnAfterSignals) {
  struct sigaction action = {};
  action.sa_handler = IgnoreSignal;  // without SA_RESTART
  struct sigaction old;
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &old), 0);
  const pthread_t reader_thread = ::pthread_self();
  std::thread sender([&] {
    for (int i = 0; i < 10; ++i) {
      ::usleep(2000);
      ::pthread_kill(reader_thread, SIGUSR1);
    }
    Send("after all");
  });
  FdByteReader reader(out_.get());
  EXPECT_TRUE(reader.Pull(9));
  sender.join();
  ::sigaction(SIGUSR1, &old, nullptr);
}

TEST(FdByteReader, StartsAtTheDescriptorsOffset) {
  TempDir dir;
  WriteAll(dir.File("f"), "0123456789");
  OwnedFd fd(::open(dir.File("f").c_str(), O_RDONLY));
  ASSERT_EQ(::lseek(fd.get(), 4, SEEK_SET), 4);
  FdByteReader reader(fd.get());
  EXPECT_EQ(reader.remaining(), 6u);
  ASSERT_TRUE(reader.Pull(6));
  EXPECT_EQ(*reader.cursor(), '4');
  EXPECT_EQ(reader.pos(), 0u);
}

TEST(FdByteReader, PastTheEndOfAFileNothingRemains) {
  TempDir dir;
  WriteAll(dir.File("f"), "0123");
  OwnedFd fd(::open(dir.File("f").c_str(), O_RDONLY));
  ASSERT_EQ(::lseek(fd.get(), 10, SEEK_SET), 10);
  FdByteReader reader(fd.get());
  EXPECT_EQ(reader.remaining(), 0u);
  EXPECT_FALSE(reader.Pull(1));
}

TEST(FdByteReader, FileWithoutASizeHasUnknownRest) {
  FdByteReader reader(OwnedFd(::open("/proc/self/stat", O_RDONLY)));
  EXPECT_EQ(reader.remaining(), std::nullopt);
  EXPECT_TRUE(reader.Pull(1));
}

TEST(FdByteReader, FailedReadIsAStatusWithItsErrno) {
  TempDir dir;
  FdByteReader reader(
      OwnedFd(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY)));
  EXPECT_FALSE(reader.Pull(1));
  EXPECT_EQ(GetErrno(reader.status()), EISDIR);
}

TEST(FdByteReader, ClosesOnlyWhatItOwns) {
  const int owned = ::open("/dev/null", O_RDONLY);
  const int borrowed = ::open("/dev/null", O_RDONLY);
  { FdByteReader reader{OwnedFd(owned)}; }
  { FdByteReader reader(borrowed); }
  EXPECT_EQ(::fcntl(owned, F_GETFD), -1);
  EXPECT_NE(::fcntl(borrowed, F_GETFD), -1);
  ::close(borrowed);
}

}  // namespace
}  // namespace pickle5

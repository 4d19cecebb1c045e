#include "buffers/bytes/fd_byte_writer.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>

#include "buffers/io_status.h"
#include "gtest/gtest.h"
#include "tests/buffers/file_size_limit.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

void IgnoreSignal(int /*number*/) {}

// A socket with room for so little that every large write is partial.
class FdByteWriterOnSocket : public ::testing::Test {
 protected:
  FdByteWriterOnSocket() {
    std::array<int, 2> ends = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    in_ = OwnedFd(ends[0]);
    out_ = OwnedFd(ends[1]);
    const int size = 4096;
    EXPECT_EQ(
        ::setsockopt(in_.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
  }

  // Reads until the other end closes.
  std::string Drain() const {
    std::string result;
    std::array<char, 3000> chunk;
    for (;;) {
      const ssize_t count = ::read(out_.get(), chunk.data(), chunk.size());
      if (count <= 0) return result;
      result.append(chunk.data(), static_cast<size_t>(count));
    }
  }

  // What arrives of a head and a large payload.
  void ExpectAllArrives() {
    const std::string payload = SampleBytes(1 << 20);
    std::string received;
    std::thread reader([&] { received = Drain(); });
    FdByteWriter writer(OwnedFd(in_.Release()));
    EXPECT_TRUE(writer.Write("head"));
    EXPECT_TRUE(writer.WriteLarge(payload));
    EXPECT_TRUE(writer.Write("tail"));
    EXPECT_TRUE(writer.Close());
    reader.join();
    EXPECT_EQ(received, "head" + payload + "tail");
  }

  OwnedFd in_;
  OwnedFd out_;
};

TEST_F(FdByteWriterOnSocket, PartialWritesAreContinued) { ExpectAllArrives(); }

TEST_F(FdByteWriterOnSocket, NonBlockingDescriptorIsWaitedFor) {
  ASSERT_EQ(::fcntl(in_.get(), F_SETFL, O_NONBLOCK), 0);
  ExpectAllArrives();
}

TEST_F(FdByteWriterOnSocket, GoesOnAfterSignals) {
  struct sigaction action = {};
  action.sa_handler = IgnoreSignal;  // without SA_RESTART
  struct sigaction old;
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &old), 0);
  const std::string payload = SampleBytes(1 << 20);
  const pthread_t writer_thread = ::pthread_self();
  std::string received;
  std::thread reader([&] {
    // The writer is stuck in a full socket while the signals come.
    for (int i = 0; i < 10; ++i) {
      ::usleep(2000);
      ::pthread_kill(writer_thread, SIGUSR1);
    }
    received = Drain();
  });
  FdByteWriter writer(OwnedFd(in_.Release()));
  EXPECT_TRUE(writer.WriteLarge(payload));
  EXPECT_TRUE(writer.Close());
  reader.join();
  ::sigaction(SIGUSR1, &old, nullptr);
  EXPECT_EQ(received, payload);
}

TEST_F(FdByteWriterOnSocket, ReaderThatWentAwayIsEpipe) {
  auto* const old = ::signal(SIGPIPE, SIG_IGN);
  out_ = OwnedFd();
  FdByteWriter writer(in_.get());
  EXPECT_FALSE(writer.WriteLarge(SampleBytes(100000)));
  EXPECT_EQ(GetErrno(writer.status()), EPIPE);
  ::signal(SIGPIPE, old);
}

TEST(FdByteWriter, FullDiskIsResourceExhaustedWithItsErrno) {
  FdByteWriter writer(OwnedFd(::open("/dev/full", O_WRONLY)));
  ASSERT_TRUE(writer.Write("abc"));
  EXPECT_FALSE(writer.Flush());
  EXPECT_EQ(writer.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrno(writer.status()), ENOSPC);
  EXPECT_FALSE(writer.Close());
}

TEST(FdByteWriter, FileSizeLimitIsAStatus) {
  TempDir dir;
  FileSizeLimit limit(100000);
  FdByteWriter writer(
      OwnedFd(::open(dir.File("f").c_str(), O_WRONLY | O_CREAT, 0600)));
  EXPECT_FALSE(writer.WriteLarge(SampleBytes(300000)));
  EXPECT_EQ(GetErrno(writer.status()), EFBIG);
}

TEST(FdByteWriter, ClosesOnlyWhatItOwns) {
  const int owned = ::open("/dev/null", O_WRONLY);
  const int borrowed = ::open("/dev/null", O_WRONLY);
  FdByteWriter owner{OwnedFd(owned)};
  FdByteWriter borrower(borrowed);
  EXPECT_TRUE(owner.Close());
  EXPECT_TRUE(borrower.Close());
  EXPECT_EQ(::fcntl(owned, F_GETFD), -1);
  EXPECT_NE(::fcntl(borrowed, F_GETFD), -1);
  ::close(borrowed);
}

TEST(FdByteWriter, FailedCloseIsAStatus) {
  const int fd = ::open("/dev/null", O_WRONLY);
  FdByteWriter writer{OwnedFd(fd)};
  ASSERT_EQ(::close(fd), 0);
  EXPECT_FALSE(writer.Close());
  EXPECT_EQ(GetErrno(writer.status()), EBADF);
}

}  // namespace
}  // namespace pickle5

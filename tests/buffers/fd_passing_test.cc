#include "buffers/system/fd_passing.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "buffers/io_status.h"
#include "gtest/gtest.h"
#include "tests/buffers/open_fds.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/socket_pair.h"

namespace pickle5 {
namespace {

std::span<const uint8_t> BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// While it lives, this process can open `more` descriptors and no further one.
class OpenFilesLimit {
 public:
  explicit OpenFilesLimit(int more) {
    const OwnedFd lowest_free(::dup(0));
    ::getrlimit(RLIMIT_NOFILE, &old_);
    struct rlimit limit = old_;
    limit.rlim_cur = static_cast<rlim_t>(lowest_free.get() + more);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~OpenFilesLimit() { ::setrlimit(RLIMIT_NOFILE, &old_); }

 private:
  struct rlimit old_ = {};
};

class FdPassing : public ::testing::Test {
 protected:
  absl::Status Send(const std::string& bytes, const std::vector<int>& fds) {
    return SendWithFds(sockets_.left.get(), BytesOf(bytes), fds);
  }
  absl::StatusOr<std::vector<OwnedFd>> Receive(size_t count) {
    received_.assign(count, '\0');
    return ReceiveWithFds(
        sockets_.right.get(),
        {reinterpret_cast<uint8_t*>(received_.data()), received_.size()});
  }

  SocketPair sockets_;
  std::string received_;
};

TEST_F(FdPassing, DescriptorsArriveWithTheirBytes) {
  std::array<int, 2> pipe = {-1, -1};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const OwnedFd out(pipe[0]);
  const OwnedFd in(pipe[1]);
  ASSERT_TRUE(Send("head", {in.get(), out.get()}).ok());
  const absl::StatusOr<std::vector<OwnedFd>> fds = Receive(4);
  ASSERT_TRUE(fds.ok()) << fds.status();
  EXPECT_EQ(received_, "head");
  ASSERT_EQ(fds->size(), 2u);
  ASSERT_EQ(::write((*fds)[0].get(), "x", 1), 1);
  char byte = 0;
  ASSERT_EQ(::read((*fds)[1].get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
  EXPECT_NE(::fcntl((*fds)[0].get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(FdPassing, BytesAloneArrive) {
  ASSERT_TRUE(Send("abc", {}).ok());
  EXPECT_TRUE(Receive(3)->empty());
  EXPECT_EQ(received_, "abc");
}

TEST_F(FdPassing, MoreBytesThanTheSocketHoldsArrive) {
  const std::string bytes = SampleBytes(4 << 20);
  absl::Status sent;
  std::thread sender([&] { sent = Send(bytes, {0}); });
  const absl::StatusOr<std::vector<OwnedFd>> fds = Receive(bytes.size());
  sender.join();
  EXPECT_TRUE(sent.ok()) << sent;
  ASSERT_TRUE(fds.ok()) << fds.status();
  EXPECT_EQ(fds->size(), 1u);
  EXPECT_TRUE(received_ == bytes);
}

TEST_F(FdPassing, NonBlockingSocketIsWaitedFor) {
  ASSERT_EQ(::fcntl(sockets_.left.get(), F_SETFL, O_NONBLOCK), 0);
  ASSERT_EQ(::fcntl(sockets_.right.get(), F_SETFL, O_NONBLOCK), 0);
  const std::string bytes = SampleBytes(2 << 20);
  absl::Status sent;
  std::thread sender([&] { sent = Send(bytes, {}); });
  EXPECT_TRUE(Receive(bytes.size()).ok());
  sender.join();
  EXPECT_TRUE(sent.ok()) << sent;
  EXPECT_TRUE(received_ == bytes);
}

TEST_F(FdPassing, SignalsInterruptNothing) {
  struct sigaction action = {};
  struct sigaction old = {};
  static std::atomic<int> signals{0};
  action.sa_handler = [](int) { signals.fetch_add(1); };
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &old), 0);  // without SA_RESTART
  const std::string bytes = SampleBytes(8 << 20);
  absl::Status sent;
  std::atomic<bool> done{false};
  std::thread sender([&] { sent = Send(bytes, {0}); });
  const pthread_t receiver = ::pthread_self();
  std::thread storm([&] {
    while (!done) {
      ::pthread_kill(receiver, SIGUSR1);
      std::this_thread::yield();
    }
  });
  const absl::StatusOr<std::vector<OwnedFd>> fds = Receive(bytes.size());
  done = true;
  storm.join();
  sender.join();
  ::sigaction(SIGUSR1, &old, nullptr);
  EXPECT_TRUE(sent.ok()) << sent;
  ASSERT_TRUE(fds.ok()) << fds.status();
  EXPECT_EQ(fds->size(), 1u);
  EXPECT_TRUE(received_ == bytes);
  EXPECT_GT(signals, 0);
}

TEST_F(FdPassing, PeerThatCloses) {
  sockets_.left = OwnedFd();
  EXPECT_EQ(Receive(4).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(FdPassing, PeerThatClosesWithinTheBytes) {
  ASSERT_TRUE(Send("ab", {0}).ok());
  sockets_.left = OwnedFd();
  const size_t open = CountOpenFds();
  EXPECT_EQ(Receive(4).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(CountOpenFds(), open);
}

TEST_F(FdPassing, SendingToNobodyIsAStatus) {
  sockets_.right = OwnedFd();
  EXPECT_EQ(GetErrno(Send("abcd", {0})), EPIPE);
}

TEST_F(FdPassing, LostDescriptorsLeaveNoneOpen) {
  ASSERT_TRUE(Send("abcd", std::vector<int>(8, 0)).ok());
  const size_t open = CountOpenFds();
  {
    const OpenFilesLimit limit(3);
    EXPECT_EQ(Receive(4).status().code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_EQ(CountOpenFds(), open);
}

TEST_F(FdPassing, MoreThanFitAreRefused) {
  EXPECT_EQ(Send("a", std::vector<int>(kMaxPassedFds + 1, 0)).code(),
            absl::StatusCode::kInvalidArgument);
  // A stranger may send more than SendWithFds() does.
  const size_t open = CountOpenFds();
  for (const char byte : {'a', 'b'}) {
    ASSERT_TRUE(Send({byte}, std::vector<int>(kMaxPassedFds, 0)).ok());
  }
  EXPECT_EQ(Receive(2).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(CountOpenFds(), open);
}

}  // namespace
}  // namespace pickle5

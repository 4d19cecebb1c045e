// Every system call of a stream may fail, be interrupted, or do less than it
// was asked for; here they do so on purpose. The wrappers below stand in the
// place of the C library's for this whole program.

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "buffers/io_status.h"
#include "buffers/streams/message_reader.h"
#include "buffers/streams/message_writer.h"
#include "gtest/gtest.h"
#include "tests/buffers/message_bytes.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/stream_pair.h"

namespace pickle5 {
namespace {

enum class Fault { kNone, kError, kInterrupted, kWouldBlock, kShort };

// Which calls go wrong, and how.
struct FaultPlan {
  std::atomic<Fault> fault = Fault::kNone;
  std::atomic<int> error_number = 0;
  std::atomic<int> every = 0;  // the n-th, the 2n-th, ...
  std::atomic<bool> once = false;
  std::atomic<int> calls = 0;
  std::atomic<int> injected = 0;  // in all tests

  Fault Next() {
    if (fault == Fault::kNone) return Fault::kNone;
    const int call = ++calls;
    if (once ? call != every : call % every != 0) return Fault::kNone;
    ++injected;
    return fault;
  }
};

FaultPlan& Plan() {
  static FaultPlan plan;
  return plan;
}

class Faults {
 public:
  Faults(Fault fault, int every, bool once = false, int error_number = 0) {
    Plan().calls = 0;
    Plan().every = every;
    Plan().once = once;
    Plan().error_number = error_number;
    Plan().fault = fault;
  }
  ~Faults() { Plan().fault = Fault::kNone; }
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;
};

// `call(pieces, count)` with the next fault of the plan.
template <typename Call>
ssize_t WithFault(const struct iovec* pieces, size_t count, Call call) {
  switch (Plan().Next()) {
    case Fault::kError:
      errno = Plan().error_number;
      return -1;
    case Fault::kInterrupted:
      errno = EINTR;
      return -1;
    case Fault::kWouldBlock:
      errno = EAGAIN;
      return -1;
    case Fault::kShort: {
      struct iovec first = pieces[0];
      first.iov_len = std::min<size_t>(first.iov_len, 7);
      return call(&first, size_t{1});
    }
    case Fault::kNone:
      break;
  }
  return call(pieces, count);
}

bool IsSocket(int fd) {
  int type = 0;
  socklen_t size = sizeof(type);
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

}  // namespace
}  // namespace pickle5

extern "C" {

// A descriptor that is no socket must go on to readv() and writev() with its
// faults there.
ssize_t sendmsg(int fd, const struct msghdr* message, int flags) {
  if (!pickle5::IsSocket(fd)) return ::syscall(SYS_sendmsg, fd, message, flags);
  return pickle5::WithFault(
      message->msg_iov, message->msg_iovlen,
      [&](const struct iovec* pieces, size_t count) {
        struct msghdr changed = *message;
        changed.msg_iov = const_cast<struct iovec*>(pieces);
        changed.msg_iovlen = count;
        return ::syscall(SYS_sendmsg, fd, &changed, flags);
      });
}

ssize_t recvmsg(int fd, struct msghdr* message, int flags) {
  if (!pickle5::IsSocket(fd)) return ::syscall(SYS_recvmsg, fd, message, flags);
  return pickle5::WithFault(
      message->msg_iov, message->msg_iovlen,
      [&](const struct iovec* pieces, size_t count) {
        struct msghdr changed = *message;
        changed.msg_iov = const_cast<struct iovec*>(pieces);
        changed.msg_iovlen = count;
        return ::syscall(SYS_recvmsg, fd, &changed, flags);
      });
}

ssize_t writev(int fd, const struct iovec* pieces, int count) {
  return pickle5::WithFault(pieces, static_cast<size_t>(count),
                            [&](const struct iovec* some, size_t some_count) {
                              return ::syscall(SYS_writev, fd, some,
                                               some_count);
                            });
}

ssize_t readv(int fd, const struct iovec* pieces, int count) {
  return pickle5::WithFault(pieces, static_cast<size_t>(count),
                            [&](const struct iovec* some, size_t some_count) {
                              return ::syscall(SYS_readv, fd, some, some_count);
                            });
}

}  // extern "C"

namespace pickle5 {
namespace {

Message Sample() {
  return MessageOf(SampleBytes(3000, 2),
                   {SampleBytes(70000), "", SampleBytes(5), SampleBytes(900)});
}

// What both ends of one message come to while the plan holds. The descriptors
// are closed by who fails, so that the other does not wait for ever.
struct Outcome {
  absl::Status sent;
  absl::Status received;
  Message message;
};

Outcome Exchange(StreamPair pair, const Message& message) {
  Outcome outcome;
  std::thread sender([&] {
    outcome.sent = MessageWriter::Create(message)->Write(pair.in.get());
    pair.in = OwnedFd();
  });
  MessageReader reader;
  absl::StatusOr<Message> received = reader.Read(pair.out.get());
  pair.out = OwnedFd();
  sender.join();
  outcome.received = received.status();
  if (received.ok()) outcome.message = *std::move(received);
  return outcome;
}

class StreamFaults : public ::testing::TestWithParam<StreamPair (*)()> {
 protected:
  // Abseil makes its table of error texts at the first use, under a guard that
  // the thread sanitizer does not see in a library built without it.
  static void SetUpTestSuite() { (void)IoStatus(EIO, ""); }

  static void TearDownTestSuite() {
    std::printf("faults injected: %d\n", Plan().injected.load());
  }

  void ExpectArrival(Fault fault, int every) {
    const Message message = Sample();
    const Faults faults(fault, every);
    const Outcome outcome = Exchange(GetParam()(), message);
    ASSERT_TRUE(outcome.sent.ok()) << outcome.sent;
    ASSERT_TRUE(outcome.received.ok()) << outcome.received;
    ExpectSame(outcome.message, message);
  }
};

TEST_P(StreamFaults, ShortCountsAreContinued) {
  for (const int every : {1, 2, 3, 5}) ExpectArrival(Fault::kShort, every);
}

TEST_P(StreamFaults, InterruptedCallsAreRepeated) {
  for (const int every : {2, 3, 5}) ExpectArrival(Fault::kInterrupted, every);
}

TEST_P(StreamFaults, FalseAlarmsOfPollAreWaitedFor) {
  for (const int every : {2, 3, 5}) ExpectArrival(Fault::kWouldBlock, every);
}

// Whichever call it is, somebody has an error, nobody hangs, and a message
// that was received is whole.
TEST_P(StreamFaults, ErrorOfAnyCallIsAStatus) {
  const Message message = Sample();
  for (const int error_number : {EIO, ENOMEM, ECONNRESET, ENOBUFS}) {
    int failures = 0;
    for (int n = 1; n <= 12; ++n) {
      const Faults faults(Fault::kError, n, /*once=*/true, error_number);
      const int before = Plan().injected;
      const Outcome outcome = Exchange(GetParam()(), message);
      if (Plan().injected == before) continue;
      ++failures;
      EXPECT_TRUE(GetErrno(outcome.sent) == error_number ||
                  GetErrno(outcome.received) == error_number)
          << n << ": " << outcome.sent << ", " << outcome.received;
      if (outcome.received.ok()) ExpectSame(outcome.message, message);
    }
    EXPECT_GT(failures, 2) << error_number;
  }
}

StreamPair SmallUnixPair() { return UnixPair(4096); }
StreamPair SmallTcpPair() { return TcpPair(4096); }

INSTANTIATE_TEST_SUITE_P(Streams, StreamFaults,
                         ::testing::Values(SmallUnixPair, SmallTcpPair,
                                           PipePair));

}  // namespace
}  // namespace pickle5

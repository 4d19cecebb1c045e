#include "buffers/streams/message_writer.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "buffers/io_status.h"
#include "buffers/streams/message_reader.h"
#include "gtest/gtest.h"
#include "tests/buffers/message_bytes.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/stream_pair.h"

namespace pickle5 {
namespace {

Message Large() {
  return MessageOf(
      SampleBytes(70000, 7),
      {SampleBytes(1), SampleBytes(3 << 20, 3), "", SampleBytes(300000, 5)});
}

// Both ends on one thread: neither may ever wait.
void SendAndReceive(const StreamPair& pair) {
  pair.SetNonBlocking();
  const Message message = Large();
  MessageWriter writer = *MessageWriter::Create(message);
  MessageReader reader;
  size_t waits = 0;
  bool sent = false;
  for (;;) {
    if (!sent) {
      const StreamProgress progress = *writer.Advance(pair.in.get());
      sent = progress == StreamProgress::kDone;
      if (!sent) ++waits;
    }
    if (*reader.Advance(pair.out.get()) == StreamProgress::kDone) break;
  }
  EXPECT_TRUE(sent);
  EXPECT_EQ(writer.left(), 0u);
  EXPECT_GT(waits, 2u);
  ExpectSame(reader.message(), message);
}

TEST(MessageWriter, ResumesOnANonBlockingSocket) {
  SendAndReceive(UnixPair(4096));
}

TEST(MessageWriter, ResumesOnANonBlockingPipe) { SendAndReceive(PipePair()); }

TEST(MessageWriter, ResumesOnTcp) { SendAndReceive(TcpPair(4096)); }

TEST(MessageWriter, PollTellsBothEndsWhenToGoOn) {
  const StreamPair pair = UnixPair(4096);
  pair.SetNonBlocking();
  const Message message = Large();
  MessageWriter writer = *MessageWriter::Create(message);
  MessageReader reader;
  for (;;) {
    struct pollfd ready[2] = {
        {pair.in.get(), static_cast<short>(writer.left() > 0 ? POLLOUT : 0), 0},
        {pair.out.get(), POLLIN, 0}};
    ASSERT_GT(::poll(ready, 2, 5000), 0);
    if (ready[0].revents != 0) {
      ASSERT_TRUE(writer.Advance(pair.in.get()).ok());
    }
    if (ready[1].revents != 0 &&
        *reader.Advance(pair.out.get()) == StreamProgress::kDone) {
      break;
    }
  }
  ExpectSame(reader.message(), message);
}

TEST(MessageWriter, WriterMayMoveBetweenTwoAdvances) {
  const StreamPair pair = UnixPair(4096);
  const Message message = Large();
  MessageWriter writer = *MessageWriter::Create(message);
  ASSERT_EQ(*writer.Advance(pair.in.get()), StreamProgress::kWouldBlock);
  MessageWriter moved = std::move(writer);
  std::thread sender([&] { EXPECT_TRUE(moved.Write(pair.in.get()).ok()); });
  ExpectSame(*MessageReader().Read(pair.out.get()), message);
  sender.join();
}

TEST(MessageWriter, PeerThatReadsInPiecesOfAnySizeGetsAll) {
  const StreamPair pair = UnixPair(4096);
  const Message message = Large();
  std::thread sender([&] {
    EXPECT_TRUE(MessageWriter::Create(message)->Write(pair.in.get()).ok());
  });
  const std::string wanted = BytesOf(message);
  std::string got;
  std::minstd_rand random(1);
  while (got.size() < wanted.size()) {
    std::string piece(1 + random() % 9000, '\0');
    const ssize_t count =
        ::read(pair.out.get(), piece.data(),
               std::min(piece.size(), wanted.size() - got.size()));
    ASSERT_GT(count, 0);
    got.append(piece, 0, static_cast<size_t>(count));
  }
  sender.join();
  EXPECT_TRUE(got == wanted);
}

TEST(MessageWriter, MorePiecesThanOneCallTakes) {
  std::vector<std::string> buffers;
  for (uint32_t i = 0; i < 5000; ++i) {
    buffers.push_back(SampleBytes(i % 97, i));
  }
  const Message message = MessageOf("p", buffers);
  for (const StreamPair& pair : {UnixPair(), PipePair()}) {
    std::thread sender([&] {
      EXPECT_TRUE(MessageWriter::Create(message)->Write(pair.in.get()).ok());
    });
    ExpectSame(*MessageReader().Read(pair.out.get()), message);
    sender.join();
  }
}

// A signal every 200 us at whichever thread, none of them with SA_RESTART.
class SignalStorm {
 public:
  SignalStorm() {
    struct sigaction action = {};
    action.sa_handler = [](int) { ++signals; };
    ::sigaction(SIGALRM, &action, &old_);
    const struct itimerval every = {{0, 200}, {0, 200}};
    ::setitimer(ITIMER_REAL, &every, nullptr);
  }
  ~SignalStorm() {
    const struct itimerval never = {};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &old_, nullptr);
  }

  static inline std::atomic<int> signals = 0;

 private:
  struct sigaction old_;
};

TEST(MessageWriter, SignalsInterruptNothing) {
  // Both ends blocking, and so slow that signals find them waiting.
  for (const StreamPair& pair : {UnixPair(4096), PipePair()}) {
    const SignalStorm storm;
    const Message message = Large();
    std::thread sender([&] {
      for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(MessageWriter::Create(message)->Write(pair.in.get()).ok());
      }
    });
    MessageReader reader;
    for (int i = 0; i < 5; ++i) {
      ExpectSame(*reader.Read(pair.out.get()), message);
    }
    sender.join();
  }
  std::printf("%d signals\n", SignalStorm::signals.load());
  EXPECT_GT(SignalStorm::signals.load(), 10);
}

void ExpectEpipe(StreamPair pair) {
  pair.out = OwnedFd();
  // The default disposition would end the program.
  ASSERT_EQ(::signal(SIGPIPE, SIG_DFL), SIG_DFL);
  MessageWriter writer = *MessageWriter::Create(Large());
  EXPECT_EQ(GetErrno(writer.Write(pair.in.get())), EPIPE);
  EXPECT_EQ(GetErrno(writer.Advance(pair.in.get()).status()), EPIPE);
  sigset_t pending;
  ASSERT_EQ(::sigpending(&pending), 0);
  EXPECT_EQ(::sigismember(&pending, SIGPIPE), 0);
}

TEST(MessageWriter, SocketWithoutReaderIsEpipeAndNoSignal) {
  ExpectEpipe(UnixPair());
}

TEST(MessageWriter, PipeWithoutReaderIsEpipeAndNoSignal) {
  ExpectEpipe(PipePair());
}

TEST(MessageWriter, SignalThatWasPendingBeforeStays) {
  StreamPair pair = PipePair();
  pair.out = OwnedFd();
  sigset_t pipe_signal;
  sigset_t old_mask;
  sigset_t pending;
  ::sigemptyset(&pipe_signal);
  ::sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &old_mask);
  ::raise(SIGPIPE);
  EXPECT_EQ(GetErrno(MessageWriter::Create(Large())->Write(pair.in.get())),
            EPIPE);
  ::sigpending(&pending);
  EXPECT_EQ(::sigismember(&pending, SIGPIPE), 1);
  int number = 0;
  ::sigwait(&pipe_signal, &number);
  ::pthread_sigmask(SIG_SETMASK, &old_mask, nullptr);
}

TEST(MessageWriter, PeerThatTakesNothingIsDeadlineExceeded) {
  const StreamPair pair = UnixPair(4096);
  MessageWriter writer = *MessageWriter::Create(Large());
  EXPECT_EQ(writer.Write(pair.in.get(), std::chrono::milliseconds(20)).code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(MessageWriter, BufferWithGapsIsRefused) {
  Message message;
  message.buffers.push_back(*Buffer::Copy("abcdef")->WithShape(
      "B", 1, std::vector<ptrdiff_t>{3}, std::vector<ptrdiff_t>{2}));
  EXPECT_EQ(MessageWriter::Create(message).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace pickle5

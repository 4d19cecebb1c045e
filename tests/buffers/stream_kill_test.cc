// One end of a stream is killed at a random moment; the other gets a status,
// soon, and keeps nothing open. PICKLE5_KILLS says how often.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <random>
#include <string>
#include <thread>

#include "buffers/streams/message_reader.h"
#include "buffers/streams/message_writer.h"
#include "gtest/gtest.h"
#include "tests/buffers/message_bytes.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/stream_pair.h"

namespace pickle5 {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

int Kills() {
  const char* const kills = std::getenv("PICKLE5_KILLS");
  return kills == nullptr ? 200 : std::atoi(kills);
}

size_t OpenDescriptors() {
  const std::filesystem::directory_iterator files("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

const Message& Sample() {
  static const Message* const message = new Message(MessageOf(
      SampleBytes(100), {SampleBytes(3 << 20), SampleBytes(40000, 2)}));
  return *message;
}

// Messages for ever.
absl::Status SendAll(int fd) {
  for (;;) {
    absl::Status status = MessageWriter::Create(Sample())->Write(fd);
    if (!status.ok()) return status;
  }
}

absl::Status ReceiveAll(int fd) {
  MessageReader reader;
  for (;;) {
    const absl::StatusOr<Message> message = reader.Read(fd);
    if (!message.ok()) return message.status();
    EXPECT_TRUE(message->buffers[0].chars() == Sample().buffers[0].chars());
  }
}

class StreamKill : public ::testing::Test {
 protected:
  // Kills the child `delay` from now while `survivor` goes on, and says how
  // long after the kill that took to notice.
  template <typename Survivor>
  Clock::duration KillAfter(pid_t child, microseconds delay,
                            Survivor survivor) {
    Clock::time_point killed;
    std::thread killer([&] {
      std::this_thread::sleep_for(delay);
      killed = Clock::now();
      ::kill(child, SIGKILL);
    });
    const absl::Status status = survivor();
    const Clock::time_point noticed = Clock::now();
    EXPECT_FALSE(status.ok());
    killer.join();
    int result = 0;
    EXPECT_EQ(::waitpid(child, &result, 0), child);
    EXPECT_TRUE(WIFSIGNALED(result));
    return noticed - killed;
  }

  template <typename MakePair>
  void Run(MakePair make_pair, int kills, bool kill_sender) {
    const size_t open = OpenDescriptors();
    Clock::duration slowest{};
    for (int i = 0; i < kills; ++i) {
      StreamPair pair = make_pair();
      const microseconds delay(random_() % 8000);
      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        (kill_sender ? pair.out : pair.in) = OwnedFd();
        // The killed one must not end by itself.
        (void)(kill_sender ? SendAll(pair.in.get())
                           : ReceiveAll(pair.out.get()));
        for (;;) ::pause();
      }
      (kill_sender ? pair.in : pair.out) = OwnedFd();
      slowest = std::max(slowest, KillAfter(child, delay, [&] {
                           return kill_sender ? ReceiveAll(pair.out.get())
                                              : SendAll(pair.in.get());
                         }));
    }
    std::printf("killed %d %s; the slowest survivor took %.1f ms\n", kills,
                kill_sender ? "senders" : "receivers",
                std::chrono::duration<double, std::milli>(slowest).count());
    EXPECT_LT(slowest, std::chrono::seconds(5));
    EXPECT_EQ(OpenDescriptors(), open);
  }

  std::minstd_rand random_{1};
};

StreamPair Unix() { return UnixPair(); }
StreamPair Tcp() { return TcpPair(); }

TEST_F(StreamKill, SenderOnAUnixSocket) { Run(Unix, Kills() / 5, true); }
TEST_F(StreamKill, ReceiverOnAUnixSocket) { Run(Unix, Kills() / 5, false); }
TEST_F(StreamKill, SenderOnTcp) { Run(Tcp, Kills() / 5, true); }
TEST_F(StreamKill, ReceiverOnTcp) { Run(Tcp, Kills() / 5, false); }
TEST_F(StreamKill, SenderOnAPipe) { Run(PipePair, Kills() / 10, true); }
TEST_F(StreamKill, ReceiverOnAPipe) { Run(PipePair, Kills() / 10, false); }

}  // namespace
}  // namespace pickle5

// SIGKILL at random moments of the sender, the receiver and the broker's
// process: whoever survives goes on, and nothing is left.
//
// PICKLE5_KILLS sets how many kills there are; the run prints how many faults
// it injected. The long run has 1000 of them.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/arena/shm_arena.h"
#include "buffers/arena/shm_broker.h"
#include "buffers/arena/shm_channel.h"
#include "buffers/arena/shm_token_channel.h"
#include "buffers/files/shm_janitor.h"
#include "buffers/files/shm_sink.h"
#include "buffers/files/shm_source.h"
#include "buffers/io_status.h"
#include "gtest/gtest.h"
#include "tests/buffers/child_process.h"
#include "tests/buffers/hand_over.h"
#include "tests/buffers/open_fds.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/socket_pair.h"

namespace pickle5 {
namespace {

constexpr size_t kCapacity = size_t{16} << 20;
// Nobody may hang longer when the other side is gone.
constexpr double kPatience = 5;

// Exit codes of a survivor.
constexpr int kEnded = 0;  // it saw that the other side is gone
constexpr int kWrongBytes = 10;
constexpr int kOddError = 11;

size_t Kills() {
  const char* const text = std::getenv("PICKLE5_KILLS");
  return text == nullptr ? 200 : std::strtoull(text, nullptr, 10);
}

bool IsPeerGone(const absl::Status& status) {
  const std::optional<int> error_number = GetErrno(status);
  if (error_number)
    return *error_number == EPIPE || *error_number == ECONNRESET;
  return absl::IsOutOfRange(status) ||        // the stream has ended
         absl::IsDataLoss(status) ||          // within a message
         absl::IsUnavailable(status) ||       // the broker is dead
         absl::IsFailedPrecondition(status);  // the offer died with its sender
}

// Bytes that say whether they are whole.
std::string MessageBytes(uint32_t number) {
  return SampleBytes(20000 + (number * 7919) % 3000000, number);
}

// Every third message has memory of its own.
absl::StatusOr<ShmOffer> MakeOffer(ShmArena& arena, uint32_t number) {
  ArenaSink sink(number % 3 == 2 ? nullptr : &arena);
  const std::string label = absl::StrCat(number);
  const auto placed = sink.Accept(Buffer::Borrow(label));
  if (!placed.ok()) return placed.status();
  const std::string bytes = MessageBytes(number);
  const auto also = sink.Accept(Buffer::Borrow(bytes));
  if (!also.ok()) return also.status();
  absl::Status closed = sink.Close();
  if (!closed.ok()) return closed;
  return sink.Offer();
}

// Messages that arrived whole in any process.
std::atomic<uint64_t>& Delivered() {
  static std::atomic<uint64_t>* const count = [] {
    void* const memory =
        ::mmap(nullptr, sizeof(std::atomic<uint64_t>), PROT_READ | PROT_WRITE,
               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return new (memory) std::atomic<uint64_t>(0);
  }();
  return *count;
}

int SendForever(const std::function<absl::Status(uint32_t, ShmOffer)>& send) {
  ShmArena arena(kCapacity);
  for (uint32_t number = 0;; ++number) {
    absl::StatusOr<ShmOffer> offer = MakeOffer(arena, number);
    if (!offer.ok()) return kOddError;
    const absl::Status sent = send(number, *std::move(offer));
    if (!sent.ok()) return IsPeerGone(sent) ? kEnded : kOddError;
  }
}

int ReceiveForever(
    const std::function<absl::StatusOr<ShmMessage>(MapAccess)>& receive) {
  for (uint32_t number = 0;; ++number) {
    const absl::StatusOr<ShmMessage> message = receive(
        number % 2 == 0 ? MapAccess::kReadOnly : MapAccess::kCopyOnWrite);
    if (!message.ok()) return IsPeerGone(message.status()) ? kEnded : kOddError;
    const absl::StatusOr<Buffer> label = message->buffers->Next();
    const absl::StatusOr<Buffer> bytes = message->buffers->Next();
    if (!label.ok() || !bytes.ok()) return kOddError;
    if (label->chars() != absl::StrCat(number) ||
        bytes->chars() != MessageBytes(number)) {
      return kWrongBytes;
    }
    ++Delivered();
  }
}

// What a run may not leave behind.
class Traces {
 public:
  std::set<std::string> Names() const {
    std::set<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(kShmDirectory)) {
      const std::string name = entry.path().filename();
      if (name.starts_with("pickle5")) names.insert(name);
    }
    return names;
  }

  // Shared memory of the whole machine, in bytes.
  static uint64_t SharedMemory() {
    std::ifstream in("/proc/meminfo");
    std::string word;
    uint64_t kib = 0;
    while (in >> word) {
      if (word == "Shmem:" && in >> kib) break;
    }
    return kib * 1024;
  }
};

class Kill : public ::testing::Test {
 protected:
  void SetUp() override {
    Delivered() = 0;
    open_fds_ = CountOpenFds();
  }

  void TearDown() override {
    EXPECT_EQ(CountOpenFds(), open_fds_);
    EXPECT_TRUE(HoldsNothing());
    std::cout << "faults injected: " << kills_ << " SIGKILLs, among "
              << Delivered() << " messages\n";
  }

  // Starts both, kills one at a random moment, and waits for the other.
  void KillOne(bool kill_sender, const std::function<int()>& sender,
               const std::function<int()>& receiver,
               const std::function<void()>& started) {
    ChildProcess sending(sender);
    ChildProcess receiving(receiver);
    started();
    std::this_thread::sleep_for(std::chrono::microseconds(
        std::uniform_int_distribution<>(0, 20000)(random_)));
    ChildProcess& victim = kill_sender ? sending : receiving;
    ChildProcess& survivor = kill_sender ? receiving : sending;
    victim.Kill();
    ++kills_;
    EXPECT_EQ(survivor.Wait(kPatience), kEnded)
        << (kill_sender ? "sender" : "receiver") << " killed, kill " << kills_;
  }

  // Unnamed memory is free when its last user is gone. A leak would be that of
  // every run; others use the machine too, but not for long.
  bool MemoryReturns(uint64_t before) const {
    const uint64_t allowed = before + 4 * kCapacity + (kills_ << 18);
    for (int i = 0; i < 200; ++i) {
      if (Traces::SharedMemory() < allowed) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  }

  // This process has no unnamed memory of ours mapped, or open.
  static bool HoldsNothing() {
    std::ifstream in("/proc/self/maps");
    std::string line;
    while (std::getline(in, line)) {
      if (line.find("memfd:pickle5") != std::string::npos) return false;
    }
    return true;
  }

  std::mt19937 random_{20261123};
  size_t kills_ = 0;
  size_t open_fds_ = 0;
};

TEST_F(Kill, SenderAndReceiverOverASocket) {
  const uint64_t before = Traces::SharedMemory();
  for (size_t i = 0; i < Kills() * 2 / 5; ++i) {
    SocketPair sockets;
    KillOne(
        i % 2 == 0,
        [&sockets] {
          sockets.right = OwnedFd();
          ShmChannel channel(std::move(sockets.left));
          return SendForever([&channel](uint32_t number, ShmOffer offer) {
            return channel.Send(absl::StrCat(number), std::move(offer));
          });
        },
        [&sockets] {
          sockets.left = OwnedFd();
          ShmChannel channel(std::move(sockets.right));
          return ReceiveForever(
              [&channel](MapAccess access) { return channel.Receive(access); });
        },
        [&sockets] {
          sockets.left = OwnedFd();
          sockets.right = OwnedFd();
        });
  }
  EXPECT_GT(Delivered(), 0u);
  EXPECT_TRUE(MemoryReturns(before));
}

TEST_F(Kill, SenderWithItsBrokerAndReceiverOverAPipe) {
  const uint64_t before = Traces::SharedMemory();
  for (size_t i = 0; i < Kills() * 2 / 5; ++i) {
    std::array<int, 2> fds = {-1, -1};
    ASSERT_EQ(::pipe2(fds.data(), O_CLOEXEC), 0);
    OwnedFd out(fds[0]);
    OwnedFd in(fds[1]);
    KillOne(
        i % 2 == 0,
        [&] {
          ::signal(SIGPIPE, SIG_IGN);
          out = OwnedFd();
          ShmBroker broker;
          const int pipe = in.get();
          ShmTokenSender channel(std::move(in), &broker);
          return SendForever([&](uint32_t number, ShmOffer offer) {
            // A pipe holds many tokens; their memory is held too.
            while (broker.pending() > 8) {
              struct pollfd wait = {pipe, 0, 0};
              // Nothing is asked for: only that the other end is closed comes.
              if (::poll(&wait, 1, 1) > 0) {
                return absl::UnavailableError("gone");
              }
            }
            return channel.Send(absl::StrCat(number), std::move(offer));
          });
        },
        [&] {
          in = OwnedFd();
          ShmTokenReceiver channel(std::move(out));
          return ReceiveForever(
              [&channel](MapAccess access) { return channel.Receive(access); });
        },
        [&] {
          in = OwnedFd();
          out = OwnedFd();
        });
  }
  EXPECT_GT(Delivered(), 0u);
  EXPECT_TRUE(MemoryReturns(before));
}

// One sender outlives many receivers: what they held comes back.
TEST_F(Kill, ReceiversOfOneSender) {
  ShmArena arena(kCapacity);
  for (size_t i = 0; i < Kills() / 10; ++i) {
    SocketPair sockets;
    ChildProcess receiver([&sockets] {
      sockets.left = OwnedFd();
      ShmChannel channel(std::move(sockets.right));
      return ReceiveForever(
          [&channel](MapAccess access) { return channel.Receive(access); });
    });
    sockets.right = OwnedFd();
    std::thread killer([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(
          std::uniform_int_distribution<>(0, 20000)(random_)));
      ::kill(receiver.pid(), SIGKILL);
    });
    {
      ShmChannel channel(std::move(sockets.left));
      absl::Status sent;
      for (uint32_t number = 0; sent.ok(); ++number) {
        absl::StatusOr<ShmOffer> offer = MakeOffer(arena, number);
        ASSERT_TRUE(offer.ok()) << offer.status();
        sent = channel.Send("", *std::move(offer));
      }
      EXPECT_TRUE(IsPeerGone(sent)) << sent;
    }
    killer.join();
    receiver.Kill();
    ++kills_;
    ASSERT_TRUE(SinkOf(&arena, std::string(kCapacity - 1000, 'x'))->in_arena())
        << "kill " << kills_;
  }
  arena.Trim();
}

// Named memory: a killed writer leaves no name but that of a whole object, and
// the janitor finds every one.
TEST_F(Kill, WritersOfNamedMemory) {
  // What a run that was killed itself has left is not of this one.
  ASSERT_TRUE(ShmJanitor().Clean().ok());
  const Traces traces;
  const std::set<std::string> before = traces.Names();
  const std::string name = absl::StrCat("/pickle5-kill-", ::getpid());
  uint64_t whole = 0;
  for (size_t i = 0; i < Kills() / 10; ++i) {
    ChildProcess writer([&name] {
      const std::string bytes = SampleBytes(300000);
      for (;;) {
        auto sink = ShmSink::CreateOwned();
        if (!sink.ok()) return kOddError;
        if (!(*sink)->Accept(Buffer::Borrow(bytes)).ok()) return kOddError;
        if (!(*sink)->Close().ok()) return kOddError;
        sink = ShmSink::Create(name, ShmSink::IfExists::kReplace);
        if (!sink.ok()) return kOddError;
        if (!(*sink)->Accept(Buffer::Borrow(bytes)).ok()) return kOddError;
        if (!(*sink)->Close().ok()) return kOddError;
      }
    });
    std::this_thread::sleep_for(std::chrono::microseconds(
        std::uniform_int_distribution<>(0, 20000)(random_)));
    writer.Kill();
    ++kills_;
    const auto source = ShmSource::Open(name);
    if (!source.ok()) {
      EXPECT_EQ(source.status().code(), absl::StatusCode::kNotFound);
      continue;
    }
    EXPECT_TRUE((*source)->file().Verify().ok());
    ++whole;
  }
  EXPECT_GT(whole, 0u);
  EXPECT_TRUE(ShmSource::Unlink(name).ok());
  ASSERT_TRUE(ShmJanitor().Clean().ok());
  EXPECT_EQ(traces.Names(), before);
}

}  // namespace
}  // namespace pickle5

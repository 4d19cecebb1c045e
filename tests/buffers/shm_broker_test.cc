#include "buffers/arena/shm_broker.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "buffers/arena/shm_arena.h"
#include "buffers/arena/shm_token_channel.h"
#include "buffers/arena/shm_views.h"
#include "gtest/gtest.h"
#include "tests/buffers/child_process.h"
#include "tests/buffers/hand_over.h"
#include "tests/buffers/open_fds.h"
#include "tests/buffers/sample_bytes.h"

namespace pickle5 {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

struct Pipe {
  Pipe() {
    std::array<int, 2> fds = {-1, -1};
    EXPECT_EQ(::pipe2(fds.data(), O_CLOEXEC), 0);
    out = OwnedFd(fds[0]);
    in = OwnedFd(fds[1]);
  }
  OwnedFd out;
  OwnedFd in;
};

class Broker : public ::testing::Test {
 protected:
  ShmToken Publish(ShmBroker& broker, const std::string& bytes,
                   bool in_arena = true) {
    return *broker.Publish(
        *SinkOf(in_arena ? &arena_ : nullptr, bytes)->Offer());
  }

  bool AllBlocksAreFree() {
    return SinkOf(&arena_, SampleBytes((4 << 20) - 1000))->in_arena();
  }

  ShmArena arena_{4 << 20};
  ShmViews views_;
};

TEST_F(Broker, ClaimGivesTheOffer) {
  ShmBroker broker;
  for (const bool in_arena : {true, false}) {
    const ShmToken token = Publish(broker, "claimed", in_arena);
    absl::StatusOr<ShmHandover> handover = ShmBroker::Claim(token);
    ASSERT_TRUE(handover.ok()) << handover.status();
    EXPECT_EQ((*views_.Open(*std::move(handover)))->Next()->chars(), "claimed");
  }
  EXPECT_EQ(broker.pending(), 0u);
  EXPECT_TRUE(AllBlocksAreFree());
}

TEST_F(Broker, TokenIsGoodForOneClaim) {
  ShmBroker broker;
  const ShmToken token = Publish(broker, "once");
  ASSERT_TRUE(ShmBroker::Claim(token).ok());
  EXPECT_EQ(ShmBroker::Claim(token).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(Broker, OneOfManyClaimsAtOnceSucceeds) {
  ShmBroker broker;
  for (int round = 0; round < 20; ++round) {
    const ShmToken token = Publish(broker, "once");
    std::array<absl::Status, 4> claims;
    std::vector<std::thread> threads;
    for (absl::Status& claim : claims) {
      threads.emplace_back(
          [&claim, &token] { claim = ShmBroker::Claim(token).status(); });
    }
    for (std::thread& thread : threads) thread.join();
    int good = 0;
    for (const absl::Status& claim : claims) {
      good += claim.ok();
      EXPECT_TRUE(claim.ok() || absl::IsNotFound(claim)) << claim;
    }
    EXPECT_EQ(good, 1);
  }
}

TEST_F(Broker, GuessedSecretIsNotFound) {
  ShmBroker broker;
  ShmToken token = Publish(broker, "secret");
  token.secret[15] ^= 1;
  EXPECT_EQ(ShmBroker::Claim(token).status().code(),
            absl::StatusCode::kNotFound);
  token.secret[15] ^= 1;
  EXPECT_TRUE(ShmBroker::Claim(token).ok());
}

TEST_F(Broker, WhatIsNeverClaimedExpires) {
  ShmBroker broker(milliseconds(700));
  const ShmToken token = Publish(broker, "late");
  EXPECT_EQ(broker.pending(), 1u);
  EXPECT_FALSE(AllBlocksAreFree());
  const Clock::time_point end = Clock::now() + std::chrono::seconds(10);
  while (broker.pending() > 0 && Clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(ShmBroker::Claim(token).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_TRUE(AllBlocksAreFree());
}

TEST_F(Broker, ClaimThatIsNotOpenedExpires) {
  ShmBroker broker(milliseconds(50));
  absl::StatusOr<ShmHandover> handover =
      ShmBroker::Claim(Publish(broker, "unopened"));
  ASSERT_TRUE(handover.ok());
  const Clock::time_point end = Clock::now() + std::chrono::seconds(10);
  while (!AllBlocksAreFree() && Clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(views_.Open(*std::move(handover)).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(Broker, DeadBrokerIsUnavailable) {
  ShmToken token;
  {
    ShmBroker broker;
    token = Publish(broker, "gone");
  }
  EXPECT_EQ(ShmBroker::Claim(token).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_TRUE(AllBlocksAreFree());
}

TEST_F(Broker, StoppedBrokerIsADeadline) {
  Pipe tokens;
  ChildProcess sender([&] {
    ShmBroker broker;
    ShmArena arena(4 << 20);
    const absl::StatusOr<ShmToken> token =
        broker.Publish(*SinkOf(&arena, "stopped")->Offer());
    if (!token.ok() || ::write(tokens.in.get(), &*token, sizeof(*token)) < 0) {
      return 1;
    }
    ::pause();
    return 0;
  });
  ShmToken token;
  ASSERT_EQ(::read(tokens.out.get(), &token, sizeof(token)),
            static_cast<ssize_t>(sizeof(token)));
  ::kill(sender.pid(), SIGSTOP);
  ASSERT_EQ(::waitpid(sender.pid(), nullptr, WUNTRACED), sender.pid());
  const Clock::time_point start = Clock::now();
  EXPECT_EQ(ShmBroker::Claim(token).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(8));
}

TEST_F(Broker, OtherUsersAreRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  ShmBroker broker;
  const ShmToken token = Publish(broker, "private");
  ChildProcess stranger([&token] {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 1;
    const absl::Status claim = ShmBroker::Claim(token).status();
    return absl::IsPermissionDenied(claim) ? 0 : 2;
  });
  EXPECT_EQ(stranger.Wait(), 0);
  EXPECT_EQ(broker.pending(), 1u);
  EXPECT_TRUE(ShmBroker::Claim(token).ok());
}

TEST_F(Broker, ChildHasABrokerOfItsOwn) {
  ShmBroker broker;
  const ShmToken parents = Publish(broker, "of the parent");
  Pipe tokens;
  Pipe done;
  ChildProcess child([&] {
    done.in = OwnedFd();
    if (broker.pending() != 0) return 1;
    const auto sink = SinkOf(&arena_, "of the child");
    const absl::StatusOr<ShmToken> token = broker.Publish(*sink->Offer());
    if (!token.ok() || token->broker == parents.broker) return 2;
    if (::write(tokens.in.get(), &*token, sizeof(*token)) < 0) return 3;
    char byte = 0;
    return ::read(done.out.get(), &byte, 1) == 0 ? 0 : 4;
  });
  ShmToken childs;
  ASSERT_EQ(::read(tokens.out.get(), &childs, sizeof(childs)),
            static_cast<ssize_t>(sizeof(childs)));
  for (const auto& [token, bytes] : {std::pair(parents, "of the parent"),
                                     std::pair(childs, "of the child")}) {
    absl::StatusOr<ShmHandover> handover = ShmBroker::Claim(token);
    ASSERT_TRUE(handover.ok()) << handover.status();
    EXPECT_EQ((*views_.Open(*std::move(handover)))->Next()->chars(), bytes);
  }
  done.in = OwnedFd();
  EXPECT_EQ(child.Wait(), 0);
}

TEST_F(Broker, InheritedSocketDoesNotOutliveTheParent) {
  Pipe tokens;
  Pipe pids;
  ChildProcess parent([&] {
    ShmBroker broker;
    ShmArena arena(4 << 20);
    const absl::StatusOr<ShmToken> token =
        broker.Publish(*SinkOf(&arena, "x")->Offer());
    const pid_t child = ::fork();
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
    if (::write(pids.in.get(), &child, sizeof(child)) < 0) return 1;
    if (::write(tokens.in.get(), &*token, sizeof(*token)) < 0) return 2;
    ::pause();
    return 0;
  });
  ShmToken token;
  pid_t orphan = 0;
  ASSERT_GT(::read(pids.out.get(), &orphan, sizeof(orphan)), 0);
  ASSERT_GT(::read(tokens.out.get(), &token, sizeof(token)), 0);
  parent.Kill();
  EXPECT_EQ(ShmBroker::Claim(token).status().code(),
            absl::StatusCode::kUnavailable);
  ::kill(orphan, SIGKILL);
}

TEST_F(Broker, NothingStaysOpen) {
  const size_t open = CountOpenFds();
  {
    ShmBroker broker;
    const ShmToken token = Publish(broker, "x", /*in_arena=*/false);
    Publish(broker, "y", /*in_arena=*/false);
    ASSERT_TRUE(ShmBroker::Claim(token).ok());
  }
  EXPECT_EQ(CountOpenFds(), open);
}

TEST_F(Broker, ThousandMessagesOverAPipe) {
  Pipe pipe;
  ShmBroker broker;
  std::thread sender([&] {
    ShmTokenSender channel(std::move(pipe.in), &broker);
    for (uint32_t i = 0; i < 1000; ++i) {
      const std::string bytes = SampleBytes(i * 7, i);
      const absl::Status sent =
          channel.Send(bytes.substr(0, i), *SinkOf(&arena_, bytes)->Offer());
      ASSERT_TRUE(sent.ok()) << sent;
    }
  });
  ShmTokenReceiver channel(std::move(pipe.out));
  for (uint32_t i = 0; i < 1000; ++i) {
    const std::string bytes = SampleBytes(i * 7, i);
    const absl::StatusOr<ShmMessage> message = channel.Receive(
        i % 2 == 0 ? MapAccess::kReadOnly : MapAccess::kCopyOnWrite);
    ASSERT_TRUE(message.ok()) << message.status();
    ASSERT_EQ(message->head, bytes.substr(0, i));
    ASSERT_TRUE(message->buffers->Next()->chars() == bytes);
  }
  sender.join();
  EXPECT_EQ(channel.Receive().status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(Broker, MessageThatHasExpiredIsPassedOver) {
  Pipe pipe;
  ShmTokenReceiver channel(std::move(pipe.out));
  const int in = pipe.in.get();
  ShmBroker broker;
  {
    ShmBroker dead;
    ShmTokenSender sender(OwnedFd(::dup(in)), &dead);
    ASSERT_TRUE(sender.Send("a", *SinkOf(&arena_, "1")->Offer()).ok());
  }
  ShmTokenSender sender(std::move(pipe.in), &broker);
  ASSERT_TRUE(sender.Send("b", *SinkOf(&arena_, "2")->Offer()).ok());
  EXPECT_EQ(channel.Receive().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(channel.Receive()->buffers->Next()->chars(), "2");
}

TEST_F(Broker, HeadOverTheLimitIsRefusedAndStaysSo) {
  Pipe pipe;
  ShmTokenReceiver channel(std::move(pipe.out), /*max_head_bytes=*/3);
  ShmBroker broker;
  ShmTokenSender sender(std::move(pipe.in), &broker);
  for (const char* const head : {"abc", "abcd", "a"}) {
    ASSERT_TRUE(sender.Send(head, *SinkOf(&arena_, "1")->Offer()).ok());
  }
  EXPECT_EQ(channel.Receive()->head, "abc");
  const absl::Status status = channel.Receive().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(channel.Receive().status(), status);
}

TEST_F(Broker, OtherBytesInAPipeAreRefused) {
  for (const size_t length : {10u, 64u, 100u}) {
    Pipe pipe;
    const std::string bytes = SampleBytes(length);
    ASSERT_GT(::write(pipe.in.get(), bytes.data(), bytes.size()), 0);
    pipe.in = OwnedFd();
    ShmTokenReceiver channel(std::move(pipe.out));
    EXPECT_EQ(channel.Receive().status().code(), absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace pickle5

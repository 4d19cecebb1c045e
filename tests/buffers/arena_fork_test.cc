// Arenas and views over fork(), and when a process is killed.

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "buffers/arena/arena_memory.h"
#include "buffers/arena/shm_arena.h"
#include "buffers/arena/shm_channel.h"
#include "gtest/gtest.h"
#include "tests/buffers/child_process.h"
#include "tests/buffers/hand_over.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/socket_pair.h"

namespace pickle5 {
namespace {

constexpr size_t kBlocks = 4;

// Lets one process wait for another.
class Gate {
 public:
  void Open() { ASSERT_EQ(::write(sockets_.left.get(), "x", 1), 1); }
  bool Wait() {
    char byte = 0;
    return ::read(sockets_.right.get(), &byte, 1) == 1;
  }

 private:
  SocketPair sockets_;
};

class ArenaFork : public ::testing::Test {
 protected:
  bool AllBlocksAreFree() {
    return SinkOf(&arena_, SampleBytes((kBlocks - 1) * kArenaBlockSize + 1000))
        ->in_arena();
  }

  Buffer Receive(ShmViews& views, const std::string& bytes,
                 MapAccess access = MapAccess::kReadOnly) {
    const auto sink = SinkOf(&arena_, bytes);
    const ShmOffer offer = *sink->Offer();
    return *(*views.Open(Received(offer), access))->Next();
  }

  // Overwrites every block that is free.
  void UseAllBlocks() {
    for (size_t blocks = kBlocks; blocks > 0; --blocks) {
      SinkOf(&arena_, std::string((blocks - 1) * kArenaBlockSize + 1000, '#'));
    }
  }

  ShmArena arena_{kBlocks * kArenaBlockSize};
  const std::string bytes_ = SampleBytes(100000);
};

TEST_F(ArenaFork, KilledReceiverHoldsNothing) {
  SocketPair sockets;
  Gate received;
  ChildProcess receiver([&] {
    sockets.left = OwnedFd();
    ShmChannel channel(std::move(sockets.right));
    const absl::StatusOr<ShmMessage> message =
        channel.Receive(MapAccess::kReadOnly);
    if (!message.ok()) return 1;
    const Buffer held = *message->buffers->Next();
    received.Open();
    ::pause();
    return 0;
  });
  sockets.right = OwnedFd();
  ShmChannel channel(std::move(sockets.left));
  ASSERT_TRUE(channel.Send("", *SinkOf(&arena_, bytes_)->Offer()).ok());
  ASSERT_TRUE(received.Wait());
  EXPECT_FALSE(AllBlocksAreFree());
  receiver.Kill();
  EXPECT_TRUE(AllBlocksAreFree());
}

TEST_F(ArenaFork, ChildKeepsWhatItInherits) {
  for (const MapAccess access :
       {MapAccess::kReadOnly, MapAccess::kCopyOnWrite}) {
    ShmViews views;
    std::optional<Buffer> held = Receive(views, bytes_, access);
    Gate written;
    ChildProcess child([&] {
      if (!written.Wait()) return 1;
      return held->chars() == bytes_ ? 0 : 2;
    });
    held.reset();
    // The child's lease holds without its parent's.
    EXPECT_FALSE(AllBlocksAreFree());
    UseAllBlocks();
    written.Open();
    EXPECT_EQ(child.Wait(), 0);
    EXPECT_TRUE(AllBlocksAreFree());
  }
}

TEST_F(ArenaFork, ParentKeepsWhatItsChildReleases) {
  ShmViews views;
  std::optional<Buffer> held = Receive(views, bytes_);
  ChildProcess child([&] {
    held.reset();
    return 0;
  });
  EXPECT_EQ(child.Wait(), 0);
  EXPECT_FALSE(AllBlocksAreFree());
  UseAllBlocks();
  EXPECT_TRUE(held->chars() == bytes_);
}

TEST_F(ArenaFork, KilledChildHoldsNothing) {
  ShmViews views;
  std::optional<Buffer> held = Receive(views, bytes_);
  ChildProcess child([] {
    ::pause();
    return 0;
  });
  held.reset();
  EXPECT_FALSE(AllBlocksAreFree());
  child.Kill();
  EXPECT_TRUE(AllBlocksAreFree());
}

TEST_F(ArenaFork, GrandchildKeepsWhatItInherits) {
  ShmViews views;
  std::optional<Buffer> held = Receive(views, bytes_);
  Gate forked;
  Gate written;
  ChildProcess child([&] {
    ChildProcess grandchild([&] {
      forked.Open();
      if (!written.Wait()) return 1;
      return held->chars() == bytes_ ? 0 : 2;
    });
    held.reset();
    return grandchild.Wait().value_or(3);
  });
  held.reset();
  ASSERT_TRUE(forked.Wait());
  UseAllBlocks();
  written.Open();
  EXPECT_EQ(child.Wait(), 0);
  EXPECT_TRUE(AllBlocksAreFree());
}

TEST_F(ArenaFork, ChildOfASenderHasAnArenaOfItsOwn) {
  const auto sink = SinkOf(&arena_, bytes_);
  const ShmOffer offer = *sink->Offer();
  SocketPair sockets;
  ChildProcess child([&] {
    sockets.left = OwnedFd();
    // The parent's message is not the child's to offer.
    if (sink->Offer().ok()) return 1;
    ShmChannel channel(std::move(sockets.right));
    const auto own = SinkOf(&arena_, "of the child");
    if (!own->in_arena()) return 2;
    if (!channel.Send("head", *own->Offer()).ok()) return 3;
    // Wait until it is received: the channel's end takes it back.
    char byte = 0;
    return ::read(channel.fd(), &byte, 1) == 0 ? 0 : 4;
  });
  sockets.right = OwnedFd();
  {
    ShmChannel channel(std::move(sockets.left));
    const absl::StatusOr<ShmMessage> message = channel.Receive();
    ASSERT_TRUE(message.ok()) << message.status();
    EXPECT_EQ(message->head, "head");
    EXPECT_EQ(message->buffers->Next()->chars(), "of the child");
  }
  EXPECT_EQ(child.Wait(), 0);
  ShmViews views;
  EXPECT_TRUE((*views.Open(Received(offer)))->Next()->chars() == bytes_);
}

TEST_F(ArenaFork, ForksWhileOtherThreadsSendAndReceive) {
  ShmViews views;
  std::atomic<bool> done{false};
  std::thread traffic([&] {
    while (!done) {
      const Buffer buffer = Receive(views, bytes_);
      ASSERT_TRUE(buffer.chars() == bytes_);
      arena_.Trim();
    }
  });
  const Buffer held = Receive(views, bytes_);
  for (int i = 0; i < 30; ++i) {
    ChildProcess child([&] { return held.chars() == bytes_ ? 0 : 1; });
    ASSERT_EQ(child.Wait(), 0);
  }
  done = true;
  traffic.join();
}

TEST_F(ArenaFork, ViewsServeAChildThatInheritedNothing) {
  ShmViews views;
  Receive(views, "the arena is known from now on");
  auto sink = SinkOf(&arena_, bytes_);
  const ShmOffer offer = *sink->Offer();
  Gate received;
  ChildProcess child([&] {
    auto source = views.Open(Received(offer), MapAccess::kReadOnly);
    if (!source.ok() || (*source)->Next()->chars() != bytes_) return 1;
    received.Open();
    ::pause();
    return 0;
  });
  ASSERT_TRUE(received.Wait());
  EXPECT_FALSE(offer.is_open());
  sink.reset();
  EXPECT_FALSE(AllBlocksAreFree());
  child.Kill();
  EXPECT_TRUE(AllBlocksAreFree());
}

TEST_F(ArenaFork, SenderThatIsKilledLeavesItsMessages) {
  SocketPair sockets;
  ChildProcess sender([&] {
    sockets.left = OwnedFd();
    ShmChannel channel(std::move(sockets.right));
    ShmArena arena;
    if (!channel.Send("", *SinkOf(&arena, bytes_)->Offer()).ok()) return 1;
    ::pause();
    return 0;
  });
  sockets.right = OwnedFd();
  ShmChannel channel(std::move(sockets.left));
  const absl::StatusOr<ShmMessage> message =
      channel.Receive(MapAccess::kReadOnly);
  ASSERT_TRUE(message.ok()) << message.status();
  sender.Kill();
  EXPECT_TRUE(message->buffers->Next()->chars() == bytes_);
  EXPECT_EQ(channel.Receive().status().code(), absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace pickle5

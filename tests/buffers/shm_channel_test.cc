#include "buffers/arena/shm_channel.h"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "buffers/arena/shm_arena.h"
#include "buffers/io_status.h"
#include "buffers/system/fd_passing.h"
#include "gtest/gtest.h"
#include "tests/buffers/hand_over.h"
#include "tests/buffers/open_fds.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/socket_pair.h"

namespace pickle5 {
namespace {

TEST(ShmHandover, HeaderComesBackAsItWas) {
  ShmHandoverHeader header;
  header.kind = ShmHandoverHeader::Kind::kArena;
  header.arena = {9, 8, 7};
  header.lease = {123456, 654321};
  header.offset = uint64_t{1} << 40;
  header.length = 77;
  header.head_length = uint64_t{1} << 33;
  const ShmHandoverBytes bytes = EncodeShmHandover(header);
  const absl::StatusOr<ShmHandoverHeader> decoded = DecodeShmHandover(bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->kind, header.kind);
  EXPECT_EQ(decoded->arena, header.arena);
  EXPECT_EQ(decoded->lease.slot, header.lease.slot);
  EXPECT_EQ(decoded->lease.generation, header.lease.generation);
  EXPECT_EQ(decoded->offset, header.offset);
  EXPECT_EQ(decoded->length, header.length);
  EXPECT_EQ(decoded->head_length, header.head_length);
}

TEST(ShmHandover, OtherBytesAreRefused) {
  const ShmHandoverBytes good = EncodeShmHandover({});
  EXPECT_TRUE(DecodeShmHandover(good).ok());
  EXPECT_FALSE(DecodeShmHandover({good.data(), good.size() - 1}).ok());
  for (const size_t at : {0u, 8u, 12u, 15u}) {
    ShmHandoverBytes bad = good;
    bad[at] ^= 0x40;
    EXPECT_EQ(DecodeShmHandover(bad).status().code(),
              absl::StatusCode::kDataLoss)
        << at;
  }
}

class Channel : public ::testing::Test {
 protected:
  ShmArena arena_{16 << 20};
  SocketPair sockets_;
  std::optional<ShmChannel> left_{std::in_place, std::move(sockets_.left)};
  ShmChannel right_{std::move(sockets_.right)};
};

TEST_F(Channel, MessagesGoBothWaysInOrder) {
  for (uint32_t i = 0; i < 10; ++i) {
    ShmChannel& from = i % 2 == 0 ? *left_ : right_;
    ShmChannel& to = i % 2 == 0 ? right_ : *left_;
    for (uint32_t j = 0; j < 3; ++j) {
      const auto sink = SinkOf(j == 1 ? nullptr : &arena_, SampleBytes(100, j));
      ASSERT_TRUE(from.Send(std::string(j, 'h'), *sink->Offer()).ok());
    }
    for (uint32_t j = 0; j < 3; ++j) {
      const absl::StatusOr<ShmMessage> message = to.Receive();
      ASSERT_TRUE(message.ok()) << message.status();
      EXPECT_EQ(message->head, std::string(j, 'h'));
      EXPECT_EQ(message->buffers->Next()->chars(), SampleBytes(100, j));
      EXPECT_FALSE(message->buffers->Next().ok());
    }
  }
}

TEST_F(Channel, LongHeadsArrive) {
  const std::string head = SampleBytes(5 << 20);
  std::thread sender([&] {
    EXPECT_TRUE(left_->Send(head, *SinkOf(&arena_, "x")->Offer()).ok());
  });
  const absl::StatusOr<ShmMessage> message = right_.Receive();
  sender.join();
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_TRUE(message->head == head);
}

TEST_F(Channel, ArenaIsPassedOnce) {
  ASSERT_TRUE(left_->Send("", *SinkOf(&arena_, "1")->Offer()).ok());
  ASSERT_TRUE(right_.Receive().ok());
  const size_t open = CountOpenFds();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(left_->Send("", *SinkOf(&arena_, "2")->Offer()).ok());
    ASSERT_TRUE(right_.Receive().ok());
  }
  EXPECT_EQ(CountOpenFds(), open);
}

TEST_F(Channel, EndOfThePeerIsTheEnd) {
  ASSERT_TRUE(left_->Send("last", *SinkOf(&arena_, "x")->Offer()).ok());
  left_.reset();
  // The offer died with the channel, which nobody had received from.
  EXPECT_EQ(right_.Receive().status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(right_.Receive().status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetErrno(right_.Send("", *SinkOf(&arena_, "x")->Offer())), EPIPE);
}

TEST(ShmChannel, OtherBytesAreRefused) {
  for (const size_t length : {10u, 64u, 200u}) {
    SocketPair sockets;
    const std::string bytes = SampleBytes(length);
    ASSERT_EQ(::write(sockets.left.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
    sockets.left = OwnedFd();
    ShmChannel channel(std::move(sockets.right));
    EXPECT_EQ(channel.Receive().status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(ShmChannel, LengthThatIsOnlyClaimedTakesNoMemory) {
  SocketPair sockets;
  ShmHandoverHeader header;
  header.head_length = uint64_t{1} << 60;
  const ShmHandoverBytes bytes = EncodeShmHandover(header);
  ASSERT_TRUE(SendWithFds(sockets.left.get(), bytes, {}).ok());
  sockets.left = OwnedFd();
  ShmChannel channel(std::move(sockets.right), uint64_t{1} << 60);
  EXPECT_EQ(channel.Receive().status().code(), absl::StatusCode::kDataLoss);
}

TEST(ShmChannel, HeadOverTheLimitIsRefusedBeforeItArrives) {
  constexpr uint64_t kLimit = 100;
  for (const uint64_t length :
       {kLimit + 1, MessageLimits().max_pickle_bytes + 1, ~uint64_t{0}}) {
    SocketPair sockets;
    ShmHandoverHeader header;
    header.head_length = length;
    ASSERT_TRUE(
        SendWithFds(sockets.left.get(), EncodeShmHandover(header), {}).ok());
    // The peer lives on and sends nothing.
    ShmChannel channel = length == kLimit + 1
                             ? ShmChannel(std::move(sockets.right), kLimit)
                             : ShmChannel(std::move(sockets.right));
    const absl::Status status = channel.Receive().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_EQ(channel.Receive().status(), status);
  }
  SocketPair sockets;
  ASSERT_TRUE(
      ShmChannel(std::move(sockets.left))
          .Send(std::string(kLimit, 'x'), *SinkOf(nullptr, "1")->Offer())
          .ok());
  EXPECT_TRUE(ShmChannel(std::move(sockets.right), kLimit).Receive().ok());
}

TEST(ShmChannel, MemfdMessageWithoutDescriptorIsRefused) {
  SocketPair sockets;
  ASSERT_TRUE(SendWithFds(sockets.left.get(), EncodeShmHandover({}), {}).ok());
  ShmChannel channel(std::move(sockets.right));
  EXPECT_EQ(channel.Receive().status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace pickle5

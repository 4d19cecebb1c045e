// Arena, leases and views together, within and between processes.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "buffers/arena/arena_memory.h"
#include "buffers/arena/arena_sink.h"
#include "buffers/arena/shm_arena.h"
#include "buffers/arena/shm_views.h"
#include "buffers/buffer.h"
#include "buffers/system/memfd.h"
#include "gtest/gtest.h"
#include "tests/buffers/hand_over.h"
#include "tests/buffers/open_fds.h"
#include "tests/buffers/sample_bytes.h"

namespace pickle5 {
namespace {

constexpr size_t kBlocks = 4;

class Arena : public ::testing::Test {
 protected:
  // Sends one buffer to `views_`.
  Buffer SendAndReceive(const std::string& bytes,
                        MapAccess access = MapAccess::kReadOnly) {
    const std::unique_ptr<ArenaSink> sink = SinkOf(&arena_, bytes);
    const ShmOffer offer = *sink->Offer();
    last_ = offer.header();
    in_arena_ = sink->in_arena();
    auto source = views_.Open(Received(offer), access);
    if (!source.ok()) {
      ADD_FAILURE() << source.status();
      return Buffer();
    }
    return *(*source)->Next();
  }

  // Returns whether a message of all blocks finds them free.
  bool AllBlocksAreFree() {
    const auto sink =
        SinkOf(&arena_, SampleBytes((kBlocks - 1) * kArenaBlockSize + 1000));
    return sink->in_arena();
  }

  ShmArena arena_{kBlocks * kArenaBlockSize};
  ShmViews views_;
  ShmHandoverHeader last_;
  bool in_arena_ = false;
};

TEST_F(Arena, BlocksAreUsedAgain) {
  SendAndReceive("first");
  const uint64_t first = last_.offset;
  EXPECT_EQ(SendAndReceive("second").chars(), "second");
  EXPECT_EQ(last_.offset, first);
  EXPECT_TRUE(AllBlocksAreFree());
}

TEST_F(Arena, BlockOfALivingBufferIsNotUsedAgain) {
  for (const MapAccess access :
       {MapAccess::kReadOnly, MapAccess::kCopyOnWrite}) {
    const std::string bytes = SampleBytes(100000);
    std::optional<Buffer> held = SendAndReceive(bytes, access);
    EXPECT_FALSE(AllBlocksAreFree());
    for (uint32_t i = 0; i < 20; ++i) {
      SendAndReceive(SampleBytes(100000, i + 2), access);
    }
    EXPECT_TRUE(held->chars() == bytes);
    held.reset();
    EXPECT_TRUE(AllBlocksAreFree());
  }
}

TEST_F(Arena, WithoutFreeBlocksMessagesGetMemoryOfTheirOwn) {
  std::vector<Buffer> held;
  for (uint32_t i = 0; i < kBlocks + 2; ++i) {
    held.push_back(SendAndReceive(SampleBytes(1000, i)));
    EXPECT_EQ(in_arena_, i < kBlocks);
  }
  for (uint32_t i = 0; i < kBlocks + 2; ++i) {
    EXPECT_TRUE(held[i].chars() == SampleBytes(1000, i));
  }
  const auto sink =
      SinkOf(&arena_, SampleBytes((kBlocks + 1) * kArenaBlockSize));
  EXPECT_FALSE(sink->in_arena());
}

TEST_F(Arena, WritesOfAReceiverStayItsOwn) {
  const auto sink = SinkOf(&arena_, "shared");
  std::vector<Buffer> buffers;
  for (int i = 0; i < 2; ++i) {
    const ShmOffer offer = *sink->Offer();
    buffers.push_back(*(*views_.Open(Received(offer)))->Next());
  }
  *buffers[0].mutable_data() = 'S';
  EXPECT_EQ(buffers[0].chars(), "Shared");
  EXPECT_EQ(buffers[1].chars(), "shared");
}

TEST_F(Arena, OneMessageForManyReadersIsOneMessage) {
  const auto sink = SinkOf(&arena_, "once");
  std::vector<Buffer> readers;
  std::vector<ShmOffer> offers;
  for (int i = 0; i < 8; ++i) {
    offers.push_back(*sink->Offer());
    readers.push_back(
        *(*views_.Open(Received(offers.back()), MapAccess::kReadOnly))->Next());
    EXPECT_FALSE(offers.back().is_open());
  }
  for (const Buffer& reader : readers) {
    EXPECT_EQ(reader.data(), readers[0].data());
    EXPECT_EQ(reader.chars(), "once");
  }
}

TEST_F(Arena, OfferIsTakenOnce) {
  const auto sink = SinkOf(&arena_, "once");
  const ShmOffer offer = *sink->Offer();
  EXPECT_TRUE(offer.is_open());
  EXPECT_TRUE(views_.Open(Received(offer)).ok());
  EXPECT_EQ(views_.Open(Received(offer)).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(Arena, OfferThatDiesIsTakenBack) {
  ShmHandover handover;
  {
    const auto sink = SinkOf(&arena_, "gone");
    const ShmOffer offer = *sink->Offer();
    handover = Received(offer);
  }
  EXPECT_EQ(views_.Open(std::move(handover)).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(AllBlocksAreFree());
}

TEST_F(Arena, SinkMayDieBeforeItsOfferIsOpened) {
  auto sink = SinkOf(&arena_, "kept");
  const ShmOffer offer = *sink->Offer();
  sink.reset();
  EXPECT_FALSE(AllBlocksAreFree());
  EXPECT_EQ((*(*views_.Open(Received(offer)))->Next()).chars(), "kept");
}

TEST_F(Arena, NobodyElseCanWriteOrResize) {
  const auto sink = SinkOf(&arena_, "sealed");
  const ShmHandover handover = Received(*sink->Offer());
  const int fd = handover.fds.at(0).get();
  EXPECT_EQ(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
            MAP_FAILED);
  EXPECT_NE(::pwrite(fd, "x", 1, 0), 1);
  EXPECT_NE(::ftruncate(fd, 0), 0);
  EXPECT_NE(::ftruncate(handover.fds.at(1).get(), 0), 0);
}

TEST_F(Arena, MemoryThatCouldBeShortenedIsRefused) {
  const auto sink = SinkOf(&arena_, "x");
  const ShmOffer offer = *sink->Offer();
  for (const size_t which : {0u, 1u}) {
    ShmHandover handover = Received(offer);
    struct stat info = {};
    ASSERT_EQ(::fstat(handover.fds[which].get(), &info), 0);
    OwnedFd unsealed = *CreateMemfd("test");
    ASSERT_EQ(::ftruncate(unsealed.get(), info.st_size), 0);
    handover.fds[which] = std::move(unsealed);
    EXPECT_EQ(views_.Open(std::move(handover)).status().code(),
              absl::StatusCode::kPermissionDenied);
  }
  EXPECT_TRUE(views_.Open(Received(offer)).ok());
}

TEST_F(Arena, ForgedHandOversAreRefused) {
  const auto sink = SinkOf(&arena_, "x");
  const auto open = [&](auto change) {
    const ShmOffer offer = *sink->Offer();
    ShmHandover handover = Received(offer);
    change(handover);
    return views_.Open(std::move(handover)).status().code();
  };
  EXPECT_EQ(open([](ShmHandover&) {}), absl::StatusCode::kOk);
  EXPECT_EQ(open([](ShmHandover& h) { h.header.offset += kArenaBlockSize; }),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(open([](ShmHandover& h) { h.header.length = 3 * kArenaBlockSize; }),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(open([](ShmHandover& h) { h.header.length = 0; }),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(open([](ShmHandover& h) { h.header.lease.slot = 1u << 20; }),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(open([](ShmHandover& h) { ++h.header.lease.generation; }),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(open([](ShmHandover& h) { h.header.arena[0] ^= 1; }),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(open([](ShmHandover& h) {
              h.header.arena[0] ^= 1;
              h.fds.clear();
            }),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(Arena, TrimGivesUpTheMemoryAndKeepsMessages) {
  const size_t open = CountOpenFds();
  const Buffer held = SendAndReceive("held");
  arena_.Trim();
  EXPECT_EQ(SendAndReceive("next").chars(), "next");
  EXPECT_EQ(held.chars(), "held");
  arena_.Trim();
  // The arena itself, its leases and both views, of which the first is held.
  EXPECT_LE(CountOpenFds(), open + 4);
}

TEST_F(Arena, NothingStaysOpen) {
  const size_t open = CountOpenFds();
  {
    ShmArena arena(kBlocks * kArenaBlockSize);
    ShmViews views;
    const auto sink = SinkOf(&arena, "x");
    const ShmOffer offer = *sink->Offer();
    EXPECT_TRUE(views.Open(Received(offer)).ok());
  }
  EXPECT_EQ(CountOpenFds(), open);
}

TEST_F(Arena, ManyThreadsSendAndReceive) {
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (uint32_t i = 0; i < 100; ++i) {
        const std::string bytes = SampleBytes(5000, 1000 * t + i);
        const auto sink = SinkOf(&arena_, bytes);
        const ShmOffer offer = *sink->Offer();
        const auto source =
            views_.Open(Received(offer), i % 2 == 0 ? MapAccess::kReadOnly
                                                    : MapAccess::kCopyOnWrite);
        ASSERT_TRUE(source.ok()) << source.status();
        ASSERT_TRUE((*source)->Next()->chars() == bytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(AllBlocksAreFree());
}

}  // namespace
}  // namespace pickle5

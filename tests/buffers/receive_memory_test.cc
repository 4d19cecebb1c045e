#include "buffers/system/receive_memory.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include "buffers/buffer.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

constexpr size_t kLarge = ReceiveMemory::kLargeBytes;

TEST(ReceiveMemory, LargeBlocksStandOnHugePages) {
  ReceiveMemory memory;
  const Buffer buffer = *memory.Allocate(kLarge + 1);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % kLarge, 0u);
  EXPECT_EQ(buffer.nbytes(), kLarge + 1);
  EXPECT_FALSE(buffer.readonly());
  std::memset(buffer.mutable_data(), 7, buffer.nbytes());
}

TEST(ReceiveMemory, DeadBlockIsUsedAgain) {
  ReceiveMemory memory;
  const void* const first = memory.Allocate(5 * kLarge)->data();
  EXPECT_EQ(memory.idle_bytes(), 5 * kLarge);
  const Buffer second = *memory.Allocate(4 * kLarge - 10);
  EXPECT_EQ(second.data(), first);
  EXPECT_EQ(memory.idle_bytes(), 0u);
}

TEST(ReceiveMemory, BlockInUseIsNot) {
  ReceiveMemory memory;
  const Buffer first = *memory.Allocate(kLarge);
  const Buffer second = *memory.Allocate(kLarge);
  EXPECT_NE(second.data(), first.data());
}

TEST(ReceiveMemory, BlockMoreThanTwiceAsLargeIsLeftAlone) {
  ReceiveMemory memory;
  (void)memory.Allocate(9 * kLarge);
  const Buffer small = *memory.Allocate(4 * kLarge);
  EXPECT_EQ(memory.idle_bytes(), 9 * kLarge);
}

TEST(ReceiveMemory, KeepsNoMoreThanItMay) {
  ReceiveMemory memory(2 * kLarge);
  (void)memory.Allocate(3 * kLarge);
  EXPECT_EQ(memory.idle_bytes(), 0u);
  (void)memory.Allocate(2 * kLarge);
  EXPECT_EQ(memory.idle_bytes(), 2 * kLarge);
  ReceiveMemory none(0);
  (void)none.Allocate(kLarge);
  EXPECT_EQ(none.idle_bytes(), 0u);
}

TEST(ReceiveMemory, BuffersOutliveIt) {
  Buffer buffer;
  {
    ReceiveMemory memory;
    (void)memory.Allocate(2 * kLarge);
    buffer = *memory.Allocate(kLarge);
    const ReceiveMemory moved = std::move(memory);
  }
  std::memset(buffer.mutable_data(), 1, buffer.nbytes());
}

TEST(ReceiveMemory, BuffersDieOnAnyThread) {
  ReceiveMemory memory;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back(
          [buffer = *memory.Allocate(kLarge)] { *buffer.mutable_data() = 1; });
    }
    (void)memory.Allocate(kLarge);
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_GE(memory.idle_bytes(), kLarge);
}

TEST(ReceiveMemory, WhatNobodyHasIsResourceExhausted) {
  ReceiveMemory memory;
  for (const size_t size :
       {size_t{1} << 60, std::numeric_limits<size_t>::max()}) {
    EXPECT_EQ(memory.Allocate(size).status().code(),
              absl::StatusCode::kResourceExhausted);
  }
}

}  // namespace
}  // namespace pickle5

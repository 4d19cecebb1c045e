#include "pickle/value/arena.h"

#include <cstring>
#include <limits>

#include "gtest/gtest.h"

namespace pickle5::internal {
namespace {

TEST(Arena, AllocationsAreAlignedAndApart) {
  Arena arena;
  char* last = nullptr;
  for (size_t size = 1; size < 3000; ++size) {
    auto* data = static_cast<char*>(arena.Allocate(size));
    ASSERT_NE(data, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % Arena::kAlignment, 0u);
    EXPECT_NE(data, last == nullptr ? data - 1 : last);
    std::memset(data, static_cast<int>(size), size);
    last = data;
  }
}

TEST(Arena, ResetReusesItsMemory) {
  Arena arena;
  for (int i = 0; i < 1000; ++i) ASSERT_NE(arena.Allocate(1000), nullptr);
  const size_t held = arena.held();
  for (int round = 0; round < 10; ++round) {
    arena.Reset();
    for (int i = 0; i < 1000; ++i) ASSERT_NE(arena.Allocate(1000), nullptr);
  }
  EXPECT_EQ(arena.held(), held);
}

TEST(Arena, OnlyTheLastAllocationIsExtended) {
  Arena arena;
  auto* first = static_cast<char*>(arena.Allocate(64));
  EXPECT_TRUE(arena.Extend(first + 64, 64));
  auto* second = static_cast<char*>(arena.Allocate(64));
  EXPECT_EQ(second, first + 128);
  EXPECT_FALSE(arena.Extend(first + 128, 64) && second == first);
  EXPECT_FALSE(arena.Extend(second + 64, size_t{1} << 40));
}

TEST(Arena, LargeBlocksKeepTheirBytesAsTheyGrow) {
  Arena arena;
  size_t capacity = 0;
  auto* block = static_cast<char*>(arena.AllocateLarge(100'000, &capacity));
  ASSERT_NE(block, nullptr);
  std::memset(block, 'a', 100'000);
  block = static_cast<char*>(arena.GrowLarge(block, 10'000'000, &capacity));
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(capacity, 10'000'000u);
  EXPECT_EQ(block[99'999], 'a');
  arena.Reset();
  EXPECT_EQ(arena.AllocateLarge(1000, &capacity), block);
  EXPECT_EQ(capacity, 10'000'000u);
}

TEST(Arena, LimitRefusesAndSaysSo) {
  Arena arena;
  arena.Reset(1 << 20);
  size_t capacity;
  EXPECT_EQ(arena.AllocateLarge(2 << 20, &capacity), nullptr);
  EXPECT_TRUE(arena.limit_reached());
  arena.Reset(1 << 20);
  EXPECT_FALSE(arena.limit_reached());
  EXPECT_NE(arena.Allocate(1000), nullptr);
  EXPECT_LE(arena.held(), size_t{1} << 20);
}

TEST(Arena, LeftoversOfTheLastLoadDoNotCount) {
  Arena arena;
  size_t capacity;
  ASSERT_NE(arena.AllocateLarge(8 << 20, &capacity), nullptr);
  for (int i = 0; i < 4000; ++i) ASSERT_NE(arena.Allocate(1000), nullptr);
  arena.Reset(1 << 20);
  EXPECT_NE(arena.AllocateLarge(512 << 10, &capacity), nullptr);
  EXPECT_LE(arena.held(), size_t{1} << 20);
}

TEST(Arena, SizesThatNothingHasAreRefused) {
  Arena arena;
  const size_t most = std::numeric_limits<size_t>::max();
  for (const size_t size : {most, most - 7, most / 2}) {
    EXPECT_EQ(arena.Allocate(size), nullptr);
  }
  EXPECT_FALSE(arena.limit_reached());
  EXPECT_NE(arena.Allocate(1000), nullptr);
}

TEST(Arena, BlocksOfOthersDoNotGrow) {
  Arena arena;
  size_t capacity = 0;
  ASSERT_NE(arena.AllocateLarge(100, &capacity), nullptr);
  char other = 'x';
  EXPECT_EQ(arena.GrowLarge(&other, 200, &capacity), nullptr);
  EXPECT_EQ(other, 'x');
}

TEST(Arena, WhatIsChargedCountsAgainstALowerLimitToo) {
  Arena arena;
  ASSERT_TRUE(arena.Charge(5000));
  arena.Reset(1000);
  EXPECT_FALSE(arena.Charge(1));
  EXPECT_EQ(arena.Allocate(8), nullptr);
  EXPECT_TRUE(arena.limit_reached());
  arena.Release(5000);
  arena.Reset(10'000);
  EXPECT_NE(arena.Allocate(8), nullptr);
}

}  // namespace
}  // namespace pickle5::internal

#include "pickle/emitter/memo.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace pickle5 {
namespace {

TEST(Memo, FindsWhatWasPutAndNothingElse) {
  Memo memo;
  int a = 0;
  int b = 0;
  EXPECT_EQ(memo.Find(&a), Memo::kAbsent);
  memo.Put(&a, 7);
  EXPECT_EQ(memo.Find(&a), 7u);
  EXPECT_EQ(memo.Find(&b), Memo::kAbsent);
  EXPECT_EQ(memo.size(), 1u);
}

TEST(Memo, ASecondPutReplacesTheIndex) {
  Memo memo;
  int a = 0;
  memo.Put(&a, 1);
  memo.Put(&a, 2);
  EXPECT_EQ(memo.Find(&a), 2u);
  EXPECT_EQ(memo.size(), 1u);
}

TEST(Memo, KeepsEveryEntryWhileItGrows) {
  constexpr uint32_t kCount = 100'000;
  std::vector<uint64_t> objects(kCount);
  Memo memo;
  const size_t before = memo.capacity();
  for (uint32_t i = 0; i < kCount; ++i) memo.Put(&objects[i], i);
  EXPECT_GT(memo.capacity(), before);
  EXPECT_EQ(memo.size(), kCount);
  for (uint32_t i = 0; i < kCount; ++i) ASSERT_EQ(memo.Find(&objects[i]), i);
}

TEST(Memo, IsHalfFullBeforeItGrows) {
  std::vector<uint64_t> objects(1000);
  Memo memo;
  const size_t capacity = memo.capacity();
  EXPECT_EQ(capacity, 256u);
  for (uint32_t i = 0; i < capacity / 2; ++i) memo.Put(&objects[i], i);
  EXPECT_EQ(memo.capacity(), capacity);
  memo.Put(&objects[capacity / 2], 0);
  EXPECT_EQ(memo.capacity(), 4 * capacity);
}

TEST(Memo, ReleaseForgetsAllAndTheTable) {
  Memo memo;
  const size_t fresh = memo.capacity();
  std::vector<char> objects(1000 * 16);
  for (int round = 0; round < 2; ++round) {
    for (uint32_t i = 0; i < 1000; ++i) memo.Put(&objects[16 * i], i);
    EXPECT_GT(memo.capacity(), fresh);
    memo.Release();
    EXPECT_EQ(memo.capacity(), fresh);
    EXPECT_EQ(memo.size(), 0u);
    EXPECT_EQ(memo.Find(&objects[16]), Memo::kAbsent);
  }
}

// Addresses that hash to the same first place, and one after the other.
TEST(Memo, IsAsNewAfterRelease) {
  std::vector<uint64_t> objects(100'000);
  Memo memo;
  for (uint32_t i = 0; i < objects.size(); ++i) memo.Put(&objects[i], i);
  memo.Release();
  for (uint64_t i = 1; i <= 128; ++i) {
    memo.Put(reinterpret_cast<const void*>(i << 52), static_cast<uint32_t>(i));
  }
  EXPECT_EQ(memo.capacity(), Memo().capacity());
  for (uint64_t i = 1; i <= 128; ++i) {
    EXPECT_EQ(memo.Find(reinterpret_cast<const void*>(i << 52)), i);
  }
}

TEST(Memo, ClearForgetsAllAndKeepsTheTable) {
  std::vector<uint64_t> objects(1000);
  Memo memo;
  for (uint32_t i = 0; i < 1000; ++i) memo.Put(&objects[i], i);
  const size_t capacity = memo.capacity();
  memo.Clear();
  EXPECT_EQ(memo.size(), 0u);
  EXPECT_EQ(memo.capacity(), capacity);
  for (const uint64_t& object : objects) {
    ASSERT_EQ(memo.Find(&object), Memo::kAbsent);
  }
  memo.Put(&objects[5], 50);
  EXPECT_EQ(memo.Find(&objects[5]), 50u);
}

TEST(Memo, AddressesThatCollideStayApart) {
  // A stride of 2^52 leaves few bits for the hash to tell addresses by.
  Memo memo;
  for (uint64_t i = 1; i <= 100; ++i) {
    memo.Put(reinterpret_cast<const void*>(i << 52), static_cast<uint32_t>(i));
  }
  for (uint64_t i = 1; i <= 100; ++i) {
    EXPECT_EQ(memo.Find(reinterpret_cast<const void*>(i << 52)), i);
  }
}

}  // namespace
}  // namespace pickle5

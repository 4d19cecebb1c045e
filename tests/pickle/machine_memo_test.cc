#include "pickle/machine/machine_memo.h"

#include <cstddef>
#include <cstdint>
#include <map>

#include "gtest/gtest.h"

namespace pickle5 {
namespace {

// What a memo asks of a builder: slots are numbers, 0 is null.
class FakeBuilder {
 public:
  using Slot = int;
  static bool Ok(Slot s) { return s != 0; }
  static Slot Null() { return 0; }
  static void Put(Slot* to, Slot s) { *to = s; }
  Slot Keep(Slot s) {
    ++kept;
    return s;
  }
  void Drop(Slot) { --kept; }
  bool Charge(size_t n) {
    if (n > room) return false;
    room -= n;
    ++charges;
    return true;
  }
  void Release(size_t n) { room += n; }

  static constexpr size_t kRoom = size_t{1} << 30;
  size_t room = kRoom;
  int kept = 0;
  int charges = 0;
};

class MachineMemoTest : public testing::Test {
 protected:
  // The slot at an index, 0 if it was never set.
  int At(uint64_t index) const {
    const int* found = memo_.Find(index);
    return found == nullptr ? 0 : *found;
  }
  std::map<uint64_t, int> Entries() const {
    std::map<uint64_t, int> entries;
    memo_.ForEach([&](uint64_t index, int slot) { entries[index] = slot; });
    return entries;
  }

  FakeBuilder builder_;
  internal::MachineMemo<FakeBuilder> memo_{&builder_};
};

TEST_F(MachineMemoTest, FreshOneIsEmptyAndNotFull) {
  EXPECT_EQ(memo_.count(), 0u);
  EXPECT_FALSE(memo_.full());
  EXPECT_EQ(At(0), 0);
  EXPECT_EQ(At(5000), 0);
  memo_.Clear();
  EXPECT_EQ(memo_.count(), 0u);
}

TEST_F(MachineMemoTest, MemoizeStoresUnderTheCount) {
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(memo_.Memoize(i + 1));
  EXPECT_EQ(memo_.count(), 1000u);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(At(static_cast<uint64_t>(i)), i + 1);
  EXPECT_EQ(At(1000), 0);
  EXPECT_EQ(builder_.kept, 1000);
}

TEST_F(MachineMemoTest, MemoizeCountsEntriesAndNotHoles) {
  ASSERT_TRUE(memo_.Put(3, 13));
  EXPECT_EQ(memo_.count(), 1u);
  ASSERT_TRUE(memo_.Memoize(11));
  ASSERT_TRUE(memo_.Memoize(12));
  EXPECT_EQ(Entries(), (std::map<uint64_t, int>{{1, 11}, {2, 12}, {3, 13}}));
  // The next one replaces entry 3: three there are.
  ASSERT_TRUE(memo_.Memoize(23));
  EXPECT_EQ(Entries(), (std::map<uint64_t, int>{{1, 11}, {2, 12}, {3, 23}}));
  EXPECT_EQ(memo_.count(), 3u);
  EXPECT_EQ(builder_.kept, 3);
}

TEST_F(MachineMemoTest, HolesAreNoEntriesAlsoInMemoryUsedBefore) {
  for (int i = 1; i <= 300; ++i) ASSERT_TRUE(memo_.Memoize(i));
  memo_.Clear();
  EXPECT_EQ(builder_.kept, 0);
  ASSERT_TRUE(memo_.Put(200, 7));
  EXPECT_EQ(Entries(), (std::map<uint64_t, int>{{200, 7}}));
  EXPECT_EQ(At(199), 0);
  EXPECT_EQ(At(201), 0);
}

TEST_F(MachineMemoTest, FarIndexesCostNoMemory) {
  ASSERT_TRUE(memo_.Put(uint64_t{1} << 40, 1));
  // Beyond 1024, and four for the entry there is.
  ASSERT_TRUE(memo_.Put(1029, 2));
  EXPECT_EQ(builder_.room, FakeBuilder::kRoom);
  EXPECT_EQ(memo_.count(), 2u);
  ASSERT_TRUE(memo_.Put(uint64_t{1} << 40, 3));
  EXPECT_EQ(memo_.count(), 2u);
  EXPECT_EQ(builder_.kept, 2);
  EXPECT_EQ(Entries(),
            (std::map<uint64_t, int>{{1029, 2}, {uint64_t{1} << 40, 3}}));
  // A gap of 1024 is not too large.
  memo_.Clear();
  ASSERT_TRUE(memo_.Put(1024, 2));
  EXPECT_LT(builder_.room, FakeBuilder::kRoom);
}

TEST_F(MachineMemoTest, GrowsOverFarEntries) {
  ASSERT_TRUE(memo_.Put(1040, 1));
  for (int i = 0; i < 1040; ++i) {
    ASSERT_TRUE(memo_.Put(static_cast<uint64_t>(i), 2));
  }
  EXPECT_EQ(memo_.count(), 1041u);
  EXPECT_EQ(At(1040), 1);
  ASSERT_TRUE(memo_.Put(1040, 3));
  EXPECT_EQ(memo_.count(), 1041u);
  EXPECT_EQ(At(1040), 3);
  EXPECT_EQ(Entries().size(), 1041u);
  EXPECT_EQ(builder_.kept, 1041);
}

TEST_F(MachineMemoTest, LimitCountsEntriesOfEveryKind) {
  memo_.set_limit(3);
  ASSERT_TRUE(memo_.Put(0, 1));
  ASSERT_TRUE(memo_.Put(5, 2));
  ASSERT_TRUE(memo_.Put(100'000, 3));
  EXPECT_TRUE(memo_.Put(5, 4));
  EXPECT_TRUE(memo_.Put(100'000, 5));
  EXPECT_FALSE(memo_.full());
  EXPECT_FALSE(memo_.Put(2, 6));
  EXPECT_TRUE(memo_.full());
  EXPECT_FALSE(memo_.Put(6, 6));
  EXPECT_FALSE(memo_.Put(200'000, 6));
  EXPECT_EQ(memo_.count(), 3u);
  EXPECT_EQ(builder_.kept, 3);
  memo_.Clear();
  EXPECT_FALSE(memo_.full());
  for (int i = 1; i <= 3; ++i) EXPECT_TRUE(memo_.Memoize(i));
  EXPECT_FALSE(memo_.Memoize(4));
  EXPECT_TRUE(memo_.full());
}

TEST_F(MachineMemoTest, LimitHoldsInMemoryUsedBefore) {
  for (int i = 1; i <= 10; ++i) ASSERT_TRUE(memo_.Memoize(i));
  memo_.Clear();
  memo_.set_limit(2);
  EXPECT_TRUE(memo_.Memoize(1));
  EXPECT_TRUE(memo_.Memoize(2));
  EXPECT_FALSE(memo_.Memoize(3));
  memo_.Clear();
  memo_.set_limit(256);
  for (int i = 1; i <= 256; ++i) ASSERT_TRUE(memo_.Memoize(i));
  EXPECT_FALSE(memo_.Memoize(257));
}

TEST_F(MachineMemoTest, GrowsGeometricallyAndReleasesWhatItCharged) {
  for (int i = 1; i <= 100'000; ++i) ASSERT_TRUE(memo_.Memoize(i));
  EXPECT_LE(builder_.charges, 10);
  const size_t charged = FakeBuilder::kRoom - builder_.room;
  EXPECT_GE(charged, 100'000 * sizeof(int));
  EXPECT_LE(charged, 200'000 * sizeof(int));
  memo_.Clear();
  memo_.FreeStorage();
  EXPECT_EQ(builder_.room, FakeBuilder::kRoom);
  EXPECT_TRUE(memo_.Memoize(1));
  EXPECT_EQ(FakeBuilder::kRoom - builder_.room, 256 * sizeof(int));
}

TEST_F(MachineMemoTest, WithoutMemoryNothingChanges) {
  for (int i = 1; i <= 256; ++i) ASSERT_TRUE(memo_.Memoize(i));
  builder_.room = 100;
  EXPECT_FALSE(memo_.Memoize(257));
  EXPECT_FALSE(memo_.full());
  EXPECT_EQ(memo_.count(), 256u);
  EXPECT_EQ(builder_.kept, 256);
  EXPECT_EQ(At(255), 256);
}

}  // namespace
}  // namespace pickle5

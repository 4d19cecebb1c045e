#include "pickle/protocol/hash_table.h"

#include <cstddef>
#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace pickle5::internal {
namespace {

TEST(GrowthReserve, IsTakenOnce) {
  const GrowthReserve reserve(100);
  void* block = GrowthReserve::Take(100);
  EXPECT_NE(block, nullptr);
  EXPECT_EQ(GrowthReserve::Take(1), nullptr);
  ::operator delete(block);
}

TEST(GrowthReserve, IsNotTakenForMore) {
  const GrowthReserve reserve(100);
  EXPECT_EQ(GrowthReserve::Take(101), nullptr);
  void* block = GrowthReserve::Take(0);
  EXPECT_NE(block, nullptr);
  ::operator delete(block);
}

TEST(GrowthReserve, EndsWithItsObject) {
  { const GrowthReserve reserve(100); }
  EXPECT_EQ(GrowthReserve::Take(1), nullptr);
}

TEST(GrowthReserve, IsOfItsThread) {
  const GrowthReserve reserve(100);
  void* of_other_thread = &of_other_thread;
  std::thread([&] { of_other_thread = GrowthReserve::Take(1); }).join();
  EXPECT_EQ(of_other_thread, nullptr);
}

TEST(HashTable, GrowsAndForgets) {
  HashMap<int, std::string> map;
  HashSet<int> set;
  for (int i = 0; i < 5000; ++i) {
    map[i] = std::to_string(i);
    EXPECT_TRUE(set.insert(i).second);
    EXPECT_FALSE(set.insert(i).second);
    if (i % 3 == 0) map.erase(i);
  }
  EXPECT_EQ(set.size(), 5000u);
  EXPECT_EQ(map.size(), 5000u - 1667u);
  EXPECT_EQ(map.at(4999), "4999");
  EXPECT_FALSE(map.contains(4998));
  map.clear();
  map.reserve(10);
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(GrowthReserve::Take(1), nullptr);
}

}  // namespace
}  // namespace pickle5::internal

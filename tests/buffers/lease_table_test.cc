#include "buffers/arena/lease_table.h"

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "buffers/system/memfd.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

constexpr uint32_t kBlocks = 100;

class Leases : public ::testing::Test {
 protected:
  std::unique_ptr<LeaseTable> OpenTable() {
    auto table = LeaseTable::Open(sender_->fd());
    EXPECT_TRUE(table.ok()) << table.status();
    return *std::move(table);
  }

  // First blocks of the runs in use.
  std::multiset<uint32_t> InUse() {
    std::multiset<uint32_t> runs;
    sender_->ForEachRun([&runs](BlockRun run) { runs.insert(run.first); });
    return runs;
  }

  std::unique_ptr<LeaseTable> sender_ =
      *LeaseTable::Create(ArenaId{1, 2, 3}, kBlocks);
};

TEST_F(Leases, OfferIsAcceptedOnceAndReleased) {
  const auto one = OpenTable();
  const auto two = OpenTable();
  EXPECT_EQ(one->id(), sender_->id());
  EXPECT_NE(one->owner(), two->owner());
  const std::optional<LeaseId> lease = sender_->Offer({7, 2});
  ASSERT_TRUE(lease.has_value());
  EXPECT_TRUE(sender_->IsOffered(*lease));
  EXPECT_TRUE(one->Accept(*lease));
  EXPECT_FALSE(two->Accept(*lease));
  EXPECT_FALSE(sender_->IsOffered(*lease));
  EXPECT_FALSE(sender_->Revoke(*lease));
  EXPECT_EQ(one->RunOf(*lease).first, 7u);
  EXPECT_EQ(one->RunOf(*lease).count, 2u);
  two->Release(*lease);
  EXPECT_EQ(InUse(), (std::multiset<uint32_t>{7}));
  one->Release(*lease);
  EXPECT_EQ(InUse(), (std::multiset<uint32_t>{}));
}

TEST_F(Leases, OldUseOfASlotIsNotTheNewOne) {
  const auto receiver = OpenTable();
  const LeaseId old = *sender_->Offer({1, 1});
  EXPECT_TRUE(sender_->Revoke(old));
  EXPECT_FALSE(receiver->Accept(old));
  for (uint32_t i = 0; i < LeaseTable::kSlots; ++i) {
    ASSERT_TRUE(sender_->Offer({2, 1}).has_value());
  }
  EXPECT_FALSE(receiver->Accept(old));
  EXPECT_FALSE(sender_->Revoke(old));
  EXPECT_FALSE(sender_->Offer({3, 1}).has_value());
}

TEST_F(Leases, LeasesOfADeadOwnerAreFree) {
  auto dying = OpenTable();
  const auto living = OpenTable();
  const LeaseId lost = *sender_->Offer({1, 1});
  const LeaseId kept = *sender_->Offer({2, 1});
  ASSERT_TRUE(dying->Accept(lost));
  ASSERT_TRUE(living->Accept(kept));
  const uint16_t index = dying->owner();
  dying.reset();
  EXPECT_EQ(InUse(), (std::multiset<uint32_t>{2}));
  EXPECT_EQ(OpenTable()->owner(), index);
}

TEST_F(Leases, NextOwnerOfAnIndexFreesWhatIsLeft) {
  auto dying = OpenTable();
  const LeaseId lost = *sender_->Offer({1, 1});
  ASSERT_TRUE(dying->Accept(lost));
  const uint16_t index = dying->owner();
  dying.reset();
  const auto next = OpenTable();
  ASSERT_EQ(next->owner(), index);
  EXPECT_EQ(InUse(), (std::multiset<uint32_t>{}));
}

TEST_F(Leases, PinnedBlocksStayInUse) {
  auto receiver = OpenTable();
  const LeaseId lease = *sender_->Offer({5, 1});
  ASSERT_TRUE(receiver->Accept(lease));
  receiver->Pin(lease);
  receiver->Release(lease);
  receiver.reset();
  EXPECT_EQ(InUse(), (std::multiset<uint32_t>{5}));
}

TEST_F(Leases, SenderThatIsGoneIsSeen) {
  const auto receiver = OpenTable();
  EXPECT_FALSE(receiver->retired());
  EXPECT_FALSE(sender_->retired());
  sender_.reset();
  EXPECT_TRUE(receiver->retired());
}

TEST_F(Leases, RetirementIsSeen) {
  const auto receiver = OpenTable();
  sender_->Retire();
  EXPECT_TRUE(receiver->retired());
}

TEST_F(Leases, RunsThatAnotherWroteAreClipped) {
  const LeaseId lease = *sender_->Offer({kBlocks - 1, 1000});
  EXPECT_EQ(sender_->RunOf(lease).count, 1u);
  const LeaseId outside = *sender_->Offer({kBlocks, 1});
  EXPECT_EQ(sender_->RunOf(outside).count, 0u);
}

TEST_F(Leases, OtherMemoryIsRefused) {
  const OwnedFd unsealed = *CreateMemfd("test");
  EXPECT_EQ(LeaseTable::Open(unsealed.get()).status().code(),
            absl::StatusCode::kPermissionDenied);
  const OwnedFd empty = *CreateMemfd("test");
  ASSERT_TRUE(AddSeals(empty.get(), FinalSeals()).ok());
  EXPECT_EQ(LeaseTable::Open(empty.get()).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(Leases, ManyThreadsAcceptEachOfferOnce) {
  constexpr int kThreads = 4;
  std::vector<std::unique_ptr<LeaseTable>> tables;
  for (int i = 0; i < kThreads; ++i) tables.push_back(OpenTable());
  std::vector<LeaseId> offers;
  for (uint32_t i = 0; i < 1000; ++i) {
    offers.push_back(*sender_->Offer({i % kBlocks, 1}));
  }
  std::atomic<size_t> accepted{0};
  std::vector<std::thread> threads;
  for (const auto& table : tables) {
    threads.emplace_back([&offers, &accepted, table = table.get()] {
      for (const LeaseId lease : offers) {
        if (!table->Accept(lease)) continue;
        ++accepted;
        table->Release(lease);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, offers.size());
  EXPECT_TRUE(InUse().empty());
}

}  // namespace
}  // namespace pickle5

#include "buffers/files/shm_name.h"

#include <string>

#include "gtest/gtest.h"

namespace pickle5 {
namespace {

TEST(ShmName, AddsTheSlashThatIsMissing) {
  EXPECT_EQ(*ShmName("name"), "/name");
  EXPECT_EQ(*ShmName("/name"), "/name");
  EXPECT_TRUE(ShmName(std::string(254, 'x')).ok());
}

TEST(ShmName, RefusesWhatCannotBeAName) {
  for (const std::string& name :
       {std::string(), std::string("/"), std::string("//a"), std::string("a/b"),
        std::string("."), std::string(".."), std::string("a\0b", 3),
        std::string(255, 'x')}) {
    EXPECT_EQ(ShmName(name).status().code(), absl::StatusCode::kInvalidArgument)
        << name;
  }
}

TEST(ShmName, OwnerStandsInTheName) {
  const absl::StatusOr<std::string> name = OwnedShmName({123, 456});
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_TRUE(ShmName(*name).ok());
  EXPECT_NE(*name, *OwnedShmName({123, 456}));
  const std::optional<ProcessIdentity> owner = OwnerInShmName(*name);
  ASSERT_TRUE(owner.has_value());
  EXPECT_EQ(owner->pid, 123);
  EXPECT_EQ(owner->start_time, 456u);
}

TEST(ShmName, OtherNamesHaveNoOwner) {
  for (const char* const name :
       {"", "/", "/matrix", "/pickle5-owned-", "/pickle5-owned-1-2",
        "/pickle5-owned-1-2-", "/pickle5-owned-x-2-3", "/pickle5-owned-0-2-3",
        "/pickle5-owned-1-2-3-4", "/pickle5-owned--1-2-3"}) {
    EXPECT_FALSE(OwnerInShmName(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace pickle5

#include "buffers/shm_name.h"

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

}  // namespace
}  // namespace pickle5

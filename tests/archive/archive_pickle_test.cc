#include "pickle/archive/archive_pickle.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "tests/archive/archives.h"

namespace pickle5 {
namespace {

std::string ArchiveOfEveryKind() {
  Document document;
  FillEveryKind(&document);
  return ArchiveOf({&document});
}

TEST(IsCutShort, EveryPrefixIs) {
  const std::string archive = ArchiveOfEveryKind();
  for (size_t size = 0; size != archive.size(); ++size) {
    ASSERT_TRUE(IsCutShort(std::string_view(archive).substr(0, size))) << size;
  }
  EXPECT_FALSE(IsCutShort(archive));
  EXPECT_FALSE(IsCutShort(archive + archive));
}

TEST(IsCutShort, WhatIsNoPickleIsNot) {
  const std::string archive = ArchiveOfEveryKind();
  const auto extent = ExtentBefore(
      archive.size(),
      std::string_view(archive).substr(archive.size() - kArchiveTailSize));
  ASSERT_TRUE(extent.ok()) << extent.status();
  // 0xff is no opcode: as the first byte, the last one of the object's pickle,
  // and the first one of the index.
  for (const uint64_t at : {uint64_t{0}, extent->index - 1, extent->index}) {
    std::string damaged = archive.substr(0, archive.size() - 1);
    damaged[static_cast<size_t>(at)] = '\xff';
    EXPECT_FALSE(IsCutShort(damaged)) << at;
  }
  EXPECT_FALSE(IsCutShort("no archive"));
}

}  // namespace
}  // namespace pickle5

#include "fuzz/pickle_mutator.h"

#include <set>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "pickle/value/document.h"

namespace pickle5 {
namespace {

// Literals are no use of a name to clang-tidy.
// NOLINTBEGIN(misc-unused-using-decls)
using std::string_view_literals::operator""sv;
// NOLINTEND(misc-unused-using-decls)

// {'a': [1, 2.5, b'x'], 'b': (None, True)}, in a frame.
constexpr std::string_view kPickle =
    "\x80\5\x95\x24\0\0\0\0\0\0\0}\x94(\x8c\1a\x94]\x94(K\1G\x40\4\0\0\0\0\0\0C"
    "\1x\x94\x65\x8c\1b\x94N\x88\x86\x94u."sv;

bool Loads(std::string_view pickle) {
  Document document;
  return document.LoadBorrowed(pickle).ok();
}

TEST(PickleMutatorTest, ASeedGivesOneResult) {
  EXPECT_EQ(PickleMutator(7).Mutate(kPickle, 1000),
            PickleMutator(7).Mutate(kPickle, 1000));
}

TEST(PickleMutatorTest, ManyChangesAreDifferentAndManyStillLoad) {
  ASSERT_TRUE(Loads(kPickle));
  std::set<std::string> different;
  int loaded = 0;
  for (uint32_t seed = 1; seed <= 1000; ++seed) {
    const std::string mutated = PickleMutator(seed).Mutate(kPickle, 1000);
    loaded += different.insert(mutated).second && Loads(mutated);
  }
  EXPECT_GT(different.size(), 800u);
  EXPECT_GT(loaded, 200);
}

TEST(PickleMutatorTest, EveryOpcodeIsInserted) {
  std::set<char> seen;
  for (uint32_t seed = 1; seed <= 2000; ++seed) {
    for (const char c : PickleMutator(seed).Mutate("N."sv, 200)) seen.insert(c);
  }
  for (const OpcodeInfo& info : kOpcodes) {
    EXPECT_TRUE(seen.contains(static_cast<char>(info.opcode))) << info.name;
  }
}

TEST(PickleMutatorTest, ResultsKeepToTheSizeAllowed) {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    EXPECT_LE(PickleMutator(seed).Mutate(kPickle, 20).size(), 20u);
    EXPECT_LE(PickleMutator(seed).Splice(kPickle, kPickle, 20).size(), 20u);
  }
}

TEST(PickleMutatorTest, NoiseIsKept) {
  bool kept = false;
  for (uint32_t seed = 1; seed <= 50 && !kept; ++seed) {
    const std::string mutated =
        PickleMutator(seed).Mutate("\xff\xfe\xfd\xfc\xfb\xfa"sv, 100);
    kept = mutated.find("\xfb\xfa") != mutated.npos;
  }
  EXPECT_TRUE(kept);
}

TEST(PickleMutatorTest, SplicesTakeFromBoth) {
  bool both = false;
  for (uint32_t seed = 1; seed <= 50 && !both; ++seed) {
    const std::string spliced =
        PickleMutator(seed).Splice("NNNNNN."sv, "))))))."sv, 100);
    both = spliced.find("N)") != spliced.npos;
  }
  EXPECT_TRUE(both);
}

}  // namespace
}  // namespace pickle5

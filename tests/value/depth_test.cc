#include "pickle/value/depth.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/value/document.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

struct DepthCase {
  std::string_view name;
  std::string pickle;
  uint64_t depth;
};

std::vector<DepthCase> DepthCases() {
  const std::string call = "cm\nf\n)R";
  return {
      {"a scalar", "N", 0},
      {"an empty tuple", ")", 0},
      {"a list", "]", 1},
      {"a list in itself", "]q\0h\0a"s, 1},
      {"two lists in one another", "]q\0]q\1h\0aa"s, 2},
      {"the longer of two branches, first", "N\x85\x85\x85N\x85\x86", 4},
      {"the longer of two branches, last", "N\x85N\x85\x85\x85\x86", 4},
      {"a shared part, first above", "]]aq\0h\0\x85\x85\x86"s, 5},
      {"a shared part, first below", "]]aq\0\x85\x85h\0\x86"s, 5},
      {"an effect deeper than the root", "Ncm\nf\n]]a\x85R0", 4},
      {"the first effect the deepest", "Ncm\nf\n]]a\x85R0cm\nf\n]\x85R0", 4},
      {"a root deeper than the effect", "N" + call + "0]]]aa\x86", 4},
      {"an effect that is the root", "N" + call + "q\0]]ab00h\0"s, 3},
      {"an effect in the root", "N" + call + "q\0]]ab0h\0\x86\x85"s, 5},
  };
}

TEST(Depth, IsThatOfTheLongestWayDown) {
  // More objects than levels, so that the levels have to be counted.
  const std::string dropped = "]0]0]0]0]0]0";
  for (const DepthCase& of : DepthCases()) {
    SCOPED_TRACE(of.name);
    const std::string pickle = dropped + of.pickle + ".";
    Document document;
    ReadOptions options;
    options.limits.max_depth = of.depth;
    EXPECT_TRUE(document.LoadBorrowed(pickle, options).ok());
    if (of.depth == 0) continue;
    options.limits.max_depth = of.depth - 1;
    const auto error = GetDecodeError(document.LoadBorrowed(pickle, options));
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->code, ErrorCode::kDepthLimit);
    EXPECT_EQ(error->offset, pickle.size() - 1);
  }
}

}  // namespace
}  // namespace pickle5

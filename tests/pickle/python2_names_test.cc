#include "pickle/protocol/python2_names.h"

#include <optional>
#include <string_view>
#include <utility>

#include "gtest/gtest.h"

namespace pickle5 {
namespace {

using Global = std::pair<std::string_view, std::string_view>;

TEST(Python2Names, RenamedGlobalsGoBothWays) {
  EXPECT_EQ(Python3Name("__builtin__", "xrange"), Global("builtins", "range"));
  EXPECT_EQ(Python2Name("builtins", "range"), Global("__builtin__", "xrange"));
  EXPECT_EQ(Python3Name("itertools", "izip"), Global("builtins", "zip"));
  EXPECT_EQ(Python2Name("builtins", "zip"), Global("itertools", "izip"));
  EXPECT_EQ(Python3Name("exceptions", "ZeroDivisionError"),
            Global("builtins", "ZeroDivisionError"));
  EXPECT_EQ(Python2Name("builtins", "ZeroDivisionError"),
            Global("exceptions", "ZeroDivisionError"));
}

TEST(Python2Names, OtherGlobalsOfARenamedModuleKeepTheirName) {
  EXPECT_EQ(Python3Name("copy_reg", "_reconstructor"),
            Global("copyreg", "_reconstructor"));
  EXPECT_EQ(Python2Name("copyreg", "_reconstructor"),
            Global("copy_reg", "_reconstructor"));
  EXPECT_EQ(Python2Name("builtins", "set"), Global("__builtin__", "set"));
  EXPECT_EQ(Python3Name("Queue", ""), Global("queue", ""));
}

TEST(Python2Names, TheGlobalGoesBeforeTheModule) {
  EXPECT_EQ(Python3Name("urllib2", "URLError"),
            Global("urllib.error", "URLError"));
  EXPECT_EQ(Python3Name("urllib2", "urlopen"),
            Global("urllib.request", "urlopen"));
}

TEST(Python2Names, OneWayNamesAreNotTurnedRound) {
  EXPECT_EQ(Python3Name("exceptions", "StandardError"),
            Global("builtins", "Exception"));
  EXPECT_EQ(Python2Name("builtins", "Exception"),
            Global("exceptions", "Exception"));
  EXPECT_EQ(Python3Name("cStringIO", "StringIO"), Global("io", "StringIO"));
  EXPECT_EQ(Python2Name("io", "StringIO"), std::nullopt);
  EXPECT_EQ(Python2Name("builtins", "FileNotFoundError"),
            Global("exceptions", "OSError"));
  EXPECT_EQ(Python2Name("_pickle", "Pickler"), Global("pickle", "Pickler"));
}

TEST(Python2Names, EverythingElseIsTheSameInBoth) {
  EXPECT_EQ(Python3Name("collections", "OrderedDict"), std::nullopt);
  EXPECT_EQ(Python2Name("collections", "OrderedDict"), std::nullopt);
  EXPECT_EQ(Python3Name("builtins", "range"), std::nullopt);
  EXPECT_EQ(Python3Name("exceptions", "Unknown"), std::nullopt);
  EXPECT_EQ(Python3Name("", ""), std::nullopt);
  EXPECT_EQ(Python2Name("zzz", "zzz"), std::nullopt);
}

}  // namespace
}  // namespace pickle5

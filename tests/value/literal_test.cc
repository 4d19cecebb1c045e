#include "pickle/value/literal.h"

#include <cstdint>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "pickle/value/repr.h"

namespace pickle5 {
namespace {

TEST(Literal, EveryTypeBecomesItsValue) {
  Document document;
  const Maker make(&document);
  const std::string text = "text";
  EXPECT_EQ(
      Repr(make.List({nullptr, true, -1, 2u, int64_t{3}, uint8_t{4}, 1.5f, 2.5,
                      "c", std::string_view("v"), text, Value::None()})),
      "[None, True, -1, 2, 3, 4, 1.5, 2.5, 'c', 'v', 'text', None]");
  EXPECT_EQ(Repr(make.Of(std::numeric_limits<uint64_t>::max())),
            "18446744073709551615");
}

TEST(Literal, ContainersNest) {
  Document document;
  const Maker make(&document);
  document.SetRoot(make.Dict({{"name", "x"},
                              {"scores", make.List({1, 2, 3})},
                              {3, make.Tuple({make.Set({1}), "y"})},
                              {"f", make.FrozenSet({})},
                              {"c", make.Call("pkg.mod.f", {1, "a"})}}));
  EXPECT_EQ(Repr(document.root()),
            "{'name': 'x', 'scores': [1, 2, 3], 3: ({1}, 'y'), "
            "'f': frozenset(), 'c': pkg.mod.f(1, 'a')}");
}

TEST(Literal, WhatCannotBeMadeIsNull) {
  Document document;
  const Maker make(&document);
  EXPECT_TRUE(make.Of("\xff").is_null());
  EXPECT_TRUE(make.List({1, "\xff"}).is_null());
  EXPECT_TRUE(make.Tuple({Value()}).is_null());
  EXPECT_TRUE(make.Dict({{"a", "\xff"}}).is_null());
  EXPECT_TRUE(make.Call("nodots", {}).is_null());
  EXPECT_TRUE(make.Call(".f", {}).is_null());
}

}  // namespace
}  // namespace pickle5

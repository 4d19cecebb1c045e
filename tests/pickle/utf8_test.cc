#include "pickle/text/utf8.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace pickle5 {
namespace {

struct Case {
  std::string_view bytes;
  bool strict;
  bool surrogatepass;
};

constexpr Case kCases[] = {
    {"", true, true},
    {"\x7f", true, true},
    {"\x80", false, false},      // tail without lead
    {"\xc2", false, false},      // lead without tail
    {"\xc1\xbf", false, false},  // overlong
    {"\xc2\x80", true, true},    // U+0080
    {"\xdf\xbf", true, true},    // U+07FF
    {"\xdf\x7f", false, false},
    {"\xe0\x9f\xbf", false, false},             // overlong
    {"\xe0\xa0\x80", true, true},               // U+0800
    {"\xed\x9f\xbf", true, true},               // U+D7FF
    {"\xed\xa0\x80", false, true},              // U+D800
    {"\xed\xbf\xbf", false, true},              // U+DFFF
    {"\xed\xa0\xbd\xed\xb8\x80", false, true},  // a pair, two code points
    {"\xee\x80\x80", true, true},               // U+E000
    {"\xef\xbf\xbf", true, true},               // U+FFFF
    {"\xef\xbf", false, false},
    {"\xf0\x8f\xbf\xbf", false, false},  // overlong
    {"\xf0\x90\x80\x80", true, true},    // U+10000
    {"\xf4\x8f\xbf\xbf", true, true},    // U+10FFFF
    {"\xf4\x90\x80\x80", false, false},  // U+110000
    {"\xf5\x80\x80\x80", false, false},
    {"\xf3\x80\x80", false, false},
    {"\xff", false, false},
};

TEST(Utf8, ValidityIsThatOfPythonsCodecAtEveryAlignment) {
  for (const Case& c : kCases) {
    for (size_t before = 0; before < 40; ++before) {
      for (const size_t after : {size_t{0}, size_t{1}, size_t{40}}) {
        const std::string text = std::string(before, 'a') +
                                 std::string(c.bytes) + std::string(after, 'z');
        EXPECT_EQ(IsValidUtf8(text, false), c.strict)
            << testing::PrintToString(c.bytes) << " behind " << before;
        EXPECT_EQ(IsValidUtf8(text, true), c.surrogatepass);
      }
    }
  }
}

TEST(Utf8, NoTextIsValid) {
  EXPECT_TRUE(IsValidUtf8(nullptr, 0, true));
  EXPECT_TRUE(IsValidUtf8(nullptr, 0, false));
  EXPECT_TRUE(IsAscii(nullptr, 0));
}

TEST(Utf8, EveryCodePointMakesTheWayThereAndBack) {
  for (char32_t code_point = 0; code_point <= 0x10ffff; ++code_point) {
    std::string text;
    AppendUtf8(code_point, &text);
    const bool surrogate = code_point >= 0xd800 && code_point < 0xe000;
    ASSERT_TRUE(IsValidUtf8(text, true)) << uint32_t{code_point};
    ASSERT_EQ(IsValidUtf8(text, false), !surrogate) << uint32_t{code_point};
    ASSERT_EQ(HasSurrogates(text), surrogate) << uint32_t{code_point};
    ASSERT_EQ(CountCodePoints(text), 1u) << uint32_t{code_point};
    const char* p = text.data();
    ASSERT_TRUE(DecodeUtf8(p) == code_point) << uint32_t{code_point};
    ASSERT_EQ(p, text.data() + text.size());
  }
}

TEST(Utf8, TwoBytesAreAsTheGrammarSays) {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first),
                             static_cast<char>(second)};
      const bool valid =
          (first < 0x80 && second < 0x80) ||
          (first >= 0xc2 && first < 0xe0 && second >= 0x80 && second < 0xc0);
      // Alone, and where whole blocks are looked at.
      EXPECT_EQ(IsValidUtf8(text, true), valid) << first << " " << second;
      EXPECT_EQ(
          IsValidUtf8(std::string(15, 'a') + text + std::string(20, 'a'), true),
          valid)
          << first << " " << second;
    }
  }
}

TEST(Utf8, IsAsciiSeesAHighBitAtEveryPlaceOfEverySize) {
  for (size_t size = 0; size < 40; ++size) {
    // What stands beside the text does not matter.
    std::string memory(size + 80, '\xff');
    char* text = memory.data() + 40;
    const std::string_view view(text, size);
    std::fill(text, text + size, '\x7f');
    EXPECT_TRUE(IsAscii(view)) << size;
    for (size_t at = 0; at < size; ++at) {
      text[at] = '\x80';
      EXPECT_FALSE(IsAscii(view)) << at << " of " << size;
      text[at] = '\x7f';
    }
  }
}

TEST(Utf8, CountsCodePointsOfLongTexts) {
  std::string text;
  size_t count = 0;
  for (int i = 0; i < 5000; ++i) {
    for (const char32_t code_point : {0x61u, 0xe4u, 0x4e2du, 0x1f600u}) {
      AppendUtf8(code_point, &text);
      ++count;
    }
  }
  EXPECT_EQ(CountCodePoints(text), count);
  EXPECT_EQ(CountCodePoints(std::string_view(text).substr(10)), count - 4);
  EXPECT_EQ(CountCodePoints(""), 0u);
  // In every eighth byte, or every other one, a tail, more than 255 times.
  for (const std::string_view unit :
       {"\xc3\xa4", "aaaaaa\xc3\xa4", "\xf0\x9f\x98\x80"}) {
    std::string repeated;
    for (size_t n = 1; n < 3000; ++n) {
      repeated += unit;
      const size_t points = unit.size() == 8 ? 7 : 1;
      ASSERT_EQ(CountCodePoints(repeated), n * points) << n;
    }
  }
}

TEST(Utf8, HangulBesideTheSurrogatesIsNoSurrogate) {
  EXPECT_FALSE(HasSurrogates("\xed\x95\x9c\xed\x9f\xbf"));
  EXPECT_TRUE(HasSurrogates("\xed\x95\x9c\xed\xa0\x80"));
}

}  // namespace
}  // namespace pickle5

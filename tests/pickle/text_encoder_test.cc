#include "pickle/text/text_encoder.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "pickle/text/text_argument.h"
#include "pickle/text/utf8.h"

namespace pickle5 {
namespace {

using CodePoints = std::vector<char32_t>;

constexpr char32_t kEdges[] = {0,      '\n',   '\r',    0x1a,    '\\',
                               'a',    0x7f,   0x80,    0xff,    0x100,
                               0x7ff,  0x800,  0xd7ff,  0xd800,  0xdfff,
                               0xe000, 0xffff, 0x10000, 0x1f600, 0x10ffff};

std::string Utf8Of(const CodePoints& text) {
  std::string utf8;
  for (const char32_t code : text) AppendUtf8(code, &utf8);
  return utf8;
}

// What `size` and `put` make of the units, which must be as long as said and
// write nothing behind it.
template <typename Unit, typename Size, typename Put>
std::string Encoded(const std::vector<Unit>& units, Size size, Put put) {
  constexpr uint8_t kUntouched = 0xa5;
  const size_t said = size(units.data(), units.size());
  std::vector<uint8_t> out(said + 1, kUntouched);
  const uint8_t* end = put(out.data(), units.data(), units.size());
  EXPECT_EQ(end, out.data() + said);
  EXPECT_EQ(out.back(), kUntouched);
  return {out.begin(), out.end() - 1};
}

template <typename Unit>
void ExpectEncoded(const CodePoints& text) {
  std::vector<Unit> units;
  for (const char32_t code : text) units.push_back(static_cast<Unit>(code));
  const std::string utf8 = Utf8Of(text);
  EXPECT_EQ(Encoded(
                units, [](auto... all) { return Utf8Size(all...); },
                [](auto... all) { return PutUtf8(all...); }),
            utf8);
  std::string line;
  AppendRawUnicodeEscape(utf8, &line);
  EXPECT_EQ(Encoded(
                units, [](auto... all) { return RawUnicodeEscapeSize(all...); },
                [](auto... all) { return PutRawUnicodeEscape(all...); }),
            line);
  if constexpr (sizeof(Unit) > 1) {
    EXPECT_EQ(HasSurrogates(units.data(), units.size()), HasSurrogates(utf8));
  }
}

// As arrays of every unit that holds the code points.
void ExpectEncodedInAllForms(const CodePoints& text) {
  char32_t most = 0;
  for (const char32_t code : text) most = std::max(most, code);
  if (most <= 0xff) ExpectEncoded<uint8_t>(text);
  if (most <= 0xffff) ExpectEncoded<uint16_t>(text);
  ExpectEncoded<uint32_t>(text);
}

TEST(TextEncoder, EveryLengthOfOneCodePoint) {
  for (const char32_t code : kEdges) {
    for (size_t size = 0; size != 130; ++size) {
      ExpectEncodedInAllForms(CodePoints(size, code));
    }
  }
}

TEST(TextEncoder, OneCodePointAmongOthersAtEveryPlace) {
  for (const char32_t most : {U'a', U'\xe9', U'\u20ac', U'\U0001f600'}) {
    for (const char32_t code : kEdges) {
      for (size_t place = 0; place != 70; ++place) {
        CodePoints text(70, most);
        text[place] = code;
        ExpectEncodedInAllForms(text);
      }
    }
  }
}

TEST(TextEncoder, RandomMixtures) {
  std::mt19937 random(5);
  constexpr char32_t kBounds[] = {0x80, 0x100, 0x800, 0x10000, 0x110000};
  for (int i = 0; i != 20000; ++i) {
    const size_t forms = 1 + random() % 5;
    CodePoints text(random() % 100);
    for (char32_t& code : text) {
      code = static_cast<char32_t>(random() % kBounds[random() % forms]);
    }
    ExpectEncodedInAllForms(text);
  }
}

TEST(TextEncoder, SumsOfSizesHoldMoreThanALane) {
  for (const char32_t code : {U'\\', U'\xe9', U'\u20ac', U'\U0001f600'}) {
    for (const size_t size :
         std::initializer_list<size_t>{254, 255, 256, 4095, 4097, 70000}) {
      ExpectEncodedInAllForms(CodePoints(size, code));
    }
  }
}

}  // namespace
}  // namespace pickle5

#include "pickle/inspect/optimize.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "buffers/bytes/string_byte_writer.h"
#include "pickle/protocol/decode_error.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

std::string Optimized(std::string_view pickle) {
  std::string out;
  StringByteWriter writer(&out);
  const absl::Status status = Optimize(pickle, writer);
  EXPECT_EQ(writer.Close(), status.ok());
  const auto error = GetDecodeError(status);
  if (!error) return out;
  EXPECT_EQ(out, "");
  return std::string(ErrorCodeName(error->code)) + "@" +
         std::to_string(error->offset);
}

TEST(Optimize, UnusedStoresGo) {
  EXPECT_EQ(Optimized("(lp0\nNa."), "(lNa.");
  EXPECT_EQ(Optimized("\x80\x02]q\x00."s), "\x80\x02].");
}

TEST(Optimize, UsedStoresAreNumberedAnew) {
  EXPECT_EQ(Optimized("(lp5\n]p7\nag7\na."), "(l]p0\nag0\na.");
  // BINPUT 1 is not read, LONG_BINPUT 300 becomes BINPUT 0.
  EXPECT_EQ(Optimized("\x80\x02]q\x01]r\x2c\x01\x00\x00j\x2c\x01\x00\x00."s),
            "\x80\x02]]q\x00h\x00."s);
}

TEST(Optimize, ProtocolFourIsFramedAnew) {
  // Two frames that need not be.
  EXPECT_EQ(Optimized("\x80\x04"
                      "\x95\x02\x00\x00\x00\x00\x00\x00\x00]\x94"
                      "\x95\x04\x00\x00\x00\x00\x00\x00\x00]\x94h\x01"
                      "."s),
            "\x80\x04\x95\x06\x00\x00\x00\x00\x00\x00\x00]]\x94h\x00."s);
  // Less than four bytes stand without a frame.
  EXPECT_EQ(Optimized("\x80\x04]\x94."s), "\x80\x04].");
}

TEST(Optimize, WhatIsLongerThanAFrameStandsOutside) {
  const std::string payload(70000, 'x');
  const std::string big = "B\x70\x11\x01\x00"s + payload;
  const std::string small_frame = "\x95\x04\x00\x00\x00\x00\x00\x00\x00"s;
  EXPECT_EQ(Optimized("\x80\x04(K\x01K"
                      "\x02" +
                      big + "NNt."s),
            "\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00(K\x01K\x02"s + big +
                small_frame + "NNt.");
}

TEST(Optimize, BytesBehindTheStopAreLeftAlone) {
  std::string out;
  StringByteWriter writer(&out);
  uint64_t consumed = 0;
  EXPECT_TRUE(Optimize("N.garbage", writer, &consumed).ok());
  EXPECT_TRUE(writer.Close());
  EXPECT_EQ(out, "N.");
  EXPECT_EQ(consumed, 2u);
}

TEST(Optimize, AProtocolBehindTheFirstOpcodeIsNoHeader) {
  EXPECT_EQ(Optimized("N0\x80\x04]\x94(NNt\x86."),
            "\x95\x0b\0\0\0\0\0\0\0N0\x80\x04](NNt\x86."s);
}

TEST(Optimize, FaultsAreTold) {
  EXPECT_EQ(Optimized("N"), "E_TRUNCATED@1");
  EXPECT_EQ(Optimized("h\x01."), "E_MEMO_MISSING@0");
  EXPECT_EQ(Optimized("Npx\n."), "E_BAD_INT@1");
  EXPECT_EQ(Optimized("\x80\x06N."), "E_PROTO@0");
}

}  // namespace
}  // namespace pickle5

#include "pickle/inspect/disassembly.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "buffers/bytes/string_byte_writer.h"
#include "pickle/protocol/decode_error.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

struct Listing {
  std::string text;
  std::string error;  // code@offset
  uint64_t consumed = 0;
};

Listing List(std::string_view pickle, const DisassemblyOptions& options = {}) {
  Listing listing;
  StringByteWriter writer(&listing.text);
  const absl::Status status =
      Disassemble(pickle, options, writer, &listing.consumed);
  EXPECT_TRUE(writer.Close());
  if (const auto error = GetDecodeError(status)) {
    listing.error = std::string(ErrorCodeName(error->code)) + "@" +
                    std::to_string(error->offset);
  }
  return listing;
}

TEST(Disassembly, ListsAsPickletools) {
  // pickle.dumps([1, (2, 'a')], 2)
  const Listing listing = List(
      "\x80\x02]q\x00(K\x01K\x02X\x01\x00\x00\x00"
      "aq\x01\x86q\x02"
      "e."s);
  EXPECT_EQ(listing.text,
            "    0: \\x80 PROTO      2\n"
            "    2: ]    EMPTY_LIST\n"
            "    3: q    BINPUT     0\n"
            "    5: (    MARK\n"
            "    6: K        BININT1    1\n"
            "    8: K        BININT1    2\n"
            "   10: X        BINUNICODE 'a'\n"
            "   16: q        BINPUT     1\n"
            "   18: \\x86     TUPLE2\n"
            "   19: q        BINPUT     2\n"
            "   21: e        APPENDS    (MARK at 5)\n"
            "   22: .    STOP\n"
            "highest protocol among opcodes = 2\n");
  EXPECT_EQ(listing.error, "");
  EXPECT_EQ(listing.consumed, 23u);
}

TEST(Disassembly, MemoizeShowsItsIndex) {
  EXPECT_EQ(List("]\x94h\x00\x86."s).text,
            "    0: ]    EMPTY_LIST\n"
            "    1: \\x94 MEMOIZE    (as 0)\n"
            "    2: h    BINGET     0\n"
            "    4: \\x86 TUPLE2\n"
            "    5: .    STOP\n"
            "highest protocol among opcodes = 4\n");
}

TEST(Disassembly, JsonIsAnObjectALine) {
  DisassemblyOptions options;
  options.json = true;
  options.base_offset = 100;
  EXPECT_EQ(List("\x80\x04\x8c\x01"
                 "a.",
                 options)
                .text,
            "{\"pos\": 100, \"opcode\": \"PROTO\", \"arg\": 4}\n"
            "{\"pos\": 102, \"opcode\": \"SHORT_BINUNICODE\", \"arg\": "
            "\"a\"}\n"
            "{\"pos\": 105, \"opcode\": \"STOP\", \"arg\": null}\n");
}

TEST(Disassembly, PopTakesAnOpenMark) {
  EXPECT_EQ(List("N(0.").text,
            "    0: N    NONE\n"
            "    1: (    MARK\n"
            "    2: 0        POP        (MARK at 1)\n"
            "    3: .    STOP\n"
            "highest protocol among opcodes = 0\n");
}

TEST(Disassembly, FaultsAreToldAtTheirOpcodeBehindTheWholeListing) {
  EXPECT_EQ(List("Ne.").error, "E_NO_MARK@1");
  EXPECT_EQ(List("NR.").error, "E_STACK_UNDERFLOW@1");
  EXPECT_EQ(List("Nh\x05\x86.").error, "E_MEMO_MISSING@1");
  EXPECT_EQ(List("q\x05.").error, "E_STACK_UNDERFLOW@0");
  EXPECT_EQ(List("(q\x05.").error, "E_UNEXPECTED_MARK@1");
  EXPECT_EQ(List("NN.").error, "E_STACK_LEFTOVER@2");
  EXPECT_EQ(List("Npx\n.").error, "E_BAD_INT@1");
  const Listing listing = List("Ne.");
  EXPECT_TRUE(listing.text.ends_with("highest protocol among opcodes = 1\n"));
  EXPECT_EQ(listing.consumed, 3u);
}

TEST(Disassembly, AMarkThatWasTakenAsAnObjectIsMissed) {
  const Listing listing = List("N(Rt.");
  EXPECT_EQ(listing.error, "E_NO_MARK@3");
  EXPECT_TRUE(listing.text.find("TUPLE      (MARK at 1)") != std::string::npos)
      << listing.text;
}

TEST(Disassembly, TruncationEndsTheListing) {
  const Listing listing = List("NX\xff");
  EXPECT_EQ(listing.text, "    0: N    NONE\n");
  EXPECT_EQ(listing.error, "E_TRUNCATED@1");
  EXPECT_EQ(listing.consumed, 1u);
}

TEST(Disassembly, AMemoIndexMayBeSetTwice) {
  EXPECT_EQ(List("Nq\x01q\x01.").error, "");
}

TEST(Disassembly, IndentationIsBounded) {
  const std::string marks(3000, '(');
  const Listing listing = List(marks + std::string(3000, '0') + "N.");
  EXPECT_EQ(listing.error, "");
  EXPECT_LT(listing.text.size(), 6002u * 4060);
}

}  // namespace
}  // namespace pickle5

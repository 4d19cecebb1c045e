#include "pickle/protocol/scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pickle/protocol/decode_error.h"
#include "pickle/protocol/opcode.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

struct Seen {
  Opcode opcode;
  uint64_t offset;
  std::string argument;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> ScanAll(std::string_view pickle, absl::Status* status) {
  std::vector<Seen> seen;
  Scanner scanner(pickle);
  Token token;
  while (scanner.Next(token) == Scanner::Result::kToken) {
    seen.push_back({token.opcode(), token.offset, std::string(token.argument)});
  }
  *status = scanner.status();
  return seen;
}

// The code and offset of the error that scanning ends in.
std::string ErrorOf(std::string_view pickle) {
  absl::Status status;
  ScanAll(pickle, &status);
  const auto error = GetDecodeError(status);
  if (!error) return "none";
  return std::string(ErrorCodeName(error->code)) + "@" +
         std::to_string(error->offset);
}

// An opcode with a small argument of its kind.
std::string Sample(const OpcodeInfo& info) {
  const ArgumentShape shape = ShapeOf(info.argument);
  std::string bytes(1, static_cast<char>(info.opcode));
  if (shape.lines != 0) {
    for (int i = 0; i < shape.lines; ++i) bytes += "12\n";
    return bytes;
  }
  std::string fixed(shape.fixed, '\0');
  if (shape.length_prefix) fixed[0] = 3;
  return bytes + fixed + (shape.length_prefix ? "abc" : "");
}

TEST(Scanner, EveryOpcodeIsSteppedOver) {
  for (const OpcodeInfo& info : kOpcodes) {
    if (info.opcode == Opcode::STOP) continue;
    const std::string sample = Sample(info);
    // Short and long input take different ways.
    for (const std::string& tail : {"."s, std::string(20, 'N') + "."}) {
      absl::Status status;
      const std::vector<Seen> seen = ScanAll(sample + tail, &status);
      ASSERT_TRUE(status.ok()) << info.name;
      ASSERT_EQ(seen.size(), 1 + tail.size()) << info.name;
      EXPECT_EQ(seen[0].opcode, info.opcode);
      EXPECT_EQ(seen[1].offset, sample.size()) << info.name;
    }
  }
}

TEST(Scanner, ArgumentsLoseLengthAndLastNewline) {
  absl::Status status;
  // PROTO 4, SHORT_BINUNICODE "ab", GLOBAL "m n", BININT2 256, STOP
  const auto seen = ScanAll(
      "\x80\x04\x8c\x02"
      "abcm\nn\nM\x00\x01."s,
      &status);
  EXPECT_TRUE(status.ok());
  EXPECT_THAT(seen,
              testing::ElementsAre(Seen{Opcode::PROTO, 0, "\x04"},
                                   Seen{Opcode::SHORT_BINUNICODE, 2, "ab"},
                                   Seen{Opcode::GLOBAL, 6, "m\nn"},
                                   Seen{Opcode::BININT2, 11, "\x00\x01"s},
                                   Seen{Opcode::STOP, 14, ""}));
}

TEST(Scanner, NothingFollowsTheStop) {
  const std::string pickle = "N." + std::string(40, 'N');
  Scanner scanner(pickle);
  Token token;
  EXPECT_EQ(scanner.Next(token), Scanner::Result::kToken);
  EXPECT_EQ(scanner.Next(token), Scanner::Result::kToken);
  EXPECT_EQ(token.opcode(), Opcode::STOP);
  EXPECT_EQ(scanner.Next(token), Scanner::Result::kEnd);
  EXPECT_EQ(scanner.Next(token), Scanner::Result::kEnd);
  EXPECT_EQ(scanner.offset(), 2u);
  EXPECT_EQ(scanner.rest().size(), 40u);
  EXPECT_TRUE(scanner.status().ok());
}

TEST(Scanner, ErrorsNameTheOpcode) {
  EXPECT_EQ(ErrorOf(""), "E_TRUNCATED@0");
  EXPECT_EQ(ErrorOf("N"), "E_TRUNCATED@1");
  EXPECT_EQ(ErrorOf("NM\x01"), "E_TRUNCATED@1");
  EXPECT_EQ(ErrorOf("NI12"), "E_TRUNCATED@1");
  EXPECT_EQ(ErrorOf("Ncm\nn"), "E_TRUNCATED@1");
  EXPECT_EQ(ErrorOf("N\xff."), "E_BAD_OPCODE@1");
  EXPECT_EQ(ErrorOf(std::string(30, 'N') + "\xff."), "E_BAD_OPCODE@30");
  // BINSTRING and LONG4 with the length -1.
  EXPECT_EQ(ErrorOf("NT\xff\xff\xff\xff."), "E_NEG_LEN@1");
  EXPECT_EQ(ErrorOf("N\x8b\xff\xff\xff\xff."), "E_NEG_LEN@1");
  // Payloads that lack a byte.
  EXPECT_EQ(ErrorOf("X\x06\0\0\0abcde"s), "E_TRUNCATED@0");
  EXPECT_EQ(ErrorOf("\x8c\x09"
                    "abcdefgh"),
            "E_TRUNCATED@0");
  // BINBYTES8 whose length would wrap around.
  EXPECT_EQ(ErrorOf("N\x8e\xff\xff\xff\xff\xff\xff\xff\xff....."),
            "E_TRUNCATED@1");
}

TEST(Scanner, StatusSaysWhereThePickleEnds) {
  absl::Status status;
  ScanAll("N", &status);
  EXPECT_EQ(status.message(), "at byte 1: the pickle ends before its STOP");
  ScanAll("NM\x01", &status);
  EXPECT_EQ(status.message(),
            "at byte 1: BININT2: the pickle ends inside this opcode");
  ScanAll("N\xff", &status);
  EXPECT_EQ(status.message(), "at byte 1: no opcode has this byte");
  ScanAll("NT\xff\xff\xff\xff", &status);
  EXPECT_EQ(status.message(), "at byte 1: BINSTRING: the length is negative");
}

TEST(Scanner, AnErrorIsFinal) {
  const std::string pickle = "\xff" + std::string(20, 'N') + ".";
  Scanner scanner(pickle);
  Token token;
  EXPECT_EQ(scanner.Next(token), Scanner::Result::kError);
  EXPECT_EQ(scanner.Next(token), Scanner::Result::kError);
}

TEST(Scanner, EveryPrefixNeedsMore) {
  std::string pickle;
  for (const OpcodeInfo& info : kOpcodes) {
    if (info.opcode != Opcode::STOP) pickle += Sample(info);
  }
  pickle += '.';
  for (size_t length = 0; length < pickle.size(); ++length) {
    EXPECT_TRUE(ErrorOf(std::string_view(pickle).substr(0, length))
                    .starts_with("E_TRUNCATED@"))
        << length;
  }
}

TEST(Scanner, ResumesByteByByte) {
  std::string pickle;
  for (const OpcodeInfo& info : kOpcodes) {
    if (info.opcode != Opcode::STOP) pickle += Sample(info);
  }
  pickle += '.';
  absl::Status status;
  const std::vector<Seen> whole = ScanAll(pickle, &status);
  std::vector<Seen> pieces;
  std::string buffer;
  Scanner scanner("");
  Token token;
  for (const char byte : pickle) {
    buffer.erase(0, buffer.size() - scanner.rest().size());
    buffer.push_back(byte);
    scanner.Resume(buffer);
    while (scanner.Next(token) == Scanner::Result::kToken) {
      pieces.push_back(
          {token.opcode(), token.offset, std::string(token.argument)});
    }
  }
  EXPECT_EQ(pieces, whole);
  EXPECT_TRUE(scanner.status().ok());
}

TEST(Scanner, AfterResumeNothingBehindTheInputIsRead) {
  // What comes later lies lower in memory, in front of what is no input.
  const std::string memory = std::string(100, 'N');
  Scanner scanner(std::string_view(memory).substr(60, 1));
  Token token;
  EXPECT_EQ(scanner.Next(token), Scanner::Result::kToken);
  EXPECT_EQ(scanner.Next(token), Scanner::Result::kNeedMore);
  scanner.Resume(std::string_view(memory).substr(0, 2));
  EXPECT_EQ(scanner.Next(token), Scanner::Result::kToken);
  EXPECT_EQ(scanner.Next(token), Scanner::Result::kToken);
  EXPECT_EQ(scanner.Next(token), Scanner::Result::kNeedMore);
  EXPECT_EQ(scanner.offset(), 3u);
}

TEST(Scanner, AfterTheStopNoResumeBringsMore) {
  const std::string memory = "." + std::string(100, 'N');
  Scanner scanner(std::string_view(memory).substr(0, 1));
  Token token;
  EXPECT_EQ(scanner.Next(token), Scanner::Result::kToken);
  EXPECT_EQ(scanner.Next(token), Scanner::Result::kEnd);
  scanner.Resume(std::string_view(memory).substr(1));
  EXPECT_EQ(scanner.Next(token), Scanner::Result::kEnd);
  EXPECT_EQ(scanner.rest().size(), 100u);
}

TEST(Scanner, ALineMayBeEmpty) {
  absl::Status status;
  EXPECT_THAT(ScanAll("V\n.", &status),
              testing::ElementsAre(Seen{Opcode::UNICODE, 0, ""},
                                   Seen{Opcode::STOP, 2, ""}));
  EXPECT_THAT(ScanAll("c\n\n.", &status),
              testing::ElementsAre(Seen{Opcode::GLOBAL, 0, "\n"},
                                   Seen{Opcode::STOP, 3, ""}));
}

}  // namespace
}  // namespace pickle5

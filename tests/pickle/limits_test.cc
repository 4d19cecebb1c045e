// Each limit, at each opcode that it bounds: L passes, and what needs one more
// is refused with the limit's code at that opcode, however the bytes come.

#include "pickle/protocol/limits.h"

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "buffers/bytes/istream_byte_reader.h"
#include "gtest/gtest.h"
#include "pickle/inspect/verify.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/value/document.h"
#include "pickle/value/document_feeder.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

struct LimitCase {
  std::string_view name;
  uint64_t Limits::*limit;
  std::string pickle;
  uint64_t least;          // the lowest value that passes
  std::string_view error;  // with one less
};

// A frame around what is in it.
std::string Frame(std::string_view body) {
  return "\x95"s + static_cast<char>(body.size()) + "\0\0\0\0\0\0\0"s +
         std::string(body);
}

std::vector<LimitCase> PayloadCases() {
  constexpr auto kLimit = &Limits::max_payload;
  return {
      {"LONG1", kLimit, "\x8a\3\1\2\3."s, 3, "L_PAYLOAD@0"},
      {"LONG4", kLimit, "\x8b\3\0\0\0\1\2\3."s, 3, "L_PAYLOAD@0"},
      {"BINSTRING", kLimit, "T\3\0\0\0abc."s, 3, "L_PAYLOAD@0"},
      {"SHORT_BINSTRING", kLimit, "NU\3abc\x86."s, 3, "L_PAYLOAD@1"},
      {"BINUNICODE", kLimit, "X\3\0\0\0abc."s, 3, "L_PAYLOAD@0"},
      {"SHORT_BINUNICODE", kLimit, "N\x8c\3abc\x86."s, 3, "L_PAYLOAD@1"},
      {"BINUNICODE8", kLimit, "\x8d\3\0\0\0\0\0\0\0abc."s, 3, "L_PAYLOAD@0"},
      {"BINBYTES", kLimit, "B\3\0\0\0abc."s, 3, "L_PAYLOAD@0"},
      {"SHORT_BINBYTES", kLimit, "C\3abc."s, 3, "L_PAYLOAD@0"},
      {"BINBYTES8", kLimit, "\x8e\3\0\0\0\0\0\0\0abc."s, 3, "L_PAYLOAD@0"},
      {"BYTEARRAY8", kLimit, "\x96\3\0\0\0\0\0\0\0abc."s, 3, "L_PAYLOAD@0"},
      {"the longest of two", kLimit, "C\2abC\4abcd\x86."s, 4, "L_PAYLOAD@4"},
      {"a large payload", kLimit,
       "B\0\0\2\0"s + std::string(1 << 17, 'x') + ".", 1 << 17, "L_PAYLOAD@0"},
  };
}

std::vector<LimitCase> LineCases() {
  constexpr auto kLimit = &Limits::max_line;
  return {
      {"INT", kLimit, "I1234\n.", 4, "L_LINE@0"},
      {"LONG", kLimit, "L123L\n.", 4, "L_LINE@0"},
      {"FLOAT", kLimit, "F1.25\n.", 4, "L_LINE@0"},
      {"STRING", kLimit, "S'ab'\n.", 4, "L_LINE@0"},
      {"UNICODE", kLimit, "NVabcd\n\x86.", 4, "L_LINE@1"},
      {"PERSID", kLimit, "Pabcd\n.", 4, "L_LINE@0"},
      {"GLOBAL, module", kLimit, "cabcd\ne\n.", 4, "L_LINE@0"},
      {"GLOBAL, name", kLimit, "ca\nbcde\n.", 4, "L_LINE@0"},
      {"INST, module", kLimit, "(iabcd\ne\n.", 4, "L_LINE@1"},
      {"INST, name", kLimit, "(ia\nbcde\n.", 4, "L_LINE@1"},
      {"PUT", kLimit, "Np1000\n.", 4, "L_LINE@1"},
      {"GET", kLimit, "Nr\xe8\3\0\0g1000\n\x86."s, 4, "L_LINE@6"},
  };
}

std::vector<LimitCase> DigitCases() {
  constexpr auto kLimit = &Limits::max_digits;
  return {
      {"INT", kLimit, "I12345\n.", 5, "L_DIGITS@0"},
      {"INT, negative", kLimit, "I-12345\n.", 5, "L_DIGITS@0"},
      {"LONG", kLimit, "L12345L\n.", 5, "L_DIGITS@0"},
      {"LONG, negative", kLimit, "NL-12345L\n\x86.", 5, "L_DIGITS@1"},
      {"many", kLimit, absl::StrCat("L", std::string(6000, '7'), "L\n."), 6000,
       "L_DIGITS@0"},
  };
}

std::vector<LimitCase> MemoCases() {
  constexpr auto kLimit = &Limits::max_memo;
  return {
      {"MEMOIZE", kLimit, "N\x94N\x94N\x94\x87.", 3, "L_MEMO@5"},
      {"BINPUT", kLimit, "Nq\0q\1q\2."s, 3, "L_MEMO@5"},
      {"BINPUT with gaps", kLimit, "Nq\7q\xff."s, 2, "L_MEMO@3"},
      {"LONG_BINPUT", kLimit, "Nr\0\0\0\0r\xff\xff\xff\xff."s, 2, "L_MEMO@6"},
      {"PUT", kLimit, "Np0\np99999\n.", 2, "L_MEMO@4"},
      {"an index set again", kLimit, "Nq\1q\1q\2q\1."s, 2, "L_MEMO@5"},
  };
}

std::vector<LimitCase> DepthCases() {
  constexpr auto kLimit = &Limits::max_depth;
  return {
      {"lists", kLimit, "]]]aa.", 3, "L_DEPTH@5"},
      {"tuples", kLimit, "N\x85\x85\x85.", 3, "L_DEPTH@4"},
      {"dicts", kLimit, "}N}N}ss.", 3, "L_DEPTH@7"},
      {"sets", kLimit, "\x8f(((\x91\x91\x90.", 3, "L_DEPTH@7"},
      {"shared", kLimit, "]]q\1ah\1a."s, 2, "L_DEPTH@8"},
  };
}

std::vector<LimitCase> OtherCases() {
  return {
      {"frame", &Limits::max_frame, Frame("N0N."), 4, "L_FRAME@0"},
      {"second frame", &Limits::max_frame, Frame("N") + Frame("0N."), 3,
       "L_FRAME@10"},
      {"opcodes", &Limits::max_opcodes, "K\1K\2K\3\x87.", 5, "L_OPCODES@7"},
      {"opcodes taken two at a time", &Limits::max_opcodes,
       "]\x94(K\1K\2h\0e."s, 8, "L_OPCODES@10"},
      {"opcodes of a frame", &Limits::max_opcodes, "\x80\4" + Frame("N0N."), 6,
       "L_OPCODES@14"},
  };
}

// A pickle that takes memory for all that is charged.
std::string MemoryPickle() {
  std::string pickle = "(";
  for (int i = 0; i < 40; ++i) {
    pickle += "](X\5\0\0\0hello\x94K\1}(NNucm\nf\n)R\x94(NNle\x85"s;
  }
  return pickle + "t.";
}

class LimitTest : public testing::TestWithParam<Mode> {
 protected:
  static std::string Text(const absl::Status& status) {
    if (status.ok()) return "ok";
    const auto error = GetDecodeError(status);
    if (!error.has_value()) return status.ToString();
    EXPECT_EQ(status.code(), error->code >= ErrorCode::kDepthLimit
                                 ? absl::StatusCode::kResourceExhausted
                                 : absl::StatusCode::kInvalidArgument);
    return absl::StrCat(std::string(ErrorCodeName(error->code)), "@",
                        error->offset);
  }

  std::string Fed(std::string_view pickle, const ReadOptions& options,
                  size_t size) {
    absl::Status status = feeder_.Start(&document_, options);
    for (size_t at = 0; status.ok() && at < pickle.size(); at += size) {
      status = feeder_.Feed(pickle.substr(at, size)).status();
    }
    return Text(status);
  }

  std::string Read(std::string_view pickle, const ReadOptions& options) {
    std::istringstream stream{std::string(pickle)};
    IstreamByteReader reader(&stream, 16);
    return Text(document_.Load(reader, options));
  }

  // Each way to read it has the same outcome.
  void Expect(std::string_view pickle, const Limits& limits,
              std::string_view wanted) {
    ReadOptions options;
    options.mode = GetParam();
    options.limits = limits;
    EXPECT_EQ(Text(document_.LoadBorrowed(pickle, options)), wanted);
    EXPECT_EQ(Read(pickle, options), wanted) << "from a reader";
    for (const size_t size : {size_t{1}, size_t{3}, pickle.size()}) {
      EXPECT_EQ(Fed(pickle, options, size), wanted) << "pieces of " << size;
    }
  }

  void ExpectAll(const std::vector<LimitCase>& cases) {
    for (const LimitCase& c : cases) {
      SCOPED_TRACE(std::string(c.name));
      Limits limits;
      limits.max_digits = Limits::kUnlimited;
      Expect(c.pickle, limits, "ok");
      limits.*c.limit = c.least;
      Expect(c.pickle, limits, "ok");
      const bool verifies = c.limit != &Limits::max_depth;
      ExpectVerified(c.pickle, limits, "ok");
      limits.*c.limit = c.least - 1;
      Expect(c.pickle, limits, c.error);
      ExpectVerified(c.pickle, limits, verifies ? c.error : "ok");
    }
  }

  void ExpectVerified(std::string_view pickle, const Limits& limits,
                      std::string_view wanted) {
    if (GetParam() != Mode::kStrict) return;
    ReadOptions options;
    options.limits = limits;
    EXPECT_EQ(Text(Verify(pickle, options)), wanted) << "verified";
  }

  Document document_;
  DocumentFeeder feeder_;
};

TEST_P(LimitTest, OfPayloads) { ExpectAll(PayloadCases()); }
TEST_P(LimitTest, OfLines) { ExpectAll(LineCases()); }
TEST_P(LimitTest, OfDigits) { ExpectAll(DigitCases()); }
TEST_P(LimitTest, OfTheMemo) { ExpectAll(MemoCases()); }
TEST_P(LimitTest, OfDepth) { ExpectAll(DepthCases()); }
TEST_P(LimitTest, OfFramesAndOpcodes) { ExpectAll(OtherCases()); }

// How much it takes is not said, only that it is bounded: there is one value
// below which nothing loads, and from which on everything does.
TEST_P(LimitTest, OfMemory) {
  const std::string pickle = MemoryPickle();
  ReadOptions options;
  options.mode = GetParam();
  const auto outcome = [&](uint64_t memory) {
    options.limits.max_memory = memory;
    Document document;
    return Text(document.LoadBorrowed(pickle, options));
  };
  uint64_t fails = 0;
  uint64_t passes = uint64_t{1} << 24;
  ASSERT_EQ(outcome(passes), "ok");
  while (passes - fails > 1) {
    const uint64_t middle = fails + (passes - fails) / 2;
    (outcome(middle) == "ok" ? passes : fails) = middle;
  }
  EXPECT_GT(passes, 4096u);
  EXPECT_LT(passes, 256 * pickle.size() + (64 << 10));
  EXPECT_EQ(outcome(passes), "ok");
  for (uint64_t memory = fails; memory > 64; memory -= memory / 64 + 1) {
    ASSERT_TRUE(outcome(memory).starts_with("L_MEMORY@")) << memory;
  }
  for (uint64_t memory = passes; memory < 4 * passes; memory += passes / 50) {
    ASSERT_EQ(outcome(memory), "ok") << memory;
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, LimitTest,
                         testing::Values(Mode::kStrict, Mode::kCompat),
                         [](const auto& mode) {
                           return mode.param == Mode::kStrict ? "Strict"
                                                              : "Compat";
                         });

}  // namespace
}  // namespace pickle5

#include "pickle/inspect/verify.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "corpus_files.h"
#include "gtest/gtest.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/value/document.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

std::string Show(const absl::Status& status) {
  if (status.ok()) return "ok";
  const std::optional<DecodeError> error = GetDecodeError(status);
  if (!error.has_value()) return status.ToString();
  return std::string(ErrorCodeName(error->code)) + "@" +
         std::to_string(error->offset);
}

ReadOptions StrictOptions(StringEncoding encoding) {
  ReadOptions options;
  options.mode = Mode::kStrict;
  options.encoding = encoding;
  options.placeholder_buffers = true;
  return options;
}

void ExpectSameAsLoading(std::string_view pickle, std::string_view name) {
  Document document;
  for (const StringEncoding encoding :
       {StringEncoding::kAscii, StringEncoding::kBytes}) {
    const ReadOptions options = StrictOptions(encoding);
    const std::string loaded = Show(document.LoadBorrowed(pickle, options));
    // What is built takes memory and has a depth, here nothing is built.
    if (loaded.starts_with("L_DEPTH") || loaded.starts_with("L_MEMORY")) {
      continue;
    }
    EXPECT_EQ(Show(Verify(pickle, options)), loaded) << name;
  }
}

void ExpectSameAsLoading(const std::vector<CorpusFile>& files) {
  ASSERT_GT(files.size(), 1000u);
  for (const CorpusFile& file : files) {
    ExpectSameAsLoading(file.bytes, file.name);
  }
}

TEST(Verify, SaysOfTheCorporaWhatLoadingSays) {
  ExpectSameAsLoading(GoldenFiles(4096));
  ExpectSameAsLoading(HostileFiles(4096));
}

TEST(Verify, SaysOfOneOpcodeOnTwoObjectsWhatLoadingSays) {
  const std::vector<std::string> objects = {
      "N",       "K\1",       "\x88",      "G\0\0\0\0\0\0\0\0"s,
      "\x8c\1a", "\x8c\0"s,   "\x8c\1\0"s, "C\1b",
      "U\1c",    "U\1\xff",   ")",         "N\x85",
      "]\x85",   "]\x85\x85", "]",         "}",
      "\x8f",    "(\x91",     "cm\nn\n",   "cm\nn\n)R",
      "\x82\1",  "NQ",        "\x97",      "\x96\1\0\0\0\0\0\0\0z"s,
      "("};
  const std::vector<std::string> opcodes = {
      ".",        "0.",    "2.",    "\x85.", "\x86.",  "\x87.",  "t.", "l.",
      "d.",       "\x91.", "a.",    "s.",    "Ns.",    "e.",     "u.", "Nu.",
      "\x90.",    "R.",    "\x81.", "\x92.", "N\x92.", "}\x92.", "b.", "o.",
      "im\nn\n.", "Q.",    "\x93.", "\x98.", "1."};
  for (const std::string& first : objects) {
    for (const std::string& second : objects) {
      for (const std::string& opcode : opcodes) {
        const std::string pickle = first + second + opcode;
        ExpectSameAsLoading(pickle, pickle);
        ExpectSameAsLoading("(" + pickle, "MARK " + pickle);
        ExpectSameAsLoading(first + "(" + second + opcode,
                            first + " MARK " + second + opcode);
      }
    }
  }
}

TEST(Verify, LooksAtKeysAndAtNothingElse) {
  for (const char* pickle : {"(N]N]d.", "(NN]Nd.", "(N]NN]Nd.", "(NN]0d.",
                             "}(N]N]u.", "}(NN]Nu.", "}(NN]0u.", "}NN]0s.",
                             "\x8f(NN]\x90.", "\x8f(NN]0\x90.", "(NN]0\x91."}) {
    ExpectSameAsLoading(pickle, pickle);
  }
}

TEST(Verify, SaysHowMuchItConsumed) {
  ReadOptions options;
  options.allow_trailing = true;
  uint64_t consumed = 0;
  EXPECT_TRUE(Verify("N.N", options, &consumed).ok());
  EXPECT_EQ(consumed, 2u);
  options.allow_trailing = false;
  EXPECT_EQ(Show(Verify("N.N", options)), "E_TRAILING@1");
}

TEST(Verify, MemoryIsThatOfStackMarksAndMemo) {
  ReadOptions options;
  // 2048 bytes of stack, 512 of marks and 512 of memo.
  options.limits.max_memory = 2800;
  EXPECT_EQ(Show(Verify("(1N.", options)), "ok");
  EXPECT_EQ(Show(Verify("N\x94.", options)), "ok");
  EXPECT_EQ(Show(Verify("(1N\x94.", options)), "L_MEMORY@3");
  options.limits.max_memory = 10'000;
  EXPECT_EQ(Show(Verify("N.", options)), "ok");
  for (const char* opcode : {"N", "(", "N\x94"}) {
    std::string pickle;
    for (int i = 0; i < 10'000; ++i) pickle += opcode;
    EXPECT_EQ(Show(Verify(pickle + ".", options)).substr(0, 8), "L_MEMORY")
        << opcode;
  }
}

}  // namespace
}  // namespace pickle5

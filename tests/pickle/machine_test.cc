#include "pickle/machine/machine.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "pickle/inspect/check_builder.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/value/document.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

// Loads and says how it went: "ok" or "E_CODE@offset".
std::string Outcome(std::string_view pickle, const ReadOptions& options) {
  Document document;
  const absl::Status status = document.LoadBorrowed(pickle, options);
  if (status.ok()) return "ok";
  const auto error = GetDecodeError(status);
  if (!error.has_value()) return std::string(status.message());
  return std::string(ErrorCodeName(error->code)) + "@" +
         std::to_string(error->offset);
}
std::string Strict(std::string_view pickle) {
  ReadOptions options;
  options.mode = Mode::kStrict;
  return Outcome(pickle, options);
}
std::string Compat(std::string_view pickle) { return Outcome(pickle, {}); }

std::string Frame(std::string_view body) {
  std::string frame = "\x95"s;
  for (int i = 0; i < 8; ++i) {
    frame += static_cast<char>(body.size() >> (8 * i) & 0xff);
  }
  return frame + std::string(body);
}

TEST(Machine, BinGetOfUnsetIndexNamesTheOffset) {
  EXPECT_EQ(Compat("](h\x01"
                   "e."),
            "E_MEMO_MISSING@2");
}

TEST(Machine, MarkWhereAValueIsNeeded) {
  EXPECT_EQ(Compat("N(R."), "E_UNEXPECTED_MARK@2");
  EXPECT_EQ(Compat("R."), "E_STACK_UNDERFLOW@0");
  EXPECT_EQ(Compat("Nt."), "E_NO_MARK@1");
}

TEST(Machine, AppendsNeedsATargetBelowItsMark) {
  EXPECT_EQ(Compat("(Ne."), "E_STACK_UNDERFLOW@2");
  EXPECT_EQ(Compat("((Ne."), "E_UNEXPECTED_MARK@3");
  EXPECT_EQ(Compat("NN((Ne."), "E_UNEXPECTED_MARK@5");
  EXPECT_EQ(Compat("N((NNu."), "E_UNEXPECTED_MARK@5");
}

TEST(Machine, LeftoversAreRefusedInStrictModeOnly) {
  EXPECT_EQ(Compat("NN."), "ok");
  EXPECT_EQ(Strict("NN."), "E_STACK_LEFTOVER@2");
  EXPECT_EQ(Compat("(N."), "ok");
  EXPECT_EQ(Strict("(N."), "E_OPEN_MARK@2");
  EXPECT_EQ(Compat("N.N"), "ok");
  EXPECT_EQ(Strict("N.N"), "E_TRAILING@1");
}

TEST(Machine, ProtoStandsFirstInStrictMode) {
  EXPECT_EQ(Strict("\x80\x05N."), "ok");
  EXPECT_EQ(Strict("N\x80\x05."), "E_PROTO_POS@1");
  EXPECT_EQ(Compat("N\x80\x05."), "ok");
  EXPECT_EQ(Compat("\x80\x06N."), "E_PROTO@0");
}

TEST(Machine, FramesMustBeThereAsAWhole) {
  EXPECT_EQ(Strict(Frame("N.")), "ok");
  EXPECT_EQ(Strict("\x95\x03\0\0\0\0\0\0\0N."s), "E_FRAME@0");
  EXPECT_EQ(Compat("\x95\x03\0\0\0\0\0\0\0N."s), "E_FRAME@0");
}

TEST(Machine, FramesDoNotNest) {
  for (const auto& verdict : {Strict, Compat}) {
    EXPECT_EQ(verdict(Frame(Frame("N") + ".")), "E_FRAME@9");
    EXPECT_EQ(verdict(Frame("N" + Frame("") + ".")), "E_FRAME@10");
    EXPECT_EQ(verdict(Frame("N") + Frame(".")), "ok");
    EXPECT_EQ(verdict(Frame("") + Frame("") + "N."), "ok");
  }
  EXPECT_EQ(Strict(Frame("N.N")), "E_FRAME@10");
  EXPECT_EQ(Compat(Frame("N.N")), "ok");
}

TEST(Machine, ArgumentsDoNotGoOverTheEndOfAFrame) {
  const std::string cases[] = {
      Frame("J\1\2"s) + "\3\4."s,
      Frame("C\3a"s) + "bc."s,
      Frame("B\3\0"s) + "\0\0abc."s,
      Frame("B\3\0\0\0a"s) + "bc."s,
      Frame("X\3\0\0\0ab"s) + "c."s,
      Frame("\x96\3"s) + "\0\0\0\0\0\0\0abc."s,
      Frame("\x8a\2\1"s) + "\0."s,
      Frame("\x8b\2\0\0\0\1"s) + "\0."s,
      Frame("T\2\0\0\0a"s) + "b."s,
      Frame("I1") + "2\n.",
      Frame("I12") + "\n.",
      Frame("cm\nn") + "\n.",
      Frame("cm") + "\nn\n.",
      Frame("\x95"s + "\0\0"s) + "\0\0\0\0\0\0N."s,
  };
  for (const std::string& pickle : cases) {
    EXPECT_EQ(Strict(pickle), "E_FRAME@9") << pickle;
    EXPECT_EQ(Compat(pickle), "E_FRAME@9") << pickle;
  }
}

// CPython reads an argument, its payload and a line each by itself.
TEST(Machine, PartsOfAnOpcodeMayBeginBehindAFrameInCompatMode) {
  const std::string cases[] = {
      Frame("J") + "\1\2\3\4."s,
      Frame("C") + "\3abc."s,
      Frame("C\3"s) + "abc."s,
      Frame("B\3\0\0\0"s) + "abc."s,
      Frame("\x96\3\0\0\0\0\0\0\0"s) + "abc."s,
      Frame("\x8a\2"s) + "\1\0."s,
      Frame("\x8b\2\0\0\0"s) + "\1\0."s,
      Frame("T\2\0\0\0"s) + "ab."s,
      Frame("I") + "12\n.",
      Frame("cm\n") + "n\n.",
      Frame("\x95"s) + "\2\0\0\0\0\0\0\0N."s,
      Frame(Frame("N.").substr(0, 9)) + "N.",
  };
  for (const std::string& pickle : cases) {
    EXPECT_EQ(Strict(pickle), "E_FRAME@9") << pickle;
    EXPECT_EQ(Compat(pickle), "ok") << pickle;
  }
}

TEST(Machine, TruncatedOpcodesNameTheirOwnOffset) {
  EXPECT_EQ(Compat(""), "E_TRUNCATED@0");
  EXPECT_EQ(Compat("N"), "E_TRUNCATED@1");
  EXPECT_EQ(Compat("NJ\1\2\3"), "E_TRUNCATED@1");
  EXPECT_EQ(Compat("X\x05\0\0\0abcd"s), "E_TRUNCATED@0");
  EXPECT_EQ(Compat("I12"), "E_TRUNCATED@0");
}

TEST(Machine, LyingLengthsTakeNoMemory) {
  EXPECT_EQ(Compat("\x8e\xff\xff\xff\xff\xff\xff\xff\xff."), "E_TRUNCATED@0");
  EXPECT_EQ(Compat("\x8b\xff\xff\xff\xff."), "E_NEG_LEN@0");
  EXPECT_EQ(Compat("T\xff\xff\xff\xff."), "E_NEG_LEN@0");
}

TEST(Machine, MemoizeCountsEntriesNotIndices) {
  // An entry at 100, then MEMOIZE stores under 1.
  EXPECT_EQ(Compat("]q\x64]\x94h\x01\x86."), "ok");
  EXPECT_EQ(Compat("]q\x64]\x94h\x65\x86."), "E_MEMO_MISSING@5");
}

TEST(Machine, FarMemoIndicesCostNoMemory) {
  ReadOptions options;
  options.limits.max_memory = 1 << 20;
  EXPECT_EQ(Outcome("]r\xff\xff\xff\xff]r\xfe\xff\xff\xff"
                    "j\xff\xff\xff\xff\x86.",
                    options),
            "ok");
}

TEST(Machine, CompatFillsWhatPythonFills) {
  // list[0] = None; list[-2] is out of range; bytearray += [65].
  EXPECT_EQ(Compat("]NaK\0Ns."s), "ok");
  EXPECT_EQ(Compat("]NaJ\xfe\xff\xff\xffNs."s), "E_INDEX@9");
  EXPECT_EQ(Strict("]NaK\0Ns."s), "E_TYPE@6");
  const std::string bytearray = "\x96\1\0\0\0\0\0\0\0A"s;
  EXPECT_EQ(Compat(bytearray + "KBa."), "ok");
  EXPECT_EQ(Compat(bytearray + "M\1\1a."), "E_BYTE_RANGE@13");
  EXPECT_EQ(Compat("N(e."), "ok");
  EXPECT_EQ(Strict("N(e."), "E_TYPE@2");
}

TEST(Machine, WhatStandsAboveTheStackIsNoOperand) {
  // A list was popped from where the value's place would be.
  EXPECT_EQ(Strict("K\1K\1]0s."), "E_STACK_UNDERFLOW@6");
  EXPECT_EQ(Strict("]K\1]0s."), "E_UNHASHABLE@5");
}

TEST(Machine, CompatTakesStateThatSetsNothing) {
  EXPECT_EQ(Compat("NNb."), "ok");
  EXPECT_EQ(Strict("NNb."), "E_TYPE@2");
  EXPECT_EQ(Compat("NN}\x86"
                   "b."),
            "ok");
  EXPECT_EQ(Strict("NN}\x86"
                   "b."),
            "E_TYPE@4");
  EXPECT_EQ(Compat("NN}NNs\x86"
                   "b."),
            "E_TYPE@7");
  EXPECT_EQ(Compat("NK\1}\x86"
                   "b."),
            "E_TYPE@5");
  EXPECT_EQ(Compat("NN]\x86"
                   "b."),
            "E_TYPE@4");
  EXPECT_EQ(Compat("NK\1b."), "E_TYPE@3");
  EXPECT_EQ(Compat("NN\x85"
                   "b."),
            "E_TYPE@3");
  EXPECT_EQ(Compat("N](N}eb."), "E_TYPE@6");
}

TEST(Machine, KeysMustBeHashable) {
  EXPECT_EQ(Compat("}]Ns."), "E_UNHASHABLE@3");
  EXPECT_EQ(Compat("}N\x85Ns."), "ok");
  EXPECT_EQ(Compat("}]\x85\x85Ns."), "E_UNHASHABLE@5");
  EXPECT_EQ(Compat("(]\x91."), "E_UNHASHABLE@2");
}

TEST(Machine, BytesOfByteArraysAreOfOneByte) {
  const std::string bytearray = "\x96\1\0\0\0\0\0\0\0A"s;
  EXPECT_EQ(Compat(bytearray + "K\0a."s), "ok");
  EXPECT_EQ(Compat(bytearray + "K\xff"
                               "a."),
            "ok");
  EXPECT_EQ(Compat(bytearray + "J\xff\xff\xff\xff"
                               "a."),
            "E_BYTE_RANGE@15");
  EXPECT_EQ(Compat(bytearray + "K\0K\0s."s), "ok");
  EXPECT_EQ(Compat(bytearray + "K\0K\xffs."s), "ok");
  EXPECT_EQ(Compat(bytearray + "K\0M\0\1s."s), "E_BYTE_RANGE@15");
  EXPECT_EQ(Compat(bytearray + "K\0J\xff\xff\xff\xffs."s), "E_BYTE_RANGE@17");
  EXPECT_EQ(Compat(bytearray + "K\1K\0s."s), "E_INDEX@14");
  const std::string one = "G\x3f\xf0\0\0\0\0\0\0"s;
  EXPECT_EQ(Compat(bytearray + one + "a."), "E_BYTE_RANGE@19");
  EXPECT_EQ(Compat(bytearray + "K\0"s + one + "s."), "E_BYTE_RANGE@21");
  EXPECT_EQ(Compat(bytearray + "J\xff\xff\xff\xffK\0s."s), "ok");
  EXPECT_EQ(Compat(bytearray + "J\xfe\xff\xff\xffK\0s."s), "E_INDEX@17");
}

// One machine for pickle after pickle, in strict mode.
class MachineTest : public testing::Test {
 protected:
  void Start() { machine_.Start(Options()); }
  void StartNext() { machine_.StartNext(Options()); }
  internal::Flow Run(std::string_view pickle) {
    const auto* begin = reinterpret_cast<const uint8_t*>(pickle.data());
    machine_.SetInput(begin, begin + pickle.size(), /*streaming=*/false);
    return machine_.Run();
  }
  static ReadOptions Options() {
    ReadOptions options;
    options.mode = Mode::kStrict;
    return options;
  }

  internal::CheckBuilder builder_{StringEncoding::kAscii, Limits::kUnlimited};
  internal::Machine<internal::CheckBuilder> machine_{&builder_};
};

TEST_F(MachineTest, StartsAnewWhateverWasBefore) {
  Start();
  EXPECT_EQ(Run("\x80\x04N\x94(NN\xff"), internal::Flow::kError);
  EXPECT_EQ(machine_.protocol(), 4);
  EXPECT_EQ(machine_.offset(), 7u);
  Start();
  EXPECT_EQ(machine_.protocol(), 0);
  EXPECT_EQ(machine_.offset(), 0u);
  EXPECT_EQ(Run("N."), internal::Flow::kStop);
  EXPECT_EQ(machine_.offset(), 2u);
  Start();
  EXPECT_EQ(Run("h\0."s), internal::Flow::kError);
  EXPECT_EQ(machine_.last_fault().code, ErrorCode::kMemoMissing);
  // A frame of which the rest never came.
  Start();
  EXPECT_EQ(Run(Frame("N0N0")), internal::Flow::kNeedMore);
  Start();
  EXPECT_EQ(Run("N."), internal::Flow::kStop);
}

TEST_F(MachineTest, NextPickleMayHaveTheMemoOfTheOneBefore) {
  Start();
  EXPECT_EQ(Run("\x80\x04N\x94."), internal::Flow::kStop);
  StartNext();
  EXPECT_EQ(machine_.protocol(), 0);
  EXPECT_EQ(Run("h\0."s), internal::Flow::kStop);
  StartNext();
  EXPECT_EQ(Run("(NN\xff"), internal::Flow::kError);
  StartNext();
  EXPECT_EQ(Run("h\0."s), internal::Flow::kStop);
}

TEST(Machine, EmptyLongIsZero) {
  Document document;
  ASSERT_TRUE(document.LoadBorrowed("\x8b\0\0\0\0."s, {}).ok());
  EXPECT_EQ(document.root().AsInt64(), 0);
  ASSERT_TRUE(document.LoadBorrowed("\x8a\0."s, {}).ok());
  EXPECT_EQ(document.root().AsInt64(), 0);
  ASSERT_TRUE(document.LoadBorrowed("\x8b\1\0\0\0\x80."s, {}).ok());
  EXPECT_EQ(document.root().AsInt64(), -128);
}

// N, and LONG_BINPUT of the indices.
std::string Puts(const std::vector<uint64_t>& indices) {
  std::string pickle = "N";
  for (const uint64_t index : indices) {
    pickle += 'r';
    for (int i = 0; i < 4; ++i) {
      pickle += static_cast<char>(index >> (8 * i) & 0xff);
    }
  }
  return pickle;
}

TEST(Machine, MemoWithGapsTakesMemoryForItsEntries) {
  // Each gap is as wide as would be allowed were there no others.
  std::vector<uint64_t> indices;
  for (uint64_t i = 0; i < 20'000; ++i) {
    indices.push_back(1024 * i + i * (i - 1) / 2);
  }
  const std::string pickle = Puts(indices) + ".";
  ReadOptions options;
  options.limits.max_memory = 256 * pickle.size();
  EXPECT_EQ(Outcome(pickle, options), "ok");
}

TEST(Machine, MemoEntryFarAheadIsOneEntryWhenItIsSetAgain) {
  std::vector<uint64_t> indices = {3000};
  for (uint64_t i = 0; i < 3000; ++i) indices.push_back(i);
  indices.push_back(3001);
  indices.push_back(3000);
  // 3002 entries, so that MEMOIZE sets 3002.
  const std::string pickle = Puts(indices) + "\x94j";
  EXPECT_EQ(Strict(pickle + "\xba\x0b\0\0\x86."s), "ok");
  EXPECT_EQ(Strict(pickle + "\xbb\x0b\0\0\x86."s), "E_MEMO_MISSING@15017");
}

TEST(Machine, MemoryLimitIsAnErrorAndNotACrash) {
  ReadOptions options;
  options.limits.max_memory = 256 << 10;
  std::string pickle;
  for (int i = 0; i < 100'000; ++i) pickle += ']';
  EXPECT_EQ(Outcome(pickle + ".", options).substr(0, 8), "L_MEMORY");
}

TEST(Machine, ContainersGrowGeometrically) {
  // Two lists in turn, so that none can grow in place.
  std::string pickle = "]]";
  for (int i = 0; i < 4000; ++i) pickle += "h\0Nah\1Na00"s;
  pickle = "]q\0]q\1"s + pickle.substr(2);
  ReadOptions options;
  options.limits.max_memory = 1 << 20;
  EXPECT_EQ(Outcome(pickle + ".", options), "ok");
}

TEST(Machine, PayloadLimitIsOfEveryOpcodeWithALength) {
  const std::string opcodes[] = {
      "X\5\0\0\0"s, "\x8c\5",       "\x8d\5\0\0\0\0\0\0\0"s,
      "B\5\0\0\0"s, "C\5",          "\x8e\5\0\0\0\0\0\0\0"s,
      "T\5\0\0\0"s, "U\5",          "\x96\5\0\0\0\0\0\0\0"s,
      "\x8a\5",     "\x8b\5\0\0\0"s};
  for (const std::string& opcode : opcodes) {
    // Short and long input take different ways.
    for (const std::string& tail : {"."s, "." + std::string(20, 'N')}) {
      ReadOptions options;
      options.allow_trailing = true;
      options.limits.max_payload = 5;
      EXPECT_EQ(Outcome(opcode + "abcde" + tail, options), "ok") << opcode;
      options.limits.max_payload = 4;
      EXPECT_EQ(Outcome(opcode + "abcde" + tail, options), "L_PAYLOAD@0")
          << opcode;
      EXPECT_EQ(Outcome(opcode + "ab", options), "L_PAYLOAD@0") << opcode;
      options.limits.max_payload = 5;
      EXPECT_EQ(Outcome(opcode + "abcd", options), "E_TRUNCATED@0") << opcode;
    }
  }
}

TEST(Machine, StrictKeysOfObjectsAreHashable) {
  const std::string object = "cm\nn\n)R";
  EXPECT_EQ(Strict(object + "N]s."), "ok");
  EXPECT_EQ(Strict(object + "(N]NNu."), "ok");
  EXPECT_EQ(Strict(object + "(NN]Nu."), "E_UNHASHABLE@12");
  EXPECT_EQ(Compat(object + "(NN]Nu."), "ok");
  EXPECT_EQ(Strict(object + "]Ns."), "E_UNHASHABLE@9");
  // What was popped is no key.
  EXPECT_EQ(Strict(object + "NN]0s."), "ok");
}

TEST(Machine, CountingOpcodesTakesNoMemory) {
  std::string pickle;
  for (int i = 0; i < 10'000; ++i) pickle += "N0";
  ReadOptions options;
  options.limits.max_opcodes = 30'000;
  options.limits.max_memory = 100'000;
  EXPECT_EQ(Outcome(pickle + "N.", options), "ok");
}

TEST(Machine, OddItemsAreNoPairs) {
  EXPECT_EQ(Compat("}(NNu."), "ok");
  EXPECT_EQ(Compat("}(NNNNu."), "ok");
  EXPECT_EQ(Compat("}(NNNNNNu."), "ok");
  EXPECT_EQ(Compat("}(Nu."), "E_ODD_ITEMS@3");
  EXPECT_EQ(Compat("}(NNNu."), "E_ODD_ITEMS@5");
  EXPECT_EQ(Compat("(NNNd."), "E_ODD_ITEMS@4");
  // The keys are looked at before what they are set in.
  EXPECT_EQ(Compat("(]Nu."), "E_UNHASHABLE@3");
  EXPECT_EQ(Compat("(NNN]u."), "E_STACK_UNDERFLOW@5");
  EXPECT_EQ(Compat("(NN]Nu."), "E_UNHASHABLE@5");
  EXPECT_EQ(Compat("(N]u."), "E_STACK_UNDERFLOW@3");
}

TEST(Machine, DigitLimitIsPythons) {
  const std::string digits(4300, '7');
  EXPECT_EQ(Compat("L" + digits + "L\n."), "ok");
  EXPECT_EQ(Compat("L" + digits + "7L\n."), "L_DIGITS@0");
}

TEST(Machine, RefusesWhatNoCallCanTake) {
  EXPECT_EQ(Compat("N)R."), "E_NOT_CALLABLE@2");
  EXPECT_EQ(Compat("ca\nb\n]R."), "E_TYPE@6");
  EXPECT_EQ(Compat("ca\nb\n)]\x92."), "E_TYPE@7");
  EXPECT_EQ(Compat("ca\nb\n)}\x92."), "ok");
  EXPECT_EQ(Compat("c\nb\n."), "E_BAD_NAME@0");
  EXPECT_EQ(Compat("NNN\x93."), "E_TYPE@3");
  EXPECT_EQ(Compat("\x82\0."s), "E_EXT_CODE@0");
  EXPECT_EQ(Compat("\x97."), "E_NO_BUFFER@0");
}

}  // namespace
}  // namespace pickle5

#include "pickle/inspect/scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "pickle/protocol/decode_error.h"

namespace pickle5 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using std::string_view_literals::operator""sv;

ScanReport ScanOf(std::string_view bytes) {
  static const GlobalPolicy* const policy = new GlobalPolicy();
  return Scan(bytes, *policy);
}

std::vector<std::string> NamesOf(const ScanReport& report) {
  std::vector<std::string> names;
  for (const auto& name : report.names) {
    names.push_back(name.name + " " + std::string(VerdictName(name.verdict)));
  }
  return names;
}

TEST(ScanTest, DataIsSafe) {
  const ScanReport report = ScanOf("\x80\x05](K\x01\x8c\x01xe."sv);
  EXPECT_EQ(report.verdict, Verdict::kSafe);
  EXPECT_THAT(report.names, IsEmpty());
  EXPECT_EQ(report.pickles, 1u);
  EXPECT_EQ(report.bytes, 11u);
}

TEST(ScanTest, ReferencesAndCallsHaveOffsets) {
  const ScanReport report =
      ScanOf("ccollections\nOrderedDict\n)Rcos\nsystem\n\x8c\x01x\x85R\x86."sv);
  EXPECT_EQ(report.verdict, Verdict::kDangerous);
  EXPECT_THAT(NamesOf(report), ElementsAre("collections.OrderedDict safe",
                                           "os.system dangerous"));
  ASSERT_EQ(report.sites.size(), 4u);
  EXPECT_EQ(report.sites[0].offset, 0u);
  EXPECT_EQ(report.sites[0].opcode, Opcode::GLOBAL);
  EXPECT_EQ(report.sites[1].offset, 26u);
  EXPECT_EQ(report.sites[1].opcode, Opcode::REDUCE);
  EXPECT_EQ(report.sites[2].offset, 27u);
  EXPECT_EQ(report.sites[3].name, 1u);
}

TEST(ScanTest, PythonTwoNamesAreTheSame) {
  EXPECT_EQ(ScanOf("c__builtin__\nset\n]\x85R."sv).verdict, Verdict::kSafe);
  EXPECT_EQ(ScanOf("c__builtin__\neval\n."sv).verdict, Verdict::kDangerous);
  EXPECT_EQ(ScanOf("\x80\x04"
                   "ccommands\ngetoutput\n."sv)
                .verdict,
            Verdict::kDangerous);
}

TEST(ScanTest, DottedNamesAreExact) {
  EXPECT_EQ(ScanOf("\x80\x04\x8c\x0b"
                   "collections\x8c\x07"
                   "abc.sys\x93."sv)
                .verdict,
            Verdict::kDangerous);
}

TEST(ScanTest, NamesThatLeadToAnotherModuleAreDangerous) {
  const auto verdict = [](std::string_view qualname) {
    std::string pickle = "Vshop\nV";
    pickle += qualname;
    pickle += "\n\x93.";
    return ScanOf(pickle).verdict;
  };
  EXPECT_EQ(verdict("os"), Verdict::kDangerous);
  EXPECT_EQ(verdict("os.system"), Verdict::kDangerous);
  EXPECT_EQ(verdict("cart._os.system"), Verdict::kDangerous);
  EXPECT_EQ(verdict("Item.__init__.__globals__"), Verdict::kDangerous);
  EXPECT_EQ(verdict("__builtins__"), Verdict::kDangerous);
  EXPECT_EQ(verdict("Item.position"), Verdict::kUnknown);
}

TEST(ScanTest, LineEndsOfTextFilesHideNoName) {
  EXPECT_EQ(ScanOf("cos\r\nsystem\r\n(Vtrue\r\ntR."sv).verdict,
            Verdict::kDangerous);
  EXPECT_EQ(ScanOf("cshop\r\nItem\r\n."sv).verdict, Verdict::kUnknown);
}

TEST(ScanTest, NothingHidesBehindTheMemo) {
  EXPECT_EQ(ScanOf("\x80\x04\x8c\x0b"
                   "collectionsq\x00"
                   "0\x8c\x02osq\x00"
                   "0h\x00\x8c\x06system\x93."sv)
                .verdict,
            Verdict::kDangerous);
}

TEST(ScanTest, ALaterPickleCounts) {
  const ScanReport report = ScanOf("N.N.cos\nsystem\n."sv);
  EXPECT_EQ(report.verdict, Verdict::kDangerous);
  EXPECT_EQ(report.pickles, 3u);
  ASSERT_EQ(report.sites.size(), 1u);
  EXPECT_EQ(report.sites[0].offset, 4u);
}

TEST(ScanTest, MalformedWithAGlobalIsDangerous) {
  const ScanReport bare = ScanOf(
      "K\x01"
      "a."sv);
  EXPECT_EQ(bare.verdict, Verdict::kMalformed);
  EXPECT_EQ(GetDecodeError(bare.status)->offset, 2u);
  const ScanReport named = ScanOf("cdecimal\nDecimal\nX"sv);
  EXPECT_EQ(named.verdict, Verdict::kDangerous);
  EXPECT_THAT(NamesOf(named), ElementsAre("decimal.Decimal safe"));
}

TEST(ScanTest, UnknownIsNeitherSafeNorDangerous) {
  const std::string_view pickle = "cshop.cart\nItem\n)R."sv;
  EXPECT_EQ(ScanOf(pickle).verdict, Verdict::kUnknown);
  GlobalPolicy policy;
  policy.Allow("shop.cart.Item");
  EXPECT_EQ(Scan(pickle, policy).verdict, Verdict::kSafe);
}

TEST(ScanTest, TheResultOfACallIsNotCalledSafely) {
  EXPECT_EQ(ScanOf("cdecimal\nDecimal\n)R)R."sv).verdict, Verdict::kUnknown);
}

TEST(ScanTest, WhatIsCalledIsToldByWhatMadeIt) {
  EXPECT_THAT(NamesOf(ScanOf("cdecimal\nDecimal\n)Rp0\n)R0g0\n)R)R."sv)),
              ElementsAre("decimal.Decimal safe",
                          "the result of decimal.Decimal unknown",
                          "the result of a call unknown"));
}

TEST(ScanTest, GetattrIsJudgedByItsArguments) {
  const auto verdict = [](std::string_view attribute) {
    std::string pickle = "cbuiltins\ngetattr\n(cdecimal\nDecimal\nV";
    pickle += attribute;
    pickle += "\ntR.";
    return ScanOf(pickle).verdict;
  };
  EXPECT_EQ(verdict("__new__"), Verdict::kSafe);
  EXPECT_EQ(verdict("from_float"), Verdict::kUnknown);
  EXPECT_EQ(verdict("__init__"), Verdict::kDangerous);
  const auto called_with = [](std::string_view arguments) {
    std::string pickle = "cbuiltins\ngetattr\n(";
    pickle += arguments;
    pickle += "tR.";
    return ScanOf(pickle).verdict;
  };
  const std::string_view decimal = "cdecimal\nDecimal\n)R";
  EXPECT_EQ(called_with(std::string(decimal) + "Vsqrt\n"), Verdict::kUnknown);
  EXPECT_EQ(called_with(std::string(decimal) + "V__new__\n"),
            Verdict::kDangerous);
  EXPECT_EQ(called_with("cdecimal\nDecimal\nN"), Verdict::kDangerous);
  EXPECT_EQ(called_with("cdecimal\nDecimal\nVx\nN"), Verdict::kDangerous);
  EXPECT_EQ(called_with("cbuiltins\ngetattr\nVx\n"), Verdict::kDangerous);
  // One of another module is a name as others are.
  EXPECT_EQ(ScanOf("cshop\ngetattr\n."sv).verdict, Verdict::kUnknown);
  // Not called, or handed on beside a harmless call.
  EXPECT_EQ(ScanOf("cbuiltins\ngetattr\n."sv).verdict, Verdict::kDangerous);
  EXPECT_EQ(
      ScanOf("cbuiltins\ngetattr\np0\n(cdecimal\nDecimal\nV__new__\ntRg0\n"
             "\x86."sv)
          .verdict,
      Verdict::kDangerous);
}

TEST(ScanTest, AClassThatIsChangedIsDangerous) {
  EXPECT_EQ(ScanOf("cdecimal\nDecimal\n}b."sv).verdict, Verdict::kDangerous);
  EXPECT_EQ(ScanOf("cdecimal\nDecimal\n)R}b."sv).verdict, Verdict::kSafe);
}

TEST(ScanTest, ExtensionCodesAreUnknown) {
  EXPECT_EQ(ScanOf("\x80\x02\x82\x07."sv).verdict, Verdict::kUnknown);
}

TEST(ScanTest, InstAndObjAreCalls) {
  EXPECT_EQ(ScanOf("(S'x'\nios\nsystem\n."sv).verdict, Verdict::kDangerous);
  const ScanReport obj = ScanOf("(cdecimal\nDecimal\no."sv);
  EXPECT_EQ(obj.verdict, Verdict::kSafe);
  ASSERT_EQ(obj.sites.size(), 2u);
  EXPECT_EQ(obj.sites[1].opcode, Opcode::OBJ);
}

TEST(ScanTest, ALimitLeavesItUnscanned) {
  const GlobalPolicy policy;
  Limits limits;
  limits.max_opcodes = 3;
  EXPECT_EQ(Scan("(((((t."sv, policy, limits).verdict, Verdict::kUnscanned);
  EXPECT_EQ(Scan("cos\nsystem\n0000."sv, policy, limits).verdict,
            Verdict::kDangerous);
}

TEST(ScanTest, LongNamesUsedAgainAreFree) {
  std::string pickle = "X";
  const uint32_t size = 1 << 20;
  pickle.append(reinterpret_cast<const char*>(&size), sizeof size);
  pickle.append(size, 'm');
  pickle += "\x94V";
  pickle += "name\n\x94(";
  for (int i = 0; i < 200'000; ++i) pickle += "h\x01h\x01\x93"sv;
  for (int i = 0; i < 200'000; ++i)
    pickle += std::string_view("h\0h\x01\x93)R", 7);
  pickle += "l.";
  const ScanReport report = ScanOf(pickle);
  EXPECT_EQ(report.verdict, Verdict::kUnknown);
  EXPECT_EQ(report.names.size(), 2u);
  EXPECT_EQ(report.sites.size(), 600'000u);
}

TEST(ScanTest, JoblibArraysAreUnscanned) {
  const ScanReport report = ScanOf(
      "\x80\x04\x8c\x13joblib.numpy_pickle\x8c\x11NumpyArrayWrapper\x93)\x81}b"
      "\xff\xff\xff\xff."sv);
  EXPECT_EQ(report.verdict, Verdict::kUnscanned);
  EXPECT_THAT(std::string(report.status.message()), HasSubstr("joblib"));
}

TEST(GlobalPolicyTest, AllowList) {
  GlobalPolicy policy;
  EXPECT_TRUE(
      policy.AllowList("# ours\n\n shop.Item  # the thing\nshop.a.B").ok());
  EXPECT_EQ(policy.Judge("shop", "Item"), GlobalStanding::kAllowed);
  EXPECT_EQ(policy.Judge("shop.a", "B"), GlobalStanding::kAllowed);
  EXPECT_EQ(policy.Judge("shop.a", "C"), GlobalStanding::kUnknown);
  for (const std::string_view bad :
       {"x\n", "a.b c\n", ".a\n", "a.\n", "a..b"}) {
    EXPECT_EQ(policy.AllowList(bad).code(), absl::StatusCode::kInvalidArgument)
        << bad;
  }
}

TEST(GlobalPolicyTest, ShippedSets) {
  const GlobalPolicy policy;
  const auto judge = [&policy](std::string_view module, std::string_view name) {
    return policy.Judge(module, name);
  };
  for (const auto& [module, name] :
       {std::pair("datetime", "datetime"), std::pair("numpy", "dtype"),
        std::pair("numpy.core.multiarray", "_reconstruct"),
        std::pair("pandas", "DataFrame"),
        std::pair("sklearn.ensemble._forest", "RandomForestClassifier"),
        std::pair("torch._utils", "_rebuild_tensor_v2")}) {
    EXPECT_EQ(judge(module, name), GlobalStanding::kAllowed) << name;
  }
  for (const auto& [module, name] :
       {std::pair("os", "system"), std::pair("posix", "system"),
        std::pair("runpy", "run_path"), std::pair("numpy", "load"),
        std::pair("numpy.testing._private.utils", "runstring"),
        std::pair("torch", "load"), std::pair("pip", "main"),
        std::pair("asyncio.unix_events", "_UnixSubprocessTransport")}) {
    EXPECT_EQ(judge(module, name), GlobalStanding::kDangerous) << name;
  }
}

}  // namespace
}  // namespace pickle5

#include "pickle/value/lowering.h"

#include <string>
#include <string_view>
#include <vector>

#include "buffers/bytes/memory_byte_writer.h"
#include "gtest/gtest.h"
#include "pickle/value/document.h"
#include "pickle/value/value_writer.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

// Without PROTO and STOP. The pickles below are CPython 3.13's.
std::string Written(Value root, int protocol, bool fix_imports = true) {
  MemoryByteWriter writer;
  const absl::Status status =
      Dump(root, writer, {.protocol = protocol, .fix_imports = fix_imports});
  EXPECT_TRUE(status.ok()) << status;
  std::string pickle(writer.written());
  pickle.pop_back();
  return protocol >= 2 ? pickle.substr(2) : pickle;
}

class LoweringTest : public testing::Test {
 protected:
  Value Tuple(const std::vector<Value>& items) {
    return document_.MakeTuple(items);
  }
  Value Class() { return document_.MakeGlobal("m", "C"); }

  Document document_;
};

TEST_F(LoweringTest, BytesAreEncodedTextBeforeProtocol3) {
  EXPECT_EQ(Written(document_.MakeBytes("a\xff"), 1),
            "c_codecs\nencode\nq\0(X\3\0\0\0a\xc3\xbfq\1"
            "X\6\0\0\0latin1q\2tq\3Rq\4"s);
  EXPECT_EQ(Written(document_.MakeBytes(""), 2),
            "c__builtin__\nbytes\nq\0)Rq\1"s);
}

TEST_F(LoweringTest, OneLatin1CharacterIsOneObjectBeforeProtocol3) {
  const Value list = Tuple({document_.MakeStr("a"), document_.MakeBytes("a"),
                            document_.MakeStr("a")});
  EXPECT_EQ(Written(list, 2),
            "X\1\0\0\0aq\0c_codecs\nencode\nq\1h\0X\6\0\0\0latin1q\2\x86q\3R"
            "q\4h\0\x87q\5"s);
}

TEST_F(LoweringTest, ByteArrayIsMadeOfBytesBeforeProtocol5) {
  EXPECT_EQ(Written(document_.MakeByteArray("xy"), 3),
            "cbuiltins\nbytearray\nq\0C\2xyq\1\x85q\2Rq\3"s);
  EXPECT_EQ(Written(document_.MakeByteArray(""), 0),
            "c__builtin__\nbytearray\np0\n(tRp1\n");
}

TEST_F(LoweringTest, SetsAreMadeOfListsBeforeProtocol4) {
  const std::vector<Value> items = {Value::Int(1), Value::Int(2)};
  EXPECT_EQ(Written(document_.MakeSet(items), 0),
            "c__builtin__\nset\np0\n((lp1\nI1\naI2\natp2\nRp3\n");
  EXPECT_EQ(Written(document_.MakeFrozenSet(items), 3),
            "cbuiltins\nfrozenset\nq\0]q\1(K\1K\2e\x85q\2Rq\3"s);
  EXPECT_EQ(Written(document_.MakeSet(), 2),
            "c__builtin__\nset\nq\0]q\1\x85q\2Rq\3"s);
}

TEST_F(LoweringTest, DottedGlobalIsGetattrBeforeProtocol4) {
  const Value global = document_.MakeGlobal("__main__", "D.E.F");
  EXPECT_EQ(Written(global, 0),
            "c__builtin__\ngetattr\np0\n(g0\n(c__main__\nD\nVE\np1\ntRVF\np2\n"
            "tRp3\n");
  EXPECT_EQ(Written(global, 2),
            "c__builtin__\ngetattr\nq\0h\0c__main__\nD\nX\1\0\0\0Eq\1\x86R"
            "X\1\0\0\0Fq\2\x86Rq\3"s);
}

TEST_F(LoweringTest, NamesAreMappedBothWays) {
  const Value global = document_.MakeGlobal("builtins", "range");
  EXPECT_EQ(Written(global, 2), "c__builtin__\nxrange\nq\0"s);
  EXPECT_EQ(Written(global, 2, /*fix_imports=*/false),
            "cbuiltins\nrange\nq\0"s);
  EXPECT_EQ(Written(global, 3), "cbuiltins\nrange\nq\0"s);
  Document old;
  ASSERT_TRUE(old.LoadBorrowed("\x80\2c__builtin__\nxrange\n.").ok());
  EXPECT_EQ(Written(old.root(), 1), "c__builtin__\nxrange\nq\0"s);
  EXPECT_EQ(Written(old.root(), 3), "cbuiltins\nrange\nq\0"s);
}

TEST_F(LoweringTest, NamesThatFitNoLineAreStackGlobal) {
  EXPECT_EQ(Written(document_.MakeGlobal("m", "a\nb"), 2),
            "X\1\0\0\0mq\0X\3\0\0\0a\nbq\1\x93q\2"s);
}

TEST_F(LoweringTest, NamesThatBeginWithADotAreStackGlobal) {
  EXPECT_EQ(Written(document_.MakeGlobal("m", ".b"), 2),
            "X\1\0\0\0mq\0X\2\0\0\0.bq\1\x93q\2"s);
}

TEST_F(LoweringTest, NewObjIsACallOfCopyregBeforeProtocol2) {
  const Value object = document_.MakeObject(ObjectForm::kNewObj, Class(),
                                            Tuple({Value::Int(7)}));
  EXPECT_EQ(Written(object, 1),
            "ccopy_reg\n__newobj__\nq\0(cm\nC\nq\1K\7tq\2Rq\3"s);
  EXPECT_EQ(Written(object, 2), "cm\nC\nq\0K\7\x85q\1\x81q\2"s);
}

TEST_F(LoweringTest, NewObjExIsACallOfCopyregBeforeProtocol2) {
  const Value object = document_.MakeObject(ObjectForm::kNewObjEx, Class(),
                                            Tuple({}), document_.MakeDict());
  EXPECT_EQ(Written(object, 1),
            "ccopyreg\n__newobj_ex__\nq\0(cm\nC\nq\1)}q\2tq\3Rq\4"s.replace(
                1, 7, "copy_reg"));
}

TEST_F(LoweringTest, NewObjExIsAPartialBeforeProtocol4) {
  const std::vector<Value> kwargs = {document_.MakeStr("x"), Value::Int(1)};
  const Value object =
      document_.MakeObject(ObjectForm::kNewObjEx, Class(),
                           Tuple({Value::Int(5)}), document_.MakeDict(kwargs));
  EXPECT_EQ(Written(object, 3),
            "cfunctools\npartial\nq\0cbuiltins\ngetattr\nq\1cm\nC\nq\2"
            "X\7\0\0\0__new__q\3\x86q\4Rq\5\x85q\6Rq\7"
            "(h\5h\2K\5\x86q\10}q\11X\1\0\0\0xq\12K\1sNtq\13b)Rq\14"s);
}

TEST_F(LoweringTest, InstOfAClassThatFitsNoLineIsObj) {
  const Value object = document_.MakeObject(
      ObjectForm::kInst, document_.MakeGlobal("m", "\xc3\xa9"), Tuple({}));
  EXPECT_EQ(Written(object, 3), "(cm\n\xc3\xa9\nq\0oq\1"s);
}

TEST_F(LoweringTest, InstNamesClassesThatAnAsciiLineCanName) {
  struct Case {
    std::string module;
    std::string qualname;
    int protocol;
    std::string pickle;
  };
  for (const Case& of : std::vector<Case>{
           {"m", "C", 3, "(im\nC\nq\0"s},
           {"m", "C.D", 4, "(im\nC.D\n\x94"},
           {"m", "C.D", 3,
            "(cbuiltins\ngetattr\nq\0cm\nC\nX\1\0\0\0Dq\1\x86Rq\2oq\3"s},
           {"\xc3\xa9", "C", 3, "(c\xc3\xa9\nC\nq\0oq\1"s},
           {"m\n", "C", 3, "(X\2\0\0\0m\nq\0X\1\0\0\0Cq\1\x93q\2oq\3"s},
           {"m", "C\n", 3, "(X\1\0\0\0mq\0X\2\0\0\0C\nq\1\x93q\2oq\3"s}}) {
    const Value object = document_.MakeObject(
        ObjectForm::kInst, document_.MakeGlobal(of.module, of.qualname),
        Tuple({}));
    const std::string written = Written(object, of.protocol);
    // Behind the frame's header, if there is one.
    EXPECT_EQ(of.protocol < 4 ? written : written.substr(9), of.pickle)
        << of.module << " " << of.qualname;
  }
}

TEST_F(LoweringTest, SurrogatesInNamesAreStackGlobal) {
  const std::string surrogate = "\xed\xa0\x80";
  EXPECT_EQ(Written(document_.MakeGlobal(surrogate, "C"), 2),
            "X\3\0\0\0\xed\xa0\x80q\0X\1\0\0\0Cq\1\x93q\2"s);
  EXPECT_EQ(Written(document_.MakeGlobal("m", surrogate), 2),
            "X\1\0\0\0mq\0X\3\0\0\0\xed\xa0\x80q\1\x93q\2"s);
}

// The short forms name a class where it can be named and nothing else was done
// to it.
TEST_F(LoweringTest, ClassesWithStateAreWrittenWhole) {
  const Value kwargs = document_.MakeDict();
  const Value inst = Class();
  const Value partial = Class();
  for (const Value cls : {inst, partial}) {
    ASSERT_TRUE(document_.AddPost(cls, PostKind::kState,
                                  Tuple({Value::None()}).items()));
  }
  EXPECT_EQ(
      Written(document_.MakeObject(ObjectForm::kInst, inst, Tuple({})), 1),
      "(cm\nC\nq\0Nboq\1"s);
  EXPECT_EQ(Written(document_.MakeObject(ObjectForm::kNewObjEx, partial,
                                         Tuple({}), kwargs),
                    2),
            "cm\nC\nq\0Nb)}q\1\x92q\2"s);
}

TEST_F(LoweringTest, SetsInThemselvesAreFetchedFromTheMemo) {
  const auto written = [this](bool frozen, int protocol) {
    const Value object =
        document_.MakeObject(ObjectForm::kNewObj, Class(), Tuple({}));
    const std::vector<Value> items = {object};
    const Value set =
        frozen ? document_.MakeFrozenSet(items) : document_.MakeSet(items);
    const std::vector<Value> state = {set};
    EXPECT_TRUE(document_.AddPost(object, PostKind::kState, state));
    return Written(set, protocol);
  };
  EXPECT_EQ(written(/*frozen=*/true, 2),
            "c__builtin__\nfrozenset\nq\0]q\1cm\nC\nq\2)\x81q\3"
            "h\0]q\4h\3a\x85q\5Rq\6ba\x85q\7R0h\6"s);
  EXPECT_EQ(written(/*frozen=*/false, 3),
            "cbuiltins\nset\nq\0]q\1cm\nC\nq\2)\x81q\3"
            "h\0]q\4h\3a\x85q\5Rq\6ba\x85q\7R0h\6"s);
  EXPECT_EQ(written(/*frozen=*/true, 4),
            "\x95\x18\0\0\0\0\0\0\0(\x8c\1m\x94\x8c\1C\x94\x93\x94)\x81\x94"
            "(h\3\x91\x94"
            "b1h\4"s);
}

TEST_F(LoweringTest, PersistentIdThatIsNoAsciiLineIsBinary) {
  EXPECT_EQ(Written(document_.MakePersistentId(document_.MakeStr("id")), 0),
            "Pid\n");
  EXPECT_EQ(Written(document_.MakePersistentId(document_.MakeStr("a\nb")), 0),
            "Va\\u000ab\np0\nQ");
  EXPECT_EQ(
      Written(document_.MakePersistentId(document_.MakeStr("\xc3\xa9")), 0),
      "V\xe9\np0\nQ");
  EXPECT_EQ(Written(document_.MakePersistentId(Value::Int(3)), 0), "I3\nQ");
}

}  // namespace
}  // namespace pickle5

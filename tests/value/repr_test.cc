#include "pickle/value/repr.h"

#include <cmath>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "pickle/value/literal.h"
#include "tests/value/graphs.h"

namespace pickle5 {
namespace {

using testing::AddPost;
using testing::List;
using testing::Object;
using testing::SetState;
using testing::Tuple;

class ReprTest : public ::testing::Test {
 protected:
  std::string Str(std::string_view text) {
    return Repr(document_.MakeStr(text));
  }
  std::string Bytes(std::string_view text) {
    return Repr(document_.MakeBytes(text));
  }

  Document document_;
  Maker make_{&document_};
};

TEST_F(ReprTest, ScalarsAreAsInPython) {
  EXPECT_EQ(Repr(Value()), "<null>");
  EXPECT_EQ(Repr(Value::None()), "None");
  EXPECT_EQ(Repr(Value::Bool(true)), "True");
  EXPECT_EQ(Repr(Value::Bool(false)), "False");
  EXPECT_EQ(Repr(Value::Int(-12)), "-12");
  EXPECT_EQ(Repr(Value::Float(1)), "1.0");
  EXPECT_EQ(Repr(Value::Float(1e16)), "1e+16");
  EXPECT_EQ(Repr(Value::Float(std::numeric_limits<double>::infinity())), "inf");
  EXPECT_EQ(Repr(Value::Float(std::nan(""))), "nan");
  EXPECT_EQ(Repr(document_.MakeIntFromText("123456789012345678901234567890")),
            "123456789012345678901234567890");
}

TEST_F(ReprTest, StrIsQuotedAndEscapedAsInPython) {
  EXPECT_EQ(Str(""), "''");
  EXPECT_EQ(Str("it's"), "\"it's\"");
  EXPECT_EQ(Str("'\""), R"('\'"')");
  EXPECT_EQ(Str("a\\b\t\n\r\x01\x7f"), R"('a\\b\t\n\r\x01\x7f')");
  // Printable: e acute, a grinning face. Not: a soft hyphen, U+2028, a private
  // use and an unassigned code point, a lone surrogate.
  EXPECT_EQ(Str("\xc3\xa9\xf0\x9f\x98\x80"), "'\xc3\xa9\xf0\x9f\x98\x80'");
  EXPECT_EQ(Str("\xc2\xad\xe2\x80\xa8\xee\x80\x80"), R"('\xad\u2028\ue000')");
  EXPECT_EQ(Str("\xf3\xa0\x80\x81\xed\xa0\x80"), R"('\U000e0001\ud800')");
  EXPECT_EQ(Str("\xc2\xa0"), R"('\xa0')");
}

TEST_F(ReprTest, BytesAreAsInPython) {
  EXPECT_EQ(Bytes("a'b"), "b\"a'b\"");
  EXPECT_EQ(Bytes(std::string("\0\t\n\r\\\x7f\xff'\"", 9)),
            R"(b'\x00\t\n\r\\\x7f\xff\'"')");
  EXPECT_EQ(Repr(document_.MakeByteArray("abc")), "bytearray(b'abc')");
}

TEST_F(ReprTest, ContainersAreAsInPython) {
  EXPECT_EQ(Repr(make_.List({})), "[]");
  EXPECT_EQ(Repr(make_.List({1, "a", nullptr})), "[1, 'a', None]");
  EXPECT_EQ(Repr(make_.Tuple({})), "()");
  EXPECT_EQ(Repr(make_.Tuple({1})), "(1,)");
  EXPECT_EQ(Repr(make_.Tuple({1, 2})), "(1, 2)");
  EXPECT_EQ(Repr(make_.Dict({})), "{}");
  EXPECT_EQ(Repr(make_.Dict({{"a", 1}, {2, make_.List({3})}})),
            "{'a': 1, 2: [3]}");
  EXPECT_EQ(Repr(make_.Dict({{1, "a"}, {2, "b"}, {true, "c"}})),
            "{1: 'c', 2: 'b'}");
  EXPECT_EQ(Repr(make_.Set({})), "set()");
  EXPECT_EQ(Repr(make_.Set({1, 2, 1.0})), "{1, 2}");
  EXPECT_EQ(Repr(make_.FrozenSet({})), "frozenset()");
  EXPECT_EQ(Repr(make_.FrozenSet({1})), "frozenset({1})");
}

TEST_F(ReprTest, ObjectsShowTheirConstruction) {
  EXPECT_EQ(Repr(document_.MakeGlobal("m", "C.f")), "<global m.C.f>");
  EXPECT_EQ(Repr(Object(document_, {Value::Int(1)})), "m.C(1)");
  EXPECT_EQ(Repr(Object(document_, {Value::Int(1)}, ObjectForm::kNewObj)),
            "m.C.__new__(1)");
  const Value global = document_.MakeGlobal("m", "C");
  EXPECT_EQ(Repr(document_.MakeObject(ObjectForm::kNewObjEx, global,
                                      make_.Tuple({}), make_.Dict({{"k", 3}}))),
            "m.C.__new__(**{'k': 3})");
  EXPECT_EQ(Repr(document_.MakeObject(
                ObjectForm::kNewObjEx, document_.MakeGlobal("m", "C"),
                make_.Tuple({1}), make_.Dict({{"k", 3}}))),
            "m.C.__new__(1, **{'k': 3})");
  EXPECT_EQ(Repr(document_.MakeObject(ObjectForm::kReduce,
                                      Object(document_, {}), make_.Tuple({}))),
            "(m.C())()");
}

TEST_F(ReprTest, ObjectsShowWhatFollows) {
  const Value object = Object(document_, {});
  SetState(document_, object, make_.Dict({{"x", 1}}));
  AddPost(document_, object, PostKind::kAppend, {Value::Int(1), Value::Int(2)});
  AddPost(document_, object, PostKind::kSetItem,
          {Value::Int(1), Value::Int(2)});
  AddPost(document_, object, PostKind::kAddItem, {Value::Int(3)});
  AddPost(document_, object, PostKind::kEffect, {Object(document_, {})});
  EXPECT_EQ(Repr(make_.List({object, 5})),
            "[m.C() <state {'x': 1}> <append [1, 2]> <setitem {1: 2}> "
            "<additem {3}> <effect m.C()>, 5]");
}

TEST_F(ReprTest, LeavesShowWhatTheyName) {
  EXPECT_EQ(Repr(document_.MakeExtension(7)), "<extension 7>");
  EXPECT_EQ(Repr(document_.MakePersistentId(make_.Of("id"))),
            "<persistent 'id'>");
  EXPECT_EQ(Repr(document_.MakeBuffer(Buffer::Borrow("abc"))),
            "<buffer 0, 3 bytes, readonly>");
}

TEST_F(ReprTest, SharedObjectsAreLabelled) {
  const Value list = make_.List({1});
  EXPECT_EQ(Repr(make_.Tuple({list, list, make_.List({1})})),
            "(#1=[1], #1#, [1])");
  // Of several references only one is shown.
  EXPECT_EQ(Repr(make_.List({list})), "[[1]]");
  const Value args = make_.Tuple({1});
  const Value object = document_.MakeObject(
      ObjectForm::kReduce, document_.MakeGlobal("m", "C"), args);
  EXPECT_EQ(Repr(make_.List({object, args})), "[m.C(*#1=(1,)), #1#]");
}

TEST_F(ReprTest, CyclesEnd) {
  EXPECT_EQ(Repr(testing::Ring(document_, 1)), "#1=[#1#]");
  EXPECT_EQ(Repr(testing::Ring(document_, 3)), "#1=[[[#1#]]]");
}

TEST_F(ReprTest, LongSharedTextIsShownOnce) {
  const Value text = document_.MakeStr(std::string(257, 'x'));
  const Value list = make_.List({text, text});
  EXPECT_EQ(Repr(list), "[#1='" + std::string(257, 'x') + "', #1#]");
  const Value brief = make_.Of("short");
  EXPECT_EQ(Repr(make_.List({brief, brief})), "['short', 'short']");
}

TEST_F(ReprTest, CallablesThatAreMoreThanNamesStandInBrackets) {
  const Value global = document_.MakeGlobal("m", "C");
  SetState(document_, global, Value::None());
  const auto call = [this, global](ObjectForm form) {
    return document_.MakeObject(form, global, make_.Tuple({}));
  };
  EXPECT_EQ(Repr(call(ObjectForm::kReduce)), "(<global m.C> <state None>)()");
  const Value calls =
      make_.List({call(ObjectForm::kReduce), call(ObjectForm::kNewObj)});
  EXPECT_EQ(Repr(calls), "[(#1=<global m.C> <state None>)(), (#1#).__new__()]");
  EXPECT_EQ(Repr(calls, {.max_depth = 1}), "[(...)(...), (...).__new__(...)]");
  const Value longer = document_.MakeGlobal("m", std::string(300, 'C'));
  const Value call_longer =
      document_.MakeObject(ObjectForm::kReduce, longer, make_.Tuple({}));
  EXPECT_EQ(Repr(make_.List({call_longer, longer})),
            "[(#1=<global m." + std::string(300, 'C') + ">)(), #1#]");
}

TEST_F(ReprTest, SharedArgumentsStandBeforeKeywordArguments) {
  const Value args = make_.Tuple({1});
  const Value object = document_.MakeObject(ObjectForm::kNewObjEx,
                                            document_.MakeGlobal("m", "C"),
                                            args, make_.Dict({{"k", 3}}));
  EXPECT_EQ(Repr(make_.List({object, args})),
            "[m.C.__new__(*#1=(1,), **{'k': 3}), #1#]");
}

TEST_F(ReprTest, OptionsLeaveOut) {
  EXPECT_EQ(Repr(make_.List({1, 2}), {.max_items = 0}), "[ ... 2 more]");
  std::string accents;
  for (int i = 0; i < 30; ++i) accents += "\xc3\xa9";
  EXPECT_EQ(Repr(make_.Of(accents), {.max_text = 40}), "'" + accents + "'");

  EXPECT_EQ(Repr(make_.List({1, 2, 3, 4}), {.max_items = 2}),
            "[1, 2, ... 2 more]");
  EXPECT_EQ(Repr(make_.Dict({{1, 2}, {3, 4}}), {.max_items = 1}),
            "{1: 2, ... 1 more}");
  EXPECT_EQ(Repr(make_.Of("\xc3\xa9xyz"), {.max_text = 2}),
            "'\xc3\xa9x' ... 2 more");
  EXPECT_EQ(Repr(document_.MakeBytes("abc"), {.max_text = 1}),
            "b'a' ... 2 more");
  EXPECT_EQ(Repr(Value::Int(12345), {.max_text = 2}), "12 ... 3 more");
  std::string bytes(10'000, '\0');
  bytes.back() = 1;
  EXPECT_EQ(Repr(document_.MakeInt(bytes), ReprOptions::Short()),
            "<int of 79993 bits>");
  EXPECT_EQ(Repr(document_.MakeInt(bytes)).size(), 24080u);
  const Value nested =
      make_.List({make_.List({1}), make_.Tuple({1}), make_.Dict({{1, 2}}),
                  make_.FrozenSet({1}), Object(document_, {Value::Int(1)}),
                  document_.MakePersistentId(Value::Int(1)), make_.List({})});
  EXPECT_EQ(Repr(nested, {.max_depth = 1}),
            "[[...], (...), {...}, frozenset({...}), m.C(...), "
            "<persistent ...>, []]");
  EXPECT_EQ(Repr(nested, ReprOptions::Short()), Repr(nested));
}

}  // namespace
}  // namespace pickle5

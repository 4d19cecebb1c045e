#include "pickle/value/value.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "pickle/value/literal.h"
#include "tests/value/graphs.h"

namespace pickle5 {
namespace {

using testing::AddPost;
using testing::Dict;
using testing::List;
using testing::Object;
using testing::SetState;
using testing::Tuple;

class ValueTest : public ::testing::Test {
 protected:
  Value Str(std::string_view text) { return document_.MakeStr(text); }
  Value Big(std::string_view decimal) {
    return document_.MakeIntFromText(decimal);
  }

  Document document_;
  Maker make_{&document_};
};

TEST_F(ValueTest, NullAnswersEveryQuestion) {
  const Value null;
  EXPECT_FALSE(null);
  EXPECT_EQ(null.AsBool(), std::nullopt);
  EXPECT_EQ(null.AsInt64(), std::nullopt);
  EXPECT_EQ(null.AsDouble(), std::nullopt);
  EXPECT_EQ(null.AsIntBytes(), std::nullopt);
  EXPECT_EQ(null.AsIntText(), std::nullopt);
  EXPECT_EQ(null.AsStr(), std::nullopt);
  EXPECT_EQ(null.AsBytes(), std::nullopt);
  EXPECT_EQ(null.size(), 0u);
  EXPECT_TRUE(null.items().empty());
  EXPECT_TRUE(null.pairs().empty());
  EXPECT_TRUE(null["a"][3]["b"].is_null());
  EXPECT_TRUE(null.Find(Value::Int(1)).is_null());
  EXPECT_TRUE(null.callable().is_null());
  EXPECT_TRUE(null.args().is_null());
  EXPECT_TRUE(null.kwargs().is_null());
  EXPECT_TRUE(null.state().is_null());
  EXPECT_TRUE(null.posts().empty());
  EXPECT_TRUE(null.persistent_id().is_null());
  EXPECT_EQ(null.form(), std::nullopt);
  EXPECT_EQ(null.extension_code(), std::nullopt);
  EXPECT_EQ(null.buffer_index(), std::nullopt);
  EXPECT_EQ(null.buffer(), nullptr);
  EXPECT_EQ(null.module(), "");
  EXPECT_EQ(null.qualname(), "");
  EXPECT_EQ(null.class_name(), "");
  EXPECT_FALSE(null.IsInstanceOf(""));
  EXPECT_FALSE(null.readonly());
  EXPECT_FALSE(null.is_shared());
}

TEST_F(ValueTest, ScalarsConvertAsInPython) {
  EXPECT_EQ(Value::Bool(true).AsBool(), true);
  EXPECT_EQ(Value::Int(1).AsBool(), std::nullopt);
  EXPECT_EQ(Value::Bool(true).AsInt64(), 1);
  EXPECT_EQ(Value::Int(-5).AsInt64(), -5);
  EXPECT_EQ(Value::Float(1).AsInt64(), std::nullopt);
  EXPECT_EQ(Value::Bool(true).AsDouble(), 1.0);
  EXPECT_EQ(Value::Int(-5).AsDouble(), -5.0);
  EXPECT_EQ(Value::Float(2.5).AsDouble(), 2.5);
  EXPECT_EQ(Value::None().AsDouble(), std::nullopt);
}

TEST_F(ValueTest, IntsOfAnySizeAreTextAndBytes) {
  EXPECT_EQ(Value::Int(0).AsIntBytes(), "");
  EXPECT_EQ(Value::Int(-1).AsIntBytes(), "\xff");
  EXPECT_EQ(Value::Int(255).AsIntBytes(), std::string("\xff\0", 2));
  EXPECT_EQ(Value::Int(std::numeric_limits<int64_t>::min()).AsIntText(),
            "-9223372036854775808");
  const Value big = Big("-9223372036854775809");
  EXPECT_EQ(big.AsInt64(), std::nullopt);
  EXPECT_EQ(big.AsIntText(), "-9223372036854775809");
  EXPECT_EQ(big.AsIntBytes(), "\xff\xff\xff\xff\xff\xff\xff\x7f\xff");
  EXPECT_EQ(Value::Bool(true).AsIntText(), std::nullopt);
}

TEST_F(ValueTest, BigIntsRoundToTheNearestDouble) {
  EXPECT_EQ(Big("9223372036854775808").AsDouble(), std::ldexp(1, 63));
  EXPECT_EQ(Big("-9223372036854775809").AsDouble(), -std::ldexp(1, 63));
  EXPECT_EQ(Big("18446744073709551616").AsDouble(), std::ldexp(1, 64));
  // 2^64 + 2^11 is a tie and goes to even; one more does not.
  EXPECT_EQ(Big("18446744073709553664").AsDouble(), std::ldexp(1, 64));
  EXPECT_EQ(Big("18446744073709553665").AsDouble(),
            std::ldexp(1, 64) + std::ldexp(1, 12));
  EXPECT_EQ(Big("-18446744073709553665").AsDouble(),
            -std::ldexp(1, 64) - std::ldexp(1, 12));
  EXPECT_EQ(Big("1" + std::string(308, '0')).AsDouble(), 1e308);
  EXPECT_EQ(Big("1" + std::string(309, '0')).AsDouble(), std::nullopt);
  // 2^1024 - 2^970 is a tie between the largest double and infinity.
  std::string edge(129, '\0');
  edge[121] = '\xfc';
  for (size_t i = 122; i < 128; ++i) edge[i] = '\xff';
  EXPECT_EQ(document_.MakeInt(edge).AsDouble(), std::nullopt);
  edge[121] = '\xfb';
  EXPECT_EQ(document_.MakeInt(edge).AsDouble(),
            std::numeric_limits<double>::max());
}

TEST_F(ValueTest, TextHasItsSizeInCodePointsAndBytes) {
  const Value text = Str("a\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_EQ(text.AsStr(), "a\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_EQ(text.size(), 3u);
  EXPECT_EQ(text.AsBytes(), std::nullopt);
  EXPECT_EQ(document_.MakeBytes("\xff").AsBytes(), "\xff");
  EXPECT_EQ(document_.MakeBytes("\xff").AsStr(), std::nullopt);
  EXPECT_EQ(document_.MakeByteArray("abc").AsBytes(), "abc");
  EXPECT_EQ(document_.MakeByteArray("abc").size(), 3u);
}

TEST_F(ValueTest, SequencesAreIndexedFromBothEnds) {
  for (const Value v : {make_.List({1, 2, 3}), make_.Tuple({1, 2, 3})}) {
    EXPECT_EQ(v.size(), 3u);
    EXPECT_EQ(v[0].AsInt64(), 1);
    EXPECT_EQ(v[-1].AsInt64(), 3);
    EXPECT_TRUE(v[3].is_null());
    EXPECT_TRUE(v[-4].is_null());
    EXPECT_EQ(v.items()[1].AsInt64(), 2);
    EXPECT_TRUE(v["a"].is_null());
  }
}

TEST_F(ValueTest, DictsFindTheLastValueOfEqualKeys) {
  const Value dict = make_.Dict(
      {{"a", 1}, {1, "int"}, {"a", 2}, {true, "bool"}, {1.0, "float"}});
  EXPECT_EQ(dict["a"].AsInt64(), 2);
  EXPECT_EQ(dict[1].AsStr(), "float");
  EXPECT_EQ(dict.Find(Value::Bool(true)).AsStr(), "float");
  EXPECT_TRUE(dict["b"].is_null());
  EXPECT_TRUE(dict[-1].is_null());
  EXPECT_EQ(dict.size(), 2u);
  EXPECT_EQ(dict.pairs().size(), 5u);
  EXPECT_EQ(dict.pairs()[2].value.AsInt64(), 2);
  EXPECT_TRUE(dict.items().empty());
}

TEST_F(ValueTest, TuplesAreKeys) {
  const Value dict = make_.Dict({{make_.Tuple({1, "x"}), "here"}});
  EXPECT_EQ(dict.Find(make_.Tuple({1.0, "x"})).AsStr(), "here");
  EXPECT_TRUE(dict.Find(make_.Tuple({1, "y"})).is_null());
}

TEST_F(ValueTest, SetsCountEqualItemsOnce) {
  EXPECT_EQ(make_.Set({1, 1.0, true, 2}).size(), 2u);
  EXPECT_EQ(make_.FrozenSet({"a", "a"}).size(), 1u);
  // Objects without __eq__, of which Python's sets may hold many.
  const Value objects =
      testing::Set(document_, {Object(document_, {}), Object(document_, {})});
  EXPECT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects.items().size(), 2u);
}

TEST_F(ValueTest, NamesAreOneItemUnlessSomethingWasDoneToThem) {
  using Build = Value (*)(Document&);
  for (const Build build : {
           Build([](Document& document) {
             return document.MakeGlobal("m", "f");
           }),
           Build([](Document& document) { return document.MakeExtension(1); }),
           Build([](Document& document) {
             return document.MakePersistentId(Value::Int(1));
           }),
       }) {
    const Value changed = build(document_);
    SetState(document_, changed, Value::None());
    EXPECT_EQ(
        testing::Set(document_, {build(document_), build(document_)}).size(),
        1u);
    EXPECT_EQ(testing::Set(document_, {build(document_), changed}).size(), 2u);
  }
  // Python cannot hash these; each is its own.
  EXPECT_EQ(testing::Set(document_, {document_.MakeByteArray("x"),
                                     document_.MakeByteArray("x")})
                .size(),
            2u);
}

TEST_F(ValueTest, LongKeysAreFound) {
  const std::string longer(300, 'x');
  const Value dict = make_.Dict({{longer, 1}, {"a", 2}, {longer, 3}});
  EXPECT_EQ(dict.size(), 2u);
  EXPECT_EQ(dict[longer].AsInt64(), 3);
}

TEST_F(ValueTest, ManyKeysOfAllKindsAreCountedOnce) {
  const Value dict = document_.MakeDict();
  for (int64_t i = 0; i < 1000; ++i) {
    const Value number = Value::Int(i % 100);
    const Value keys[] = {number, Value::Float(static_cast<double>(i % 100)),
                          Tuple(document_, {number}),
                          make_.FrozenSet({i % 100, "x"})};
    for (const Value key : keys) document_.SetItem(dict, key, Value::Int(i));
  }
  EXPECT_EQ(dict.size(), 300u);
  EXPECT_EQ(dict[42].AsInt64(), 942);
}

TEST_F(ValueTest, ObjectsTellTheirParts) {
  const Value kwargs = make_.Dict({{"k", 1}});
  const Value object = document_.MakeObject(ObjectForm::kNewObjEx,
                                            document_.MakeGlobal("m", "C.D"),
                                            make_.Tuple({7}), kwargs);
  EXPECT_EQ(object.form(), ObjectForm::kNewObjEx);
  EXPECT_EQ(object.callable().module(), "m");
  EXPECT_EQ(object.callable().qualname(), "C.D");
  EXPECT_EQ(object.args()[0].AsInt64(), 7);
  EXPECT_TRUE(object.kwargs().Is(kwargs));
  EXPECT_EQ(object.class_name(), "m.C.D");
  EXPECT_TRUE(object.IsInstanceOf("m.C.D"));
  EXPECT_FALSE(object.IsInstanceOf("m.C"));
  EXPECT_FALSE(object.IsInstanceOf("m_C.D"));
  EXPECT_FALSE(object.IsInstanceOf("n.C.D"));
  EXPECT_FALSE(object.IsInstanceOf("m.C.E"));
}

TEST_F(ValueTest, ReconstructorsAreNotClasses) {
  const Value cls = document_.MakeGlobal("pkg", "Real");
  for (const char* name : {"_reconstructor", "__newobj__", "__newobj_ex__"}) {
    for (const char* module : {"copyreg", "copy_reg"}) {
      const Value object = document_.MakeObject(
          ObjectForm::kReduce, document_.MakeGlobal(module, name),
          Tuple(document_, {cls, Value::None()}));
      EXPECT_TRUE(object.IsInstanceOf("pkg.Real")) << module << name;
    }
  }
  const Value nothing = document_.MakeObject(
      ObjectForm::kReduce, document_.MakeGlobal("copyreg", "_reconstructor"),
      Tuple(document_, {}));
  EXPECT_EQ(nothing.class_name(), "");
  EXPECT_FALSE(nothing.IsInstanceOf("copyreg._reconstructor"));
  const Value other = document_.MakeObject(
      ObjectForm::kReduce, document_.MakeGlobal("copyreg", "pickle"),
      Tuple(document_, {cls}));
  EXPECT_EQ(other.class_name(), "copyreg.pickle");
}

TEST_F(ValueTest, AttributesAreFoundInTheLastState) {
  const Value object = Object(document_, {});
  EXPECT_TRUE(object["x"].is_null());
  SetState(document_, object, make_.Dict({{"x", 1}}));
  SetState(document_, object, make_.Dict({{"x", 2}}));
  EXPECT_EQ(object["x"].AsInt64(), 2);
  EXPECT_TRUE(object["y"].is_null());
}

TEST_F(ValueTest, AttributesAreFoundInSlots) {
  const Value object = Object(document_, {});
  SetState(document_, object,
           make_.Tuple({make_.Dict({{"x", 1}}), make_.Dict({{"y", 2}})}));
  EXPECT_EQ(object["x"].AsInt64(), 1);
  EXPECT_EQ(object["y"].AsInt64(), 2);
  SetState(document_, object, make_.Tuple({nullptr, make_.Dict({{"z", 3}})}));
  EXPECT_EQ(object["z"].AsInt64(), 3);
  SetState(document_, object, make_.Tuple({1, 2, 3}));
  EXPECT_TRUE(object["z"].is_null());
}

TEST_F(ValueTest, PostsKeepTheirOrder) {
  const Value object = Object(document_, {});
  AddPost(document_, object, PostKind::kAppend, {Value::Int(1)});
  AddPost(document_, object, PostKind::kSetItem,
          {Value::Int(2), Value::Int(3)});
  std::string kinds;
  for (const Post& post : object.posts()) {
    kinds += std::to_string(static_cast<int>(post.kind)) + ":" +
             std::to_string(post.items.size()) + " ";
  }
  EXPECT_EQ(kinds, "1:1 2:2 ");
  PostRange::Iterator post = object.posts().begin();
  EXPECT_EQ((*post++).kind, PostKind::kAppend);
  EXPECT_EQ((*post).kind, PostKind::kSetItem);
}

TEST_F(ValueTest, BuffersTellPlaceAndBytes) {
  const Value buffer = document_.MakeBuffer(Buffer::Borrow("abc"));
  EXPECT_EQ(buffer.buffer_index(), 0u);
  EXPECT_EQ(buffer.AsBytes(), "abc");
  EXPECT_EQ(buffer.size(), 3u);
  EXPECT_TRUE(buffer.readonly());
  EXPECT_EQ(document_.MakeBuffer(Buffer::Borrow("x")).buffer_index(), 1u);
  EXPECT_EQ(document_.MakeExtension(7).extension_code(), 7);
  EXPECT_EQ(document_.MakePersistentId(Value::Int(3)).persistent_id().AsInt64(),
            3);
}

TEST_F(ValueTest, PairsAreIteratedByValue) {
  const PairRange pairs = make_.Dict({{"a", 1}, {"b", 2}}).pairs();
  PairRange::Iterator at = pairs.begin();
  EXPECT_EQ((*at++).value.AsInt64(), 1);
  EXPECT_EQ((*at++).key.AsStr(), "b");
  EXPECT_EQ(at, pairs.end());
}

TEST_F(ValueTest, BuffersThatCannotBeReadHaveNoBytes) {
  ReadOptions options;
  options.placeholder_buffers = true;
  ASSERT_TRUE(document_.LoadBorrowed("\x97.", options).ok());
  EXPECT_EQ(document_.root().AsBytes(), std::nullopt);
  EXPECT_EQ(document_.root().size(), 0u);
  const ptrdiff_t shape[] = {2};
  const ptrdiff_t strides[] = {2};
  const Value sparse = document_.MakeBuffer(
      Buffer::Borrow("abc").WithShape("B", 1, shape, strides).value());
  EXPECT_EQ(sparse.AsBytes(), std::nullopt);
  EXPECT_EQ(sparse.size(), 2u);
}

}  // namespace
}  // namespace pickle5

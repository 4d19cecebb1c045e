#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pickle/value/document.h"
#include "pickle/value/equal.h"
#include "pickle/value/literal.h"
#include "pickle/value/repr.h"
#include "tests/value/graphs.h"

namespace pickle5 {
namespace {

using testing::AddPost;
using testing::List;
using testing::Object;
using testing::SetState;
using testing::Tuple;

class DocumentMakeTest : public ::testing::Test {
 protected:
  void ExpectCopied(Value value) {
    Document other;
    const Value copy = other.Copy(value);
    EXPECT_TRUE(Identical(value, copy)) << Repr(value) << "\n" << Repr(copy);
    // On its own: its document loses what it was made of.
    const std::string before = Repr(copy);
    document_.Clear();
    EXPECT_EQ(Repr(copy), before);
  }

  Document document_;
  Document other_;
  Maker make_{&document_};
};

TEST_F(DocumentMakeTest, IntsAreSmallWhereTheyFit) {
  EXPECT_TRUE(document_.MakeIntFromText("-9223372036854775808")
                  .Is(Value::Int(INT64_MIN)));
  EXPECT_TRUE(document_.MakeIntFromText("+0012").Is(Value::Int(12)));
  EXPECT_TRUE(document_.MakeInt(std::string("\x05\0\0", 3)).Is(Value::Int(5)));
  EXPECT_TRUE(document_.MakeInt("").Is(Value::Int(0)));
  for (const char* text : {"", "-", "1a", " 1", "0x1", "1_0"}) {
    EXPECT_TRUE(document_.MakeIntFromText(text).is_null()) << text;
  }
}

TEST_F(DocumentMakeTest, MovedFromDocumentsMakeObjects) {
  using Make = Value (*)(Document&);
  for (const Make make : {
           Make([](Document& d) { return d.MakeStr("x"); }),
           Make([](Document& d) { return d.MakeBytes("x"); }),
           Make([](Document& d) { return d.MakeByteArray("x"); }),
           Make([](Document& d) { return d.MakeIntFromText("12"); }),
           Make([](Document& d) { return d.MakeList(); }),
           Make([](Document& d) { return d.MakeTuple({}); }),
           Make([](Document& d) { return d.MakeSet(); }),
           Make([](Document& d) { return d.MakeFrozenSet({}); }),
           Make([](Document& d) { return d.MakeDict(); }),
           Make([](Document& d) { return d.MakeGlobal("m", "f"); }),
           Make([](Document& d) { return d.MakeExtension(1); }),
           Make([](Document& d) { return d.MakePersistentId(Value::Int(1)); }),
           Make([](Document& d) { return d.MakeBuffer(Buffer::Borrow("x")); }),
           Make([](Document& d) { return d.Copy(Value::Int(1)); }),
       }) {
    Document document;
    const Document moved = std::move(document);
    // NOLINTNEXTLINE(bugprone-use-after-move)
    EXPECT_EQ(Repr(make(document)), Repr(make(other_)));
  }
}

TEST_F(DocumentMakeTest, ListsGrow) {
  const Value list = document_.MakeList();
  const Value nested = document_.MakeList();
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(document_.Append(list, Value::Int(i)));
    if (i % 1000 == 0) {
      ASSERT_TRUE(document_.Append(nested, Value::Int(i)));
    }
  }
  ASSERT_EQ(list.size(), 100'000u);
  for (int i = 0; i < 100'000; ++i) ASSERT_EQ(list[i].AsInt64(), i);
  EXPECT_EQ(nested[99].AsInt64(), 99'000);
}

TEST_F(DocumentMakeTest, ContainersOfAllSizesHoldTheirItems) {
  for (const size_t size : {0u, 1u, 3u, 4u, 63u, 64u, 65u, 1000u, 5000u}) {
    std::vector<Value> items;
    for (size_t i = 0; i < size; ++i) {
      items.push_back(Value::Int(static_cast<int64_t>(i)));
    }
    const Value made[] = {document_.MakeList(items), document_.MakeTuple(items),
                          document_.MakeSet(items),
                          document_.MakeFrozenSet(items)};
    for (const Value value : made) {
      ASSERT_EQ(value.items().size(), size);
      for (size_t i = 0; i < size; ++i) {
        ASSERT_TRUE(value.items()[i].Is(items[i]));
      }
    }
    EXPECT_EQ(document_.MakeDict(items).is_null(), size % 2 != 0);
  }
}

TEST_F(DocumentMakeTest, SecondPlacesMakeShared) {
  const Value list = document_.MakeList();
  EXPECT_FALSE(list.is_shared());
  const Value holder = List(document_, {list});
  EXPECT_FALSE(list.is_shared());
  SetState(document_, Object(document_, {}), list);
  EXPECT_TRUE(list.is_shared());
  document_.SetRoot(holder);
  EXPECT_FALSE(holder.is_shared());
  EXPECT_FALSE(Value::Int(1).is_shared());
}

TEST_F(DocumentMakeTest, OtherKindsAreRefused) {
  const Value list = document_.MakeList();
  const Value tuple = document_.MakeTuple({});
  const Value global = document_.MakeGlobal("m", "f");
  EXPECT_FALSE(document_.Append(tuple, list));
  EXPECT_FALSE(document_.Append(list, Value()));
  EXPECT_FALSE(document_.SetItem(list, list, list));
  EXPECT_FALSE(document_.SetItem(document_.MakeDict(), Value(), list));
  EXPECT_FALSE(document_.Add(list, list));
  EXPECT_FALSE(document_.Add(document_.MakeSet(), Value()));
  const Value nothing[] = {Value::Int(1), Value()};
  EXPECT_TRUE(document_.MakeList(nothing).is_null());
  EXPECT_TRUE(document_.MakeTuple(nothing).is_null());
  EXPECT_TRUE(document_.MakeSet(nothing).is_null());
  EXPECT_TRUE(document_.MakeFrozenSet(nothing).is_null());
  EXPECT_TRUE(document_.MakeDict(nothing).is_null());
  EXPECT_FALSE(AddPost(document_, list, PostKind::kState, {list}));
  EXPECT_FALSE(AddPost(document_, global, PostKind::kState, {}));
  EXPECT_FALSE(AddPost(document_, global, PostKind::kState, {list, list}));
  EXPECT_FALSE(AddPost(document_, global, PostKind::kSetItem, {list}));
  EXPECT_FALSE(AddPost(document_, global, PostKind::kAppend, {Value()}));
  EXPECT_TRUE(document_.MakeStr("\xc3").is_null());
  EXPECT_TRUE(document_.MakeGlobal("", "f").is_null());
  EXPECT_TRUE(document_.MakeGlobal("m", std::string_view("a\0b", 3)).is_null());
  EXPECT_TRUE(document_.MakeExtension(0).is_null());
  EXPECT_TRUE(document_.MakePersistentId(Value()).is_null());
  EXPECT_TRUE(document_.MakeObject(ObjectForm::kReduce, list, tuple).is_null());
  EXPECT_TRUE(
      document_.MakeObject(ObjectForm::kReduce, global, list).is_null());
  EXPECT_TRUE(
      document_.MakeObject(ObjectForm::kNewObjEx, global, tuple).is_null());
  EXPECT_TRUE(
      document_
          .MakeObject(ObjectForm::kReduce, global, tuple, document_.MakeDict())
          .is_null());
}

TEST_F(DocumentMakeTest, EveryKindIsCopied) {
  const Value object =
      Object(document_, {Value::Int(1)}, ObjectForm::kNewObjEx);
  SetState(document_, object, make_.Dict({{"x", 1}}));
  AddPost(document_, object, PostKind::kAppend, {make_.List({1, 2})});
  ExpectCopied(make_.List(
      {nullptr, true, 1, 1.5, "x", std::string(1000, 'x'),
       document_.MakeIntFromText("-" + std::string(40, '9')),
       document_.MakeBytes("\xff"), document_.MakeByteArray("abc"),
       document_.MakeByteArray(std::string(1000, 'y')), make_.Tuple({}),
       make_.Tuple({1, "y"}), make_.Set({1, "z"}), make_.FrozenSet({2, "z"}),
       make_.Dict({{"a", "b"}}), document_.MakeGlobal("m", "f"), object,
       document_.MakeExtension(5),
       document_.MakePersistentId(make_.Of("id"))}));
}

TEST_F(DocumentMakeTest, SharingIsCopied) {
  ExpectCopied(testing::Diamonds(document_, 60));
  const Value text = make_.Of("shared");
  ExpectCopied(make_.List({text, text, make_.Of("shared")}));
}

TEST_F(DocumentMakeTest, CyclesAreCopied) {
  ExpectCopied(testing::Ring(document_, 1));
  ExpectCopied(testing::Ring(document_, 5));
  const Value object = Object(document_, {});
  SetState(document_, object, Tuple(document_, {object}));
  ExpectCopied(object);
}

TEST_F(DocumentMakeTest, CopiesAreSharedWhereTheirOriginalsAre) {
  const Value list = document_.MakeList();
  const Value holder = List(document_, {list});
  Document other;
  EXPECT_FALSE(other.Copy(holder)[0].is_shared());
  const Value twice = other.Copy(List(document_, {list, list}));
  EXPECT_TRUE(twice[0].is_shared());
  EXPECT_TRUE(twice[0].Is(twice[1]));
}

TEST_F(DocumentMakeTest, BuffersAreCopiedByReference) {
  const std::string bytes = "0123456789";
  const Value list = make_.List({document_.MakeBuffer(Buffer::Borrow(bytes))});
  Document other;
  const Value copy = other.Copy(list);
  EXPECT_EQ(copy[0].buffer()->data(),
            reinterpret_cast<const uint8_t*>(bytes.data()));
  EXPECT_EQ(other.buffer_count(), 1u);
  EXPECT_TRUE(copy[0].readonly());
  const Value writable = document_.MakeBuffer(Buffer::Copy(bytes).value());
  EXPECT_FALSE(other.Copy(writable).readonly());
  EXPECT_EQ(other.Copy(writable).buffer()->data(), writable.buffer()->data());
}

TEST_F(DocumentMakeTest, PlaceholdersAreCopied) {
  ReadOptions options;
  options.placeholder_buffers = true;
  ASSERT_TRUE(document_.LoadBorrowed("\x97\x97\x98\x86.", options).ok());
  ExpectCopied(document_.root());
}

TEST_F(DocumentMakeTest, ValuesAreCopiedWithinTheirDocument) {
  const Value list = make_.List({1, make_.List({"x"})});
  const Value copy = document_.Copy(list);
  EXPECT_TRUE(Identical(list, copy));
  EXPECT_FALSE(list[1].Is(copy[1]));
  EXPECT_TRUE(document_.Copy(Value()).is_null());
  EXPECT_TRUE(document_.Copy(Value::Int(1)).Is(Value::Int(1)));
}

}  // namespace
}  // namespace pickle5

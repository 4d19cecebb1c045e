// A Document that is at the end of its memory: wherever that is met, nothing
// but the limit is told, and what was made before stays as it was.

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "buffers/bytes/istream_byte_reader.h"
#include "gtest/gtest.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/show/canonical_tree.h"
#include "pickle/show/json_format.h"
#include "pickle/value/document.h"
#include "pickle/value/literal.h"
#include "pickle/value/repr.h"
#include "tests/value/graphs.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

// The first block of an arena that has a limit; the next one is larger.
constexpr size_t kBlock = 4096;

// What a Document holds that has no objects.
size_t MemoryOfNone() {
  Document document;
  EXPECT_TRUE(document.LoadOwned("N.").ok());
  return document.memory_used();
}

// Enough for one block of objects.
ReadOptions Limited() {
  static const size_t none = MemoryOfNone();
  ReadOptions options;
  options.encoding = StringEncoding::kLatin1;
  options.placeholder_buffers = true;
  options.limits.max_memory = none + 2 * kBlock;
  return options;
}

// Opcodes that take `size` bytes of the arena, a multiple of 8, and leave
// nothing else.
std::string Taken(size_t size) {
  constexpr size_t kHeader = 8;
  std::string opcodes;
  while (size != 0) {
    const size_t part = std::min<size_t>(size, 128);
    opcodes += "C" + std::string(1, static_cast<char>(part - kHeader)) +
               std::string(part - kHeader, 'x') + "0";
    size -= part;
  }
  return opcodes;
}

std::vector<std::string> Pickles() {
  const std::string call = "cm\nf\n)R";
  return {
      "\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x01"s,  // a large int
      "L1234567890123456789012345678901234567890L\n",
      "B\0\2\0\0"s + std::string(512, 'b'),
      "X\0\2\0\0"s + std::string(512, 't'),
      "\x96\4\0\0\0\0\0\0\0abcd"s,
      "U\4\xe9\xe9\xe9\xe9"s,  // latin1
      "U\4abcd",
      "Vabcd\n",
      "(K\1K\2l",
      "(K\1K\2d",
      "(K\1K\2t",
      "(K\1K\2\x91",
      "]K\1a(K\2K\3e](K\1K\2e\x86",
      "}K\1K\2s",
      "\x8f(K\1K\2\x90",
      "\x96\1\0\0\0\0\0\0\0a(K\1K\2e"s,
      "\x96\1\0\0\0\0\0\0\0aK\0K\2s"s,
      "cm\nf\n",
      "\x8c\1m\x8c\1f\x93",
      call,
      "cm\nf\n)\x81",
      "cm\nf\n)}\x92",
      "(K\1im\nf\n",
      "(cm\nf\nK\1o",
      "(im\nf\n",
      "\x82\1",
      "K\1Q",
      "Pid\n",
      "\x97",
      "\x97\x98",
      call + "Nb",
      call + "K\1a",
      call + "K\1K\2s",
      call + "(K\1\x90",
      call + call + "0",  // an effect of what is below it
      "N" + call + "0",   // one of the Document
  };
}

// Loads `opcodes` behind others that take memory; whether there was enough.
bool LoadsBehind(size_t taken, const std::string& opcodes,
                 const std::string& wanted, Document* document) {
  const absl::Status status =
      document->LoadOwned(Taken(taken) + opcodes + ".", Limited());
  if (status.ok()) {
    EXPECT_EQ(CanonicalTree(document->root()).value(), wanted);
    return true;
  }
  const auto error = GetDecodeError(status);
  EXPECT_TRUE(error.has_value() && error->code == ErrorCode::kMemoryLimit)
      << status;
  EXPECT_TRUE(document->root().is_null());
  return false;
}

TEST(MemoryLimit, LoadingEndsWithItWhereverItIsMet) {
  Document document;
  for (const std::string& opcodes : Pickles()) {
    SCOPED_TRACE(::testing::PrintToString(opcodes));
    ASSERT_TRUE(document.LoadOwned(opcodes + ".", Limited()).ok());
    const std::string wanted = CanonicalTree(document.root()).value();
    ASSERT_TRUE(LoadsBehind(kBlock - 2048, opcodes, wanted, &document));
    // From where all of it fits to where nothing does.
    size_t taken = kBlock - 2048;
    while (LoadsBehind(taken, opcodes, wanted, &document)) taken += 8;
    ASSERT_LT(taken, kBlock);
    for (; taken < kBlock; taken += 8) {
      ASSERT_FALSE(LoadsBehind(taken, opcodes, wanted, &document));
    }
    ASSERT_TRUE(LoadsBehind(0, opcodes, wanted, &document));
  }
}

TEST(MemoryLimit, LargePayloadThatFitsNeedsRoomForItsObject) {
  constexpr size_t kSize = 200'000;
  for (const char opcode : {'B', 'X', 'T', '\x96'}) {
    std::string pickle = opcode + "\x40\x0d\x03\0"s;
    if (opcode == '\x96') pickle += "\0\0\0\0"s;
    pickle += std::string(kSize, 'x') + ".";
    for (const bool fits : {false, true}) {
      std::istringstream stream(pickle);
      IstreamByteReader reader(&stream);
      ReadOptions options = Limited();
      // Text of Python 2 is copied.
      options.limits.max_memory +=
          fits ? (opcode == 'T' ? 2 * kSize : kSize) : kSize - 2 * kBlock;
      Document document;
      const absl::Status status = document.Load(reader, options);
      EXPECT_EQ(status.ok(), fits) << status;
      const auto error = GetDecodeError(status);
      EXPECT_EQ(error.has_value() && error->code == ErrorCode::kMemoryLimit,
                !fits);
    }
  }
}

// What is made by hand, from a list, a dict, a set and an object that were made
// before. A null Value says that memory ran out.
using Make = Value (*)(Document&, Value list, Value dict, Value set,
                       Value object);

const Make kMakes[] = {
    [](Document& d, Value, Value, Value, Value) { return d.MakeStr("text"); },
    [](Document& d, Value, Value, Value, Value) { return d.MakeBytes("text"); },
    [](Document& d, Value, Value, Value, Value) {
      return d.MakeByteArray("text");
    },
    [](Document& d, Value, Value, Value, Value) {
      return d.MakeIntFromText("1234567890123456789012345678901234567890");
    },
    [](Document& d, Value list, Value, Value, Value) {
      return d.MakeList(list.items());
    },
    [](Document& d, Value list, Value, Value, Value) {
      return d.MakeTuple(list.items());
    },
    [](Document& d, Value, Value, Value set, Value) {
      return d.MakeSet(set.items());
    },
    [](Document& d, Value, Value, Value set, Value) {
      return d.MakeFrozenSet(set.items());
    },
    [](Document& d, Value, Value dict, Value, Value) {
      return d.MakeDict(dict.pairs().flat());
    },
    [](Document& d, Value, Value, Value, Value) {
      return d.MakeGlobal("m", "f");
    },
    [](Document& d, Value, Value, Value, Value object) {
      return d.MakeObject(ObjectForm::kReduce, object.callable(),
                          object.args());
    },
    [](Document& d, Value, Value dict, Value, Value object) {
      return d.MakeObject(ObjectForm::kNewObjEx, object.callable(),
                          object.args(), dict);
    },
    [](Document& d, Value, Value, Value, Value) { return d.MakeExtension(1); },
    [](Document& d, Value list, Value, Value, Value) {
      return d.MakePersistentId(list);
    },
    [](Document& d, Value, Value, Value, Value) {
      return d.MakeBuffer(Buffer::Borrow("abc"));
    },
    [](Document& d, Value list, Value, Value, Value) {
      return d.Append(list, Value::Int(5)) ? list : Value();
    },
    [](Document& d, Value, Value dict, Value, Value) {
      return d.SetItem(dict, Value::Int(5), Value::Int(6)) ? dict : Value();
    },
    [](Document& d, Value, Value, Value set, Value) {
      return d.Add(set, Value::Int(5)) ? set : Value();
    },
    [](Document& d, Value, Value, Value, Value object) {
      return testing::SetState(d, object, Value::None()) ? object : Value();
    },
    [](Document& d, Value list, Value dict, Value set, Value object) {
      testing::AddPost(d, object, PostKind::kAppend, {list, dict, set});
      return d.Copy(object);
    },
    [](Document& d, Value list, Value, Value, Value) {
      Document other;
      const Value items[] = {
          other.MakeExtension(1), other.MakeBuffer(Buffer::Borrow("abc")),
          other.MakePersistentId(other.Copy(list)), other.MakeFrozenSet({}),
          other.MakeByteArray("abc")};
      return d.Copy(other.MakeTuple(items));
    },
    [](Document& d, Value, Value, Value, Value) {
      const Maker make(&d);
      return make.Dict({{"a", make.List({1, make.Call("m.f", {"x"})})}});
    },
};

// A document with so much of its memory taken.
struct Filled {
  explicit Filled(size_t taken) {
    EXPECT_TRUE(document.LoadOwned("N.", Limited()).ok());
    const Value items[] = {Value::Int(1), Value::Int(2)};
    list = document.MakeList(items);
    dict = document.MakeDict(items);
    set = document.MakeSet(items);
    object = testing::Object(document, {Value::Int(1)});
    for (; taken > 8; taken -= std::min<size_t>(taken, 128)) {
      document.MakeBytes(std::string(std::min<size_t>(taken, 128) - 8, 'x'));
    }
  }

  std::string Show() const {
    return Repr(list) + Repr(dict) + Repr(set) + Repr(object);
  }

  Document document;
  Value list;
  Value dict;
  Value set;
  Value object;
};

TEST(MemoryLimit, MakingGivesNullWhereverItIsMet) {
  for (const Make& make : kMakes) {
    SCOPED_TRACE(&make - kMakes);
    const auto made_behind = [&make](size_t taken) {
      Filled filled(taken);
      const std::string before = filled.Show();
      const Value made = make(filled.document, filled.list, filled.dict,
                              filled.set, filled.object);
      if (!made.is_null()) return Repr(made);
      // Only Copy() has put something into the object before.
      if (filled.object.posts().empty()) {
        EXPECT_EQ(filled.Show(), before);
      }
      return std::string();
    };
    const std::string wanted = made_behind(0);
    ASSERT_NE(wanted, "");
    size_t taken = kBlock - 2048;
    while (made_behind(taken) == wanted) taken += 8;
    ASSERT_LT(taken, kBlock);
    for (; taken < kBlock; taken += 8) ASSERT_EQ(made_behind(taken), "");
  }
}

TEST(MemoryLimit, ReadingJsonEndsWithItWhereverItIsMet) {
  for (const std::string_view json : {
           R"({"a": [1, 18446744073709551616, "text", {}]})",
           R"([{"$int": "0x123456789abcdef012345"},
               {"$int": "12345678901234567890123"}])",
           R"([{"$global": ["m", "f"]}, {"$global": ["n", "g"]}])",
           R"([{"$tuple": []}, {"$tuple": [1]}, {"$set": [1]},
               {"$frozenset": [1]}, {"$dict": [[1, 2]]}])",
           R"([{"$bytes": "YWJj"}, {"$bytearray": "YWJj"},
               {"$surrogatepass": "7aCA"}])",
           R"([{"$extension": 1}, {"$persistent_id": 1}, {"$buffer": 1},
               {"$buffer": 1, "$data": "YWJj"}])",
           R"({"$object": "reduce", "$callable": {"$extension": 1},
               "$args": [], "$posts": [["append", [1, 2]]]})",
           R"([{"$ref": 1}, {"$id": 1, "$list": []}])",
       }) {
    SCOPED_TRACE(json);
    const auto read_behind = [json](size_t taken) {
      Filled filled(taken);
      const absl::StatusOr<Value> value = FromJson(json, &filled.document);
      if (value.ok()) return Repr(*value);
      EXPECT_TRUE(absl::IsResourceExhausted(value.status())) << value.status();
      return std::string();
    };
    const std::string wanted = read_behind(0);
    ASSERT_NE(wanted, "");
    size_t taken = kBlock - 2048;
    while (read_behind(taken) == wanted) taken += 8;
    ASSERT_LT(taken, kBlock);
    for (; taken < kBlock; taken += 8) ASSERT_EQ(read_behind(taken), "");
  }
}

}  // namespace
}  // namespace pickle5

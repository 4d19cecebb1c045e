#include "pickle/value/value_builder.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/source.h"
#include "gtest/gtest.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/value/document.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

std::string Letters(size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i % 26);
  return text;
}

std::string Length(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) {
    text += static_cast<char>(value >> (8 * i) & 0xff);
  }
  return text;
}

std::string Load(std::string_view pickle, Document* document) {
  const absl::Status status = document->LoadBorrowed(pickle);
  if (status.ok()) return "ok";
  const auto error = GetDecodeError(status);
  if (!error.has_value()) return status.ToString();
  return std::string(ErrorCodeName(error->code)) + "@" +
         std::to_string(error->offset);
}

TEST(ValueBuilder, TextsOfEveryLengthAreWhole) {
  for (size_t size = 0; size < 600; ++size) {
    const std::string text = Letters(size);
    const std::string pickle = "X" + Length(size, 4) + text + "B" +
                               Length(size, 4) + text + "\x96" +
                               Length(size, 8) + text + "T" + Length(size, 4) +
                               text + "V" + text + "\nt.";
    Document borrowed;
    Document owned;
    ASSERT_EQ(Load("(" + pickle, &owned), "ok");
    const std::string marked = "(" + pickle;
    ASSERT_EQ(Load(marked, &borrowed), "ok");
    ASSERT_TRUE(owned.LoadOwned(marked).ok());
    for (const Document* document : {&borrowed, &owned}) {
      const Value root = document->root();
      ASSERT_EQ(root.size(), 5u);
      for (const int str : {0, 3, 4}) {
        EXPECT_EQ(root[str].AsStr(), text) << size;
      }
      for (const int bytes : {1, 2}) {
        EXPECT_EQ(root[bytes].AsBytes(), text) << size;
      }
    }
  }
}

TEST(ValueBuilder, IntsOfEveryLengthAreShortened) {
  const int64_t values[] = {0,   1,    -1,        127,       128,     -128,
                            255, -129, INT64_MAX, INT64_MIN, 1 << 16, -65537};
  for (const int64_t value : values) {
    const std::string bytes = Length(static_cast<uint64_t>(value), 8);
    for (int more = 0; more < 4; ++more) {
      const std::string padded = bytes + std::string(static_cast<size_t>(more),
                                                     value < 0 ? '\xff' : '\0');
      for (const std::string& head : {"\x8a" + Length(padded.size(), 1),
                                      "\x8b" + Length(padded.size(), 4)}) {
        // Short and long input take different ways.
        for (const std::string& tail : {"."s, std::string(20, ' ')}) {
          Document document;
          ReadOptions options;
          options.allow_trailing = true;
          ASSERT_TRUE(
              document.LoadOwned(head + padded + "." + tail, options).ok());
          EXPECT_EQ(document.root().AsInt64(), value);
        }
      }
    }
  }
  Document document;
  ASSERT_EQ(Load("\x8a\x09\0\0\0\0\0\0\0\x80\0."s, &document), "ok");
  EXPECT_EQ(document.root().AsIntText(), "9223372036854775808");
  ASSERT_EQ(Load("\x8a\x09\xff\xff\xff\xff\xff\xff\xff\x7f\xff."s, &document),
            "ok");
  EXPECT_EQ(document.root().AsIntText(), "-9223372036854775809");
  for (int size = 1; size <= 8; ++size) {
    for (const uint8_t top : {uint8_t{0x7f}, uint8_t{0x80}}) {
      std::string bytes = Letters(static_cast<size_t>(size));
      bytes.back() = static_cast<char>(top);
      uint64_t wanted = top < 0x80 ? 0 : ~uint64_t{0};
      for (size_t i = bytes.size(); i-- > 0;) {
        wanted = wanted << 8 | static_cast<uint8_t>(bytes[i]);
      }
      for (const std::string& tail : {"."s, "0N" + std::string(20, '0')}) {
        ReadOptions options;
        options.allow_trailing = true;
        ASSERT_TRUE(document
                        .LoadOwned("\x8a" + Length(bytes.size(), 1) + bytes +
                                       "." + tail,
                                   options)
                        .ok());
        EXPECT_EQ(document.root().AsInt64(), static_cast<int64_t>(wanted));
      }
    }
  }
}

// The ints from `first` on.
std::string Ints(size_t first, size_t count) {
  std::string opcodes;
  for (size_t i = first; i < first + count; ++i) {
    opcodes += "J" + Length(i, 4);
  }
  return opcodes;
}

void ExpectInts(Value container, size_t count) {
  ASSERT_EQ(container.size(), count);
  for (size_t i = 0; i < count; ++i) {
    ASSERT_EQ(container.items()[i].AsInt64(), static_cast<int64_t>(i)) << count;
  }
}

TEST(ValueBuilder, ContainersOfEverySizeAreWhole) {
  Document document;
  for (const size_t count : std::initializer_list<size_t>{
           0,   1,   2,    3,    4,    5,    6,    7,    8,   9,
           15,  16,  17,   63,   64,   65,   66,   127,  128, 129,
           200, 255, 1023, 1024, 1025, 4095, 4096, 4097, 9000}) {
    const std::string ints = Ints(0, count);
    for (const char* close : {"t.", "l.", "\x91."}) {
      ASSERT_EQ(Load("(" + ints + close, &document), "ok");
      ExpectInts(document.root(), count);
    }
    ASSERT_EQ(Load("](" + ints + "e.", &document), "ok");
    ExpectInts(document.root(), count);
    ASSERT_EQ(Load("\x8f(" + ints + "\x90.", &document), "ok");
    ExpectInts(document.root(), count);
    if (count % 2 != 0) continue;
    for (const std::string& pickle : {"(" + ints + "d.", "}(" + ints + "u."}) {
      ASSERT_EQ(Load(pickle, &document), "ok");
      const Value root = document.root();
      ASSERT_EQ(root.pairs().size(), count / 2);
      int64_t next = 0;
      for (const Pair pair : root.pairs()) {
        ASSERT_EQ(pair.key.AsInt64(), next++);
        ASSERT_EQ(pair.value.AsInt64(), next++);
      }
    }
  }
}

TEST(ValueBuilder, ListsGrowByBatchesOfEverySize) {
  Document document;
  for (const size_t first :
       std::initializer_list<size_t>{1, 3, 64, 65, 4095, 4096}) {
    for (const size_t batch :
         std::initializer_list<size_t>{1, 2, 5, 64, 65, 1000, 5000}) {
      // Something stands behind the list, so that it must move.
      std::string pickle = "](" + Ints(0, first) + "e";
      size_t count = first;
      for (int i = 0; i < 5; ++i) {
        pickle += "]0(" + Ints(count, batch) + "e";
        count += batch;
      }
      ASSERT_EQ(Load(pickle + ".", &document), "ok");
      ExpectInts(document.root(), count);
    }
  }
}

TEST(ValueBuilder, ListsGrowInPlaceOverTheSizeOfLargeOnes) {
  Document document;
  for (size_t first = 4090; first <= 4098; ++first) {
    std::string pickle = "](" + Ints(0, first) + "e";
    for (size_t i = first; i < 8200; ++i) pickle += Ints(i, 1) + "a";
    ASSERT_EQ(Load(pickle + ".", &document), "ok");
    ExpectInts(document.root(), 8200);
  }
}

TEST(ValueBuilder, ListsOverTheMemoryLimitAreRefused) {
  for (const size_t batch :
       std::initializer_list<size_t>{1, 10, 1000, 10'000}) {
    std::string pickle = "]";
    for (size_t count = 0; count < 100'000; count += batch) {
      pickle += "(" + Ints(count, batch) + "e";
    }
    Document document;
    ReadOptions options;
    options.limits.max_memory = 300'000;
    const auto error =
        GetDecodeError(document.LoadBorrowed(pickle + ".", options));
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->code, ErrorCode::kMemoryLimit);
  }
}

TEST(ValueBuilder, LargeListsTakeMemoryOnce) {
  std::string pickle = "]";
  size_t count = 0;
  for (; count < 200'000; count += 100) {
    pickle += "]0(" + Ints(count, 100) + "e";
  }
  Document document;
  ReadOptions options;
  options.limits.max_memory = 4 * count * sizeof(Value);
  ASSERT_TRUE(document.LoadBorrowed(pickle + ".", options).ok());
  ExpectInts(document.root(), count);
}

TEST(ValueBuilder, NamesOfProtocol3AndUpAreNoPython2Names) {
  Document document;
  document.MakeStr("by hand");
  EXPECT_EQ(document.protocol(), 0);
  for (int protocol = 0; protocol <= 5; ++protocol) {
    const std::string pickle =
        "\x80"s + static_cast<char>(protocol) + "cm\nn\n.";
    ASSERT_EQ(Load(pickle, &document), "ok");
    EXPECT_EQ(document.protocol(), protocol);
    EXPECT_EQ(internal::ValueAccess::head(document.root()) &
                  internal::ValueAccess::kPython2Name,
              protocol < 3 ? internal::ValueAccess::kPython2Name : 0);
  }
}

TEST(ValueBuilder, NamesAreStrWithoutNul) {
  Document document;
  EXPECT_EQ(Load("\x8c\1m\x8c\1n\x93.", &document), "ok");
  EXPECT_EQ(Load("N\x8c\1n\x93.", &document), "E_TYPE@4");
  EXPECT_EQ(Load("\x8c\1mN\x93.", &document), "E_TYPE@4");
  EXPECT_EQ(Load("\x8c\1m\x8c\0\x93."s, &document), "E_BAD_NAME@5");
  EXPECT_EQ(Load("\x8c\0\x8c\1n\x93."s, &document), "E_BAD_NAME@5");
  EXPECT_EQ(Load("\x8c\2m\0\x8c\1n\x93."s, &document), "E_BAD_NAME@7");
  // The name that was looked at once is not looked at again, others are.
  EXPECT_EQ(Load("\x8c\1m\x94h\0\x93\x8c\0h\0\x93."s, &document),
            "E_BAD_NAME@11");
}

TEST(ValueBuilder, TuplesAreLookedIntoOnceAndForGood) {
  Document document;
  EXPECT_EQ(Load("}N\x85\x94Nsh\0Ns."s, &document), "ok");
  EXPECT_EQ(Load("}N\x85\x85\x85\x85Ns.", &document), "ok");
  EXPECT_EQ(Load("}N]\x86\x85\x94Ns.", &document), "E_UNHASHABLE@7");
  EXPECT_EQ(Load("})\x94Nsh\0]\x86Ns."s, &document), "E_UNHASHABLE@10");
  EXPECT_EQ(Load("}\x8fNs.", &document), "E_UNHASHABLE@3");
  EXPECT_EQ(Load("}}Ns.", &document), "E_UNHASHABLE@3");
  EXPECT_EQ(Load("}\x96\0\0\0\0\0\0\0\0Ns."s, &document), "E_UNHASHABLE@11");
  EXPECT_EQ(Load("}(\x91Ns.", &document), "ok");
  EXPECT_EQ(Load("}N]s.", &document), "ok");
}

TEST(ValueBuilder, ItemsOfListsAndByteArraysAreSetFromBothEnds) {
  Document document;
  ASSERT_EQ(Load("](K\1K\2K\3e(K\0K\7J\xff\xff\xff\xffK\x09u."s, &document),
            "ok");
  EXPECT_EQ(document.root()[0].AsInt64(), 7);
  EXPECT_EQ(document.root()[1].AsInt64(), 2);
  EXPECT_EQ(document.root()[2].AsInt64(), 9);
  ASSERT_EQ(
      Load("\x96\3\0\0\0\0\0\0\0abc(K\1KXJ\xff\xff\xff\xffKZu."s, &document),
      "ok");
  EXPECT_EQ(document.root().AsBytes(), "aXZ");
  ASSERT_EQ(Load("\x96\3\0\0\0\0\0\0\0abc(KdK\0K\xff"
                 "e."s,
                 &document),
            "ok");
  EXPECT_EQ(document.root().AsBytes(), "abcd\0\xff"s);
  for (const char byte : {'x', 'y'}) {  // not what memory held before
    Document fresh;
    ASSERT_EQ(Load("\x96\1\0\0\0\0\0\0\0"s + byte + "Kba.", &fresh), "ok");
    EXPECT_EQ(fresh.root().AsBytes(), std::string(1, byte) + "b");
  }
  ASSERT_EQ(Load("\x96\0\0\0\0\0\0\0\0Kba."s, &document), "ok");
  EXPECT_EQ(document.root().AsBytes(), "b");
  EXPECT_EQ(Load("](K\1eNK\7s.", &document), "E_TYPE@8");
  EXPECT_EQ(Load("](K\1e\x8a\x09\0\0\0\0\0\0\0\0\1K\7s."s, &document),
            "E_INDEX@18");
  EXPECT_EQ(Load("](K\1e\x88K\7s.", &document), "E_INDEX@8");
  ASSERT_EQ(Load("](K\1e\x89K\7s.", &document), "ok");
  EXPECT_EQ(document.root()[0].AsInt64(), 7);
}

// Fails, or has come to its end.
class NoBuffers final : public BufferSource {
 public:
  explicit NoBuffers(absl::Status status) : failure_(std::move(status)) {}

 protected:
  absl::StatusOr<Buffer> NextBuffer() override {
    return failure_.ok() ? EndOfBuffers() : failure_;
  }

 private:
  absl::Status failure_;
};

TEST(ValueBuilder, FailureOfASourceIsToldAndItsEndIsAnError) {
  Document document;
  NoBuffers failing(absl::DataLossError("torn"));
  EXPECT_EQ(document.LoadBorrowed("\x97.", {}, &failing).code(),
            absl::StatusCode::kDataLoss);
  NoBuffers ended{absl::OkStatus()};
  const auto error = GetDecodeError(document.LoadBorrowed("\x97.", {}, &ended));
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code, ErrorCode::kNoBuffer);
  ReadOptions options;
  options.placeholder_buffers = true;
  EXPECT_TRUE(document.LoadBorrowed("\x97\x97\x86.", options, &ended).ok());
  EXPECT_EQ(document.root()[0].buffer_index(), 0u);
  EXPECT_EQ(document.root()[1].buffer_index(), 1u);
  EXPECT_EQ(document.root()[1].buffer(), nullptr);
}

TEST(ValueBuilder, EveryKindOfObjectCountsForTheDepth) {
  // Lists in the states of extensions, tuples, objects and persistent ids.
  const std::string_view pickles[] = {"]\x82\1]\x82\1Nbaba.",
                                      "N\x85\x85\x85\x85.", "]]]]aaa.",
                                      "cm\nn\n)RN\x85\x85\x85"
                                      "b.",
                                      "NQQQQ."};
  for (const std::string_view pickle : pickles) {
    Document document;
    ReadOptions options;
    options.limits.max_depth = 3;
    const auto error = GetDecodeError(document.LoadBorrowed(pickle, options));
    ASSERT_TRUE(error.has_value()) << pickle;
    EXPECT_EQ(error->code, ErrorCode::kDepthLimit) << pickle;
    EXPECT_EQ(Load(pickle, &document), "ok") << pickle;
  }
}

TEST(ValueBuilder, WhatIsDroppedWithStateIsKeptAsAnEffect) {
  Document document;
  const std::string object = "cm\nn\n)R";
  ASSERT_EQ(Load(object + "N0.", &document), "ok");
  EXPECT_EQ(document.effects().size(), 0u);
  ASSERT_EQ(Load("N" + object + "0.", &document), "ok");
  EXPECT_EQ(document.effects().size(), 1u);
  ASSERT_EQ(Load("N(" + object + object + "1.", &document), "ok");
  EXPECT_EQ(document.effects().size(), 2u);
  ASSERT_EQ(Load(object + "N.", &document), "ok");
  EXPECT_EQ(document.effects().size(), 1u);
  // A name alone has no effect.
  ASSERT_EQ(Load("Ncm\nn\n0.", &document), "ok");
  EXPECT_EQ(document.effects().size(), 0u);
  ASSERT_EQ(Load("Ncm\nn\nNb0.", &document), "ok");
  EXPECT_EQ(document.effects().size(), 1u);
  // What is dropped above an object is the object's.
  ASSERT_EQ(Load(object + object + "0.", &document), "ok");
  EXPECT_EQ(document.effects().size(), 0u);
  EXPECT_FALSE(document.root().posts().empty());
  ASSERT_EQ(Load(object + "20.", &document), "ok");
  EXPECT_TRUE(document.root().posts().empty());
}

}  // namespace
}  // namespace pickle5

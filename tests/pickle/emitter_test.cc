#include "pickle/emitter/emitter.h"

#include <sys/mman.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "buffers/bytes/memory_byte_writer.h"
#include "buffers/bytes/staging_byte_writer.h"
#include "gtest/gtest.h"
#include "pickle/emitter/payload_store.h"
#include "pickle/text/integer_text.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

// What one value adds to a pickle: without PROTO, frame and STOP.
std::string Emitted(int protocol, const std::function<void(Emitter&)>& write) {
  MemoryByteWriter writer;
  Emitter emitter;
  emitter.Start(writer, protocol);
  emitter.StartValue();
  write(emitter);
  EXPECT_TRUE(emitter.Finish().ok());
  std::string pickle(writer.written());
  EXPECT_EQ(pickle.back(), '.');
  pickle.pop_back();
  if (protocol >= 2) {
    EXPECT_EQ(pickle.substr(0, 2), "\x80"s + static_cast<char>(protocol));
    pickle.erase(0, 2);
  }
  if (protocol >= 4 && !pickle.empty() && pickle[0] == '\x95') {
    pickle.erase(0, 9);
  }
  return pickle;
}

std::string Int(int protocol, int64_t value) {
  return Emitted(protocol, [&](Emitter& e) { e.EmitInt(value); });
}

TEST(Emitter, IntTakesTheShortestBinaryForm) {
  EXPECT_EQ(Int(5, 0), "K\0"s);
  EXPECT_EQ(Int(5, 255), "K\xff");
  EXPECT_EQ(Int(5, 256), "M\0\x01"s);
  EXPECT_EQ(Int(5, 65535), "M\xff\xff");
  EXPECT_EQ(Int(5, 65536), "J\0\0\x01\0"s);
  EXPECT_EQ(Int(5, -1), "J\xff\xff\xff\xff");
  EXPECT_EQ(Int(5, INT32_MIN), "J\0\0\0\x80"s);
  EXPECT_EQ(Int(5, int64_t{1} << 31), "\x8a\x05\0\0\0\x80\0"s);
  EXPECT_EQ(Int(5, -(int64_t{1} << 31) - 1), "\x8a\x05\xff\xff\xff\x7f\xff");
  EXPECT_EQ(Int(2, INT64_MIN), "\x8a\x08\0\0\0\0\0\0\0\x80"s);
}

TEST(Emitter, IntBeforeProtocol2) {
  EXPECT_EQ(Int(1, 255), "K\xff");
  EXPECT_EQ(Int(1, -1), "J\xff\xff\xff\xff");
  EXPECT_EQ(Int(1, int64_t{1} << 31), "L2147483648L\n");
  EXPECT_EQ(Int(0, -7), "I-7\n");
  EXPECT_EQ(Int(0, INT64_MIN), "L-9223372036854775808L\n");
}

TEST(Emitter, TextFormsAreWrittenInAnyProtocolIfAskedFor) {
  const auto emit = [](Emitter& e) {
    for (const bool binary : {false, true}) {
      e.set_binary(binary);
      e.EmitInt(7);
      e.EmitFloat(1.5);
      e.EmitStr("a");
      e.EmitEmptyList();
      e.EmitEmptyTuple();
      e.EmitGet(3);
    }
  };
  const std::string real = "G\x3f\xf8\0\0\0\0\0\0"s;
  EXPECT_EQ(Emitted(5, emit), "I7\nF1.5\nVa\n(l)g3\nK\x07" + real +
                                  "\x8c\x01"
                                  "a])h\x03");
  EXPECT_EQ(Emitted(0, emit),
            "I7\nF1.5\nVa\n(l(tg3\nK\x07" + real + "X\x01\0\0\0a](th\x03"s);
}

TEST(Emitter, LongIsLong1Long4OrText) {
  const std::string two_to_64("\0\0\0\0\0\0\0\0\x01", 9);
  const auto emit = [&](Emitter& e) { e.EmitLong(two_to_64); };
  EXPECT_EQ(Emitted(5, emit), "\x8a\x09" + two_to_64);
  EXPECT_EQ(Emitted(1, emit), "L18446744073709551616L\n");
  const std::string large(70'000, '\x01');
  EXPECT_EQ(Emitted(2, [&](Emitter& e) { e.EmitLong(large); }),
            "\x8b\x70\x11\x01\0"s + large);
}

TEST(Emitter, Int32IsTheLimitOfIntBeforeProtocol2) {
  EXPECT_EQ(Int(0, INT32_MAX), "I2147483647\n");
  EXPECT_EQ(Int(0, int64_t{INT32_MAX} + 1), "L2147483648L\n");
  EXPECT_EQ(Int(0, INT32_MIN), "I-2147483648\n");
  EXPECT_EQ(Int(0, int64_t{INT32_MIN} - 1), "L-2147483649L\n");
  EXPECT_EQ(Int(1, INT32_MAX), "J\xff\xff\xff\x7f");
}

TEST(Emitter, EveryBitLengthOfIntIsShortest) {
  for (int bits = 32; bits < 63; ++bits) {
    for (const int64_t value :
         {(int64_t{1} << (bits - 1)) * 2 - 1, int64_t{1} << (bits - 1),
          -(int64_t{1} << (bits - 1)), -(int64_t{1} << (bits - 1)) - 1}) {
      if (value == static_cast<int32_t>(value)) continue;
      const std::string emitted = Int(5, value);
      const std::string bytes = TwosComplementFromInt64(value);
      EXPECT_EQ(emitted, "\x8a"s + static_cast<char>(bytes.size()) + bytes);
    }
  }
}

TEST(Emitter, Long1HoldsUpTo255Bytes) {
  const std::string longest(255, '\x01');
  const std::string longer(256, '\x01');
  EXPECT_EQ(Emitted(2, [&](Emitter& e) { e.EmitLong(longest); }),
            "\x8a\xff" + longest);
  EXPECT_EQ(Emitted(2, [&](Emitter& e) { e.EmitLong(longer); }),
            "\x8b\0\x01\0\0"s + longer);
}

TEST(Emitter, MemoIndexesChangeFormAt256) {
  for (const uint64_t index : {uint64_t{255}, uint64_t{256}}) {
    const auto emit = [&](Emitter& e) {
      e.set_memo_count(index);
      e.Memoize();
      e.EmitGet(index);
    };
    EXPECT_EQ(Emitted(2, emit),
              index == 255 ? "q\xffh\xff"s : "r\0\x01\0\0j\0\x01\0\0"s);
  }
  EXPECT_EQ(Emitted(2,
                    [](Emitter& e) {
                      e.set_memo_count(UINT32_MAX);
                      e.Memoize();
                    }),
            "r\xff\xff\xff\xff");
}

TEST(Emitter, RemembersUpToTheLargestIndex) {
  MemoryByteWriter writer;
  Emitter emitter;
  emitter.Start(writer, 4);
  int object = 0;
  EXPECT_EQ(emitter.IndexOf(&object), Memo::kAbsent);
  emitter.Remember(&object, Memo::kMaxIndex);
  EXPECT_TRUE(emitter.ok());
  EXPECT_EQ(emitter.IndexOf(&object), Memo::kMaxIndex);
  emitter.Remember(&object, Memo::kMaxIndex + 1);
  EXPECT_FALSE(emitter.ok());
  EXPECT_TRUE(absl::IsOutOfRange(emitter.Finish()));
}

TEST(Emitter, FirstErrorSticksUntilTheNextStart) {
  MemoryByteWriter writer;
  Emitter emitter;
  EXPECT_TRUE(emitter.ok());
  emitter.Start(writer, 5);
  EXPECT_FALSE(emitter.Fail(absl::DataLossError("first")));
  EXPECT_FALSE(emitter.Fail(absl::InternalError("second")));
  EXPECT_FALSE(emitter.ok());
  EXPECT_EQ(emitter.Finish(), absl::DataLossError("first"));
  EXPECT_EQ(writer.anchor(), nullptr);
  writer.Reset();
  emitter.Start(writer, 5);
  EXPECT_TRUE(emitter.ok());
  EXPECT_TRUE(emitter.Finish().ok());
}

TEST(Emitter, NextPickleHasTheMemoOfTheOneBefore) {
  MemoryByteWriter writer;
  Emitter emitter;
  int object = 0;
  EXPECT_EQ(emitter.memo_count(), 0u);
  emitter.Start(writer, 2);
  emitter.EmitNone();
  emitter.Memoize(&object);
  EXPECT_TRUE(emitter.Finish().ok());
  emitter.StartNext(writer, 2);
  EXPECT_TRUE(emitter.EmitKnown(&object));
  EXPECT_EQ(emitter.memo_count(), 1u);
  EXPECT_TRUE(emitter.Finish().ok());
  emitter.Start(writer, 2);
  EXPECT_FALSE(emitter.EmitKnown(&object));
  EXPECT_EQ(emitter.memo_count(), 0u);
  EXPECT_TRUE(emitter.Finish().ok());
  EXPECT_EQ(writer.written(), "\x80\x02Nq\0.\x80\x02h\0.\x80\x02."s);
}

// Has every payload that it is asked for.
class FullStore final : public PayloadStore {
 public:
  std::string_view label() const override { return ""; }
  uint64_t PaddingBefore(uint64_t, size_t, size_t) const override { return 0; }
  bool Write(Opcode, std::string_view, uint64_t) override { return true; }
  std::optional<uint32_t> Find(Opcode, std::string_view) override { return 7; }
};

TEST(Emitter, LargePayloadsOfTheStoreBecomeGets) {
  const std::string large(PayloadStore::kMinSize, 'x');
  const std::string_view small = std::string_view(large).substr(1);
  FullStore store;
  MemoryByteWriter writer;
  Emitter emitter;
  emitter.Start(writer, 5, &store);
  EXPECT_EQ(emitter.EmitStored(Opcode::BINBYTES, small), Memo::kAbsent);
  EXPECT_EQ(emitter.EmitStored(Opcode::BINBYTES, large), 7u);
  EXPECT_FALSE(emitter.Fail(absl::DataLossError("")));
  EXPECT_EQ(emitter.EmitStored(Opcode::BINBYTES, large), Memo::kAbsent);
  emitter.Abandon();
  // Older protocols have no store.
  emitter.Start(writer, 4, &store);
  EXPECT_EQ(emitter.EmitStored(Opcode::BINBYTES, large), Memo::kAbsent);
  emitter.Abandon();
}

// Counts bytes and keeps none.
class CountingWriter final : public StagingByteWriter {
 public:
  CountingWriter() : StagingByteWriter(kDefaultBufferSize) {}
  uint64_t size = 0;

 protected:
  bool Put(std::string_view head, std::string_view payload) override {
    size += head.size() + payload.size();
    return true;
  }
};

TEST(Emitter, PayloadsOf4GiBNeedProtocol4) {
  constexpr size_t kSize = size_t{1} << 32;
  void* zeros = ::mmap(nullptr, kSize, PROT_READ,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(zeros, MAP_FAILED);
  const std::string_view payload(static_cast<const char*>(zeros), kSize);
  using Emit = void (Emitter::*)(std::string_view);
  for (const Emit emit : {&Emitter::EmitStr, &Emitter::EmitBytes}) {
    for (const int protocol : {3, 4}) {
      for (const size_t size : {kSize - 1, kSize}) {
        CountingWriter writer;
        Emitter emitter;
        emitter.Start(writer, protocol);
        (emitter.*emit)(payload.substr(0, size));
        const absl::Status status = emitter.Finish();
        ASSERT_EQ(writer.Flush(), status.ok());
        if (protocol == 3 && size == kSize) {
          EXPECT_TRUE(absl::IsOutOfRange(status));
        } else {
          EXPECT_TRUE(status.ok());
          // PROTO, the opcode with its length, STOP.
          EXPECT_EQ(writer.size,
                    size + (size == kSize ? 2 + 9 + 1 : 2 + 5 + 1));
        }
      }
    }
  }
  ::munmap(zeros, kSize);
}

TEST(Emitter, MemoryIsThatOfMemoAndText) {
  Emitter emitter;
  const size_t before = emitter.memory_used();
  EXPECT_GE(before, 256 * 2 * sizeof(void*));
  EXPECT_LE(before, 256 * 2 * sizeof(void*) + 100);
  MemoryByteWriter writer;
  emitter.Start(writer, 0);
  emitter.EmitStr(std::string(1000, 'x'));
  EXPECT_TRUE(emitter.Finish().ok());
  EXPECT_GE(emitter.memory_used(), before + 900);
}

TEST(Emitter, ExtensionTakesTheShortestForm) {
  const auto emitted = [](int32_t code) {
    return Emitted(2, [code](Emitter& e) { e.EmitExtension(code); });
  };
  EXPECT_EQ(emitted(0), "\x82\x00"s);
  EXPECT_EQ(emitted(1), "\x82\x01");
  EXPECT_EQ(emitted(0xff), "\x82\xff");
  EXPECT_EQ(emitted(0x100), "\x83\x00\x01"s);
  EXPECT_EQ(emitted(0xffff), "\x83\xff\xff");
  EXPECT_EQ(emitted(0x10000), "\x84\x00\x00\x01\x00"s);
  EXPECT_EQ(emitted(-1), "\x84\xff\xff\xff\xff");
}

TEST(Emitter, BoolBeforeProtocol2IsText) {
  const auto emit = [](Emitter& e) {
    e.EmitBool(true);
    e.EmitBool(false);
  };
  EXPECT_EQ(Emitted(2, emit), "\x88\x89");
  EXPECT_EQ(Emitted(1, emit), "I01\nI00\n");
}

TEST(Emitter, FloatIsBigEndianOrText) {
  const auto emit = [](Emitter& e) { e.EmitFloat(1.5); };
  EXPECT_EQ(Emitted(1, emit), "G\x3f\xf8\0\0\0\0\0\0"s);
  EXPECT_EQ(Emitted(0, emit), "F1.5\n");
  EXPECT_EQ(Emitted(0,
                    [](Emitter& e) {
                      e.EmitFloat(-std::numeric_limits<double>::infinity());
                    }),
            "F-inf\n");
}

TEST(Emitter, StrFormFollowsProtocolAndLength) {
  const auto emit = [](Emitter& e) { e.EmitStr("a\n"); };
  EXPECT_EQ(Emitted(4, emit), "\x8c\x02"s + "a\n");
  EXPECT_EQ(Emitted(3, emit), "X\x02\0\0\0"s + "a\n");
  EXPECT_EQ(Emitted(0, emit), "Va\\u000a\n");
  const std::string text(256, 't');
  EXPECT_EQ(Emitted(5, [&](Emitter& e) { e.EmitStr(text); }),
            "X\0\x01\0\0"s + text);
}

TEST(Emitter, ShortTextOfEveryLengthIsCopiedWhole) {
  std::string text;
  for (int length = 0; length < 256; ++length) {
    EXPECT_EQ(Emitted(5, [&](Emitter& e) { e.EmitStr(text); }),
              "\x8c"s + static_cast<char>(length) + text);
    text += static_cast<char>('a' + length % 26);
  }
}

TEST(Emitter, BytesAndByteArrayForms) {
  EXPECT_EQ(Emitted(3, [](Emitter& e) { e.EmitBytes("\xff"); }), "C\x01\xff");
  const std::string bytes(300, 'b');
  EXPECT_EQ(Emitted(3, [&](Emitter& e) { e.EmitBytes(bytes); }),
            "B\x2c\x01\0\0"s + bytes);
  EXPECT_EQ(Emitted(5, [](Emitter& e) { e.EmitByteArray("ab"); }),
            "\x96\x02\0\0\0\0\0\0\0ab"s);
}

TEST(Emitter, EmptyContainersInProtocol0UseAMark) {
  const auto emit = [](Emitter& e) {
    e.EmitEmptyList();
    e.EmitEmptyDict();
    e.EmitEmptyTuple();
  };
  EXPECT_EQ(Emitted(1, emit), "]})");
  EXPECT_EQ(Emitted(0, emit), "(l(d(t");
}

TEST(Emitter, TupleOfUpTo3NeedsNoMarkFromProtocol2On) {
  const auto emit = [](Emitter& e) {
    for (size_t count = 1; count <= 4; ++count) {
      e.OpenTuple(count);
      e.CloseTuple(count);
    }
  };
  EXPECT_EQ(Emitted(2, emit), "\x85\x86\x87(t");
  EXPECT_EQ(Emitted(1, emit), "(t(t(t(t");
}

TEST(Emitter, DroppedTuplePopsItsItems) {
  const auto emit = [](Emitter& e) {
    e.DropTuple(2);
    e.DropTuple(4);
  };
  EXPECT_EQ(Emitted(2, emit), "001");
  EXPECT_EQ(Emitted(1, emit), "11");
  EXPECT_EQ(Emitted(0, emit), "00000000");
}

TEST(Emitter, MemoCountsEveryObjectAndFindsTheNamedOnes) {
  const auto emit = [](Emitter& e) {
    int object = 0;
    e.EmitNone();
    e.Memoize();
    e.EmitNone();
    e.Memoize(&object);
    EXPECT_TRUE(e.EmitKnown(&object));
    EXPECT_FALSE(e.EmitKnown(&e));
    EXPECT_EQ(e.memo_count(), 2u);
  };
  EXPECT_EQ(Emitted(4, emit), "N\x94N\x94h\x01");
  EXPECT_EQ(Emitted(1, emit), "Nq\0Nq\x01h\x01"s);
  EXPECT_EQ(Emitted(0, emit), "Np0\nNp1\ng1\n");
}

TEST(Emitter, MemoIndexesFrom256OnTake4Bytes) {
  const auto emit = [](Emitter& e) {
    e.set_memo_count(256);
    int object = 0;
    e.Memoize(&object);
    e.EmitKnown(&object);
  };
  EXPECT_EQ(Emitted(3, emit), "r\0\x01\0\0j\0\x01\0\0"s);
  EXPECT_EQ(Emitted(4, emit), "\x94j\0\x01\0\0"s);
  EXPECT_EQ(Emitted(0, emit), "p256\ng256\n");
}

TEST(Emitter, MemoIndexOver32BitsFails) {
  MemoryByteWriter writer;
  Emitter emitter;
  emitter.Start(writer, 4);
  int object = 0;
  emitter.set_memo_count(uint64_t{1} << 32);
  emitter.Memoize(&object);
  EXPECT_FALSE(emitter.ok());
  EXPECT_TRUE(absl::IsOutOfRange(emitter.Finish()));
  emitter.Start(writer, 3);
  emitter.set_memo_count(uint64_t{1} << 32);
  emitter.Memoize();
  EXPECT_TRUE(absl::IsOutOfRange(emitter.Finish()));
}

TEST(Emitter, ExtensionCodesTake124Bytes) {
  const auto emit = [](Emitter& e) {
    e.EmitExtension(1);
    e.EmitExtension(256);
    e.EmitExtension(65536);
  };
  EXPECT_EQ(Emitted(2, emit), "\x82\x01\x83\0\x01\x84\0\0\x01\0"s);
}

TEST(Emitter, LinesEndInNewlines) {
  const auto emit = [](Emitter& e) {
    e.EmitGlobal("m", "n");
    e.EmitInst("k", "c");
    e.EmitPersistentId("id");
  };
  EXPECT_EQ(Emitted(0, emit), "cm\nn\nik\nc\nPid\n");
}

TEST(Emitter, AMillionClosingOpcodesInARowFit) {
  for (const int protocol : {0, 5}) {
    const std::string pickle = Emitted(protocol, [](Emitter& e) {
      for (int i = 0; i < 1'000'000; ++i) {
        e.StartClosing();
        e.Emit(Opcode::APPEND);
      }
    });
    EXPECT_EQ(pickle, std::string(1'000'000, 'a'));
  }
}

TEST(Emitter, AReleasedMemoIsEmpty) {
  Emitter emitter;
  MemoryByteWriter writer;
  emitter.Start(writer, 5);
  const size_t before = emitter.memory_used();
  const std::string objects(10'000, '\0');
  for (const char& object : objects) {
    emitter.StartValue();
    emitter.EmitEmptyList();
    emitter.Memoize(&object);
    emitter.Emit(Opcode::POP);
  }
  EXPECT_GT(emitter.memory_used(), before);
  emitter.ReleaseMemo();
  EXPECT_EQ(emitter.memo_count(), 0u);
  EXPECT_EQ(emitter.IndexOf(&objects[0]), Memo::kAbsent);
  EXPECT_EQ(emitter.memory_used(), before);
}

TEST(Emitter, TextThatTheCallerWritesComesOutAsIfItWereGiven) {
  for (int protocol = 1; protocol <= 5; ++protocol) {
    for (const size_t size : std::initializer_list<size_t>{
             0, 1, 255, 256, 1000, 20'000, 65'535, 65'536, 70'000, 300'000}) {
      const std::string text(size, 't');
      const auto emit = [&](bool open, size_t bound) {
        return Emitted(protocol, [&](Emitter& e) {
          for (int i = 0; i != 3; ++i) {
            e.StartValue();
            if (!open) {
              e.EmitStr(text);
            } else {
              uint8_t* at = e.OpenStr(bound);
              ASSERT_NE(at, nullptr);
              std::memcpy(at, text.data(), size);
              e.CloseStr(at + size);
            }
            e.StartClosing();
            e.Memoize();
          }
        });
      };
      const std::string wanted = emit(false, size);
      EXPECT_EQ(emit(true, size), wanted) << size << " in " << protocol;
      if (size >= 256 && size < 65'536) {
        EXPECT_EQ(emit(true, 65'535), wanted) << size << " in " << protocol;
      }
    }
  }
}

TEST(Emitter, LinesOfUnicodeMayBeWrittenByTheCaller) {
  for (const size_t size :
       std::initializer_list<size_t>{0, 1, 500, 511, 2000, 100'000}) {
    const std::string text(size, 't');
    EXPECT_EQ(Emitted(0,
                      [&](Emitter& e) {
                        uint8_t* at = e.OpenStr(size);
                        ASSERT_NE(at, nullptr);
                        std::memcpy(at, text.data(), size);
                        e.CloseStr(at + size);
                        e.StartClosing();
                      }),
              "V" + text + "\n");
  }
}

TEST(Emitter, TextThatTheCallerWritesEndsBehindAFailure) {
  MemoryByteWriter writer;
  Emitter emitter;
  emitter.Start(writer, 5);
  EXPECT_FALSE(emitter.Fail(absl::InvalidArgumentError("first")));
  EXPECT_EQ(emitter.OpenStr(5), nullptr);
  EXPECT_EQ(emitter.Finish().message(), "first");
}

TEST(Emitter, AbandonedPickleLeavesTheWriterUsable) {
  MemoryByteWriter writer;
  Emitter emitter;
  emitter.Start(writer, 5);
  emitter.EmitStr("dropped");
  emitter.Abandon();
  EXPECT_EQ(writer.anchor(), nullptr);
  writer.Reset();
  emitter.Start(writer, 5);
  emitter.EmitNone();
  EXPECT_TRUE(emitter.Finish().ok());
  EXPECT_EQ(writer.written(), "\x80\x05N.");
}

TEST(Emitter, FirstErrorOfTheWalkerSticks) {
  MemoryByteWriter writer;
  Emitter emitter;
  emitter.Start(writer, 5);
  EXPECT_FALSE(emitter.Fail(absl::InvalidArgumentError("first")));
  EXPECT_FALSE(emitter.Fail(absl::InvalidArgumentError("second")));
  EXPECT_EQ(emitter.Finish().message(), "first");
}

}  // namespace
}  // namespace pickle5

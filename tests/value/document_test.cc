#include "pickle/value/document.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "buffers/buffer.h"
#include "buffers/bytes/istream_byte_reader.h"
#include "buffers/bytes/memory_byte_reader.h"
#include "buffers/memory_source.h"
#include "gtest/gtest.h"
#include "pickle/protocol/decode_error.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

// {'a': [1, 2.5], 'b': <300 bytes>}
std::string Sample() {
  std::string long_bytes = "B\x2c\x01\0\0"s + std::string(300, 'x');
  return "\x80\x05}(\x8c\x01"
         "a](K\x01G\x40\x04\0\0\0\0\0\0e\x8c\x01"
         "b"s +
         long_bytes + "u.";
}

void ExpectSample(const Document& document) {
  const Value root = document.root();
  EXPECT_EQ(root["a"][0].AsInt64(), 1);
  EXPECT_EQ(root["a"][1].AsDouble(), 2.5);
  EXPECT_EQ(root["b"].AsBytes(), std::string(300, 'x'));
  EXPECT_TRUE(root["missing"][3]["x"].is_null());
}

TEST(Document, LoadsBorrowedOwnedMappedAndStreamedAlike) {
  Document document;
  const std::string pickle = Sample();
  ASSERT_TRUE(document.LoadBorrowed(pickle).ok());
  ExpectSample(document);
  // Long bytes are views of the input.
  EXPECT_GE(document.root()["b"].AsBytes()->data(), pickle.data());
  EXPECT_LT(document.root()["b"].AsBytes()->data(),
            pickle.data() + pickle.size());

  ASSERT_TRUE(document.LoadOwned(Sample()).ok());
  ExpectSample(document);

  const std::string path = testing::TempDir() + "/document_test." +
                           std::to_string(getpid()) + ".pkl";
  std::ofstream(path, std::ios::binary) << pickle;
  ASSERT_TRUE(document.LoadMapped(path).ok());
  std::remove(path.c_str());
  ExpectSample(document);

  {
    const std::string gone = Sample();
    MemoryByteReader reader(gone);
    ASSERT_TRUE(document.Load(reader).ok());
  }
  ExpectSample(document);
  EXPECT_EQ(document.consumed(), pickle.size());
  EXPECT_EQ(document.protocol(), 5);
}

TEST(Document, IsEmptyAfterAnErrorAndUsableAgain) {
  Document document;
  ASSERT_TRUE(document.LoadOwned(Sample()).ok());
  EXPECT_FALSE(document.LoadBorrowed("](").ok());
  EXPECT_TRUE(document.root().is_null());
  ASSERT_TRUE(document.LoadOwned(Sample()).ok());
  ExpectSample(document);
}

TEST(Document, MovedFromIsEmptyAndUsable) {
  Document first;
  ASSERT_TRUE(first.LoadOwned(Sample()).ok());
  Document second = std::move(first);
  ExpectSample(second);
  EXPECT_TRUE(first.root().is_null());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(first.consumed(), 0u);
  EXPECT_EQ(first.protocol(), 0);
  EXPECT_EQ(first.buffer_count(), 0u);
  EXPECT_EQ(first.memory_used(), 0u);
  EXPECT_TRUE(first.effects().empty());
  first.Clear();
  EXPECT_TRUE(first.root().is_null());
  ASSERT_TRUE(first.LoadOwned(Sample()).ok());
  ExpectSample(first);
}

TEST(Document, AssignedOneHasWhatTheOtherHad) {
  Document first;
  ASSERT_TRUE(first.LoadOwned(Sample()).ok());
  Document second;
  ASSERT_TRUE(second.LoadOwned("K\x01.").ok());
  second = std::move(first);
  ExpectSample(second);
  EXPECT_TRUE(first.root().is_null());  // NOLINT(bugprone-use-after-move)
  first = std::move(second);
  ExpectSample(first);
}

TEST(Document, ReadsTheNextPickleOfAStream) {
  std::istringstream stream("K\x01.K\x02."s);
  IstreamByteReader reader(&stream);
  ReadOptions options;
  options.mode = Mode::kStrict;
  options.allow_trailing = true;
  Document document;
  ASSERT_TRUE(document.Load(reader, options).ok());
  EXPECT_EQ(document.root().AsInt64(), 1);
  ASSERT_TRUE(document.Load(reader, options).ok());
  EXPECT_EQ(document.root().AsInt64(), 2);
  EXPECT_EQ(GetDecodeError(document.Load(reader, options))->code,
            ErrorCode::kTruncated);
}

TEST(Document, LargePayloadOfAStreamArrivesWhole) {
  std::string payload(5'000'000, 'p');
  payload[4'999'999] = '!';
  std::string pickle = "B\x40\x4b\x4c\0"s + payload + ".";
  std::istringstream stream(pickle);
  IstreamByteReader reader(&stream);
  Document document;
  ASSERT_TRUE(document.Load(reader).ok());
  EXPECT_EQ(document.root().AsBytes(), payload);
  std::istringstream cut(pickle.substr(0, 4'000'000));
  IstreamByteReader cut_reader(&cut);
  const absl::Status status = document.Load(cut_reader);
  EXPECT_EQ(GetDecodeError(status)->code, ErrorCode::kTruncated);
  EXPECT_EQ(GetDecodeError(status)->offset, 0u);
}

TEST(Document, BuffersAreTakenInOrder) {
  std::vector<Buffer> buffers = {*Buffer::Own(std::string("one")),
                                 *Buffer::Own(std::string("two"))};
  MemorySource source(std::move(buffers));
  Document document;
  ASSERT_TRUE(document.LoadBorrowed("\x97\x97\x98\x86.", {}, &source).ok());
  const Value root = document.root();
  EXPECT_EQ(root[0].AsBytes(), "one");
  EXPECT_FALSE(root[0].readonly());
  EXPECT_EQ(root[1].AsBytes(), "two");
  EXPECT_TRUE(root[1].readonly());
  EXPECT_EQ(root[1].buffer_index(), 1u);
  ASSERT_EQ(document.buffer_count(), 2u);
  EXPECT_EQ(document.buffer(0).chars(), "one");
  EXPECT_EQ(document.buffer(1).data(), root[1].buffer()->data());
}

TEST(Document, PlaceholdersStandForMissingBuffers) {
  ReadOptions options;
  options.placeholder_buffers = true;
  Document document;
  ASSERT_TRUE(document.LoadBorrowed("\x97.", options).ok());
  EXPECT_TRUE(document.root().is(Kind::kBuffer));
  EXPECT_EQ(document.root().buffer(), nullptr);
}

TEST(Document, PoppedCallsAreKeptAsEffects) {
  Document document;
  // f() is called and dropped before the list is made.
  ASSERT_TRUE(document.LoadBorrowed("ca\nf\n)R0].").ok());
  ASSERT_EQ(document.effects().size(), 1u);
  EXPECT_EQ(document.effects()[0].callable().qualname(), "f");
  // A state setter: g(obj, 1) above obj.
  ASSERT_TRUE(
      document.LoadBorrowed("ca\nf\n)Rp0\nca\ng\ng0\nK\x01\x86R0.").ok());
  EXPECT_TRUE(document.effects().empty());
  const PostRange posts = document.root().posts();
  ASSERT_FALSE(posts.empty());
  EXPECT_EQ((*posts.begin()).kind, PostKind::kEffect);
}

TEST(Document, SharedAndCyclicReferencesAreTheSameNode) {
  Document document;
  // a = []; a.append(a); (a, a)
  ASSERT_TRUE(document.LoadBorrowed("]\x94h\0ah\0\x86."s).ok());
  const Value root = document.root();
  EXPECT_TRUE(root[0].Is(root[1]));
  EXPECT_TRUE(root[0][0].Is(root[0]));
  EXPECT_TRUE(root[0].is_shared());
}

TEST(Document, EncodingDecidesWhatPython2StringsBecome) {
  Document document;
  ReadOptions options;
  EXPECT_EQ(GetDecodeError(document.LoadBorrowed("U\x01\xe9."))->code,
            ErrorCode::kEncoding);
  options.encoding = StringEncoding::kLatin1;
  ASSERT_TRUE(document.LoadBorrowed("U\x01\xe9.", options).ok());
  EXPECT_EQ(document.root().AsStr(), "\xc3\xa9");
  options.encoding = StringEncoding::kBytes;
  ASSERT_TRUE(document.LoadBorrowed("U\x01\xe9.", options).ok());
  EXPECT_EQ(document.root().AsBytes(), "\xe9");
}

TEST(Document, MillionDeepPicklesLoadAndGo) {
  for (const std::string& level : {"]"s, "}"s, "("s}) {
    std::string pickle;
    const std::string close = level == "]" ? "a" : level == "(" ? "t" : "s";
    const std::string key = level == "}" ? "K\x01" : "";
    for (int i = 0; i < 1'000'000; ++i) pickle += level + key;
    pickle += "N";
    for (int i = 0; i < 1'000'000; ++i) pickle += close;
    Document document;
    ASSERT_TRUE(document.LoadBorrowed(pickle + ".").ok()) << level;
    ReadOptions options;
    options.limits.max_depth = 999'999;
    EXPECT_EQ(
        GetDecodeError(document.LoadBorrowed(pickle + ".", options))->code,
        ErrorCode::kDepthLimit);
    options.limits.max_depth = 1'000'000;
    EXPECT_TRUE(document.LoadBorrowed(pickle + ".", options).ok());
  }
}

TEST(Document, ByteArrayChangedByteByByteCostsWhatItsBytesCost) {
  constexpr size_t kBytes = 100'000;
  std::string appended = "\x96\0\0\0\0\0\0\0\0"s;
  std::string set = "\x96\xa0\x86\1\0\0\0\0\0"s + std::string(kBytes, 'x');
  for (size_t i = 0; i < kBytes; ++i) {
    appended += "KAa";
    set += "J\xff\xff\xff\xffKAs";  // at index -1
  }
  ReadOptions options;
  options.limits.max_memory = 4 << 20;
  Document document;
  ASSERT_TRUE(document.LoadOwned(appended + ".", options).ok());
  EXPECT_EQ(document.root().AsBytes(), std::string(kBytes, 'A'));
  // What it was made of is not changed.
  const std::string pickle = set + ".";
  ASSERT_TRUE(document.LoadBorrowed(pickle, options).ok());
  EXPECT_EQ(document.root().AsBytes(), std::string(kBytes - 1, 'x') + "A");
  EXPECT_EQ(pickle.substr(9, kBytes), std::string(kBytes, 'x'));
}

TEST(Document, ManyThreadsMayReadOne) {
  Document document;
  ASSERT_TRUE(document.LoadOwned(Sample()).ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&document] {
      for (int j = 0; j < 1000; ++j) ExpectSample(document);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace pickle5

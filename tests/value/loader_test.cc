#include "pickle/value/loader.h"

#include <fcntl.h>

#include <cstdint>
#include <fstream>
#include <istream>
#include <sstream>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buffers/bytes/fd_byte_reader.h"
#include "buffers/bytes/istream_byte_reader.h"
#include "buffers/bytes/memory_byte_reader.h"
#include "buffers/system/owned_fd.h"
#include "gtest/gtest.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/value/document.h"
#include "pickle/value/document_feeder.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

// Throws behind its text.
class TornStream final : public std::streambuf {
 public:
  explicit TornStream(std::string text) : text_(std::move(text)) {
    setg(text_.data(), text_.data(), text_.data() + text_.size());
  }

 protected:
  int_type underflow() override { throw std::runtime_error("torn"); }

 private:
  std::string text_;
};

absl::Status LoadTorn(std::string_view pickle, const ReadOptions& options,
                      Document* document) {
  TornStream torn{std::string(pickle)};
  std::istream stream(&torn);
  IstreamByteReader reader(&stream);
  return document->Load(reader, options);
}

TEST(Loader, FailureOfTheReaderBehindStopCountsWhereStopMustBeTheEnd) {
  Document document;
  ReadOptions options;
  EXPECT_TRUE(LoadTorn("N.", options, &document).ok());
  options.mode = Mode::kStrict;
  EXPECT_EQ(LoadTorn("N.", options, &document).code(),
            absl::StatusCode::kUnknown);
  EXPECT_TRUE(document.root().is_null());
  options.allow_trailing = true;
  EXPECT_TRUE(LoadTorn("N.", options, &document).ok());
}

TEST(Loader, FailureOfTheReaderIsNoShortPickle) {
  Document document;
  for (const std::string& pickle :
       {"]J\1"s, "B\0\0\2\0"s + std::string(1000, 'x')}) {
    const absl::Status status = LoadTorn(pickle, {}, &document);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnknown);
    EXPECT_FALSE(GetDecodeError(status).has_value());
  }
}

constexpr size_t kSize = 3'000'000;

// An opcode that declares kSize bytes, and these.
std::string LargePickle(char opcode) {
  return std::string(1, opcode) + "\xc0\xc6\x2d\0"s + std::string(kSize, 'x') +
         ".";
}

OwnedFd OpenedFile(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  OwnedFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_GE(file.get(), 0);
  return file;
}

// Loads by readers that know how much is left, and by one that does not.
std::vector<absl::Status> LoadByReaders(const std::string& pickle,
                                        const ReadOptions& options,
                                        Document* document) {
  std::vector<absl::Status> statuses;
  MemoryByteReader memory(pickle);
  statuses.push_back(document->Load(memory, options));
  std::istringstream stream(pickle);
  IstreamByteReader piecemeal(&stream);
  statuses.push_back(document->Load(piecemeal, options));
  const TempDir dir;
  FdByteReader file(OpenedFile(dir.File("large.pkl"), pickle));
  statuses.push_back(document->Load(file, options));
  return statuses;
}

TEST(Loader, LargePayloadTakesItsLengthWhereThatIsKnownToBeThere) {
  const TempDir dir;
  FdByteReader reader(OpenedFile(dir.File("large.pkl"), LargePickle('B')));
  Document document;
  ReadOptions options;
  options.limits.max_memory = kSize + (64 << 10);
  ASSERT_TRUE(document.Load(reader, options).ok());
  EXPECT_EQ(document.root().AsBytes(), std::string(kSize, 'x'));
}

TEST(Loader, LargePayloadOverTheMemoryLimitIsRefused) {
  const std::string pickle = LargePickle('B');
  // None of it fits, or half of it.
  for (const uint64_t limit : {uint64_t{100'000}, uint64_t{1'500'000}}) {
    Document document;
    ReadOptions options;
    options.limits.max_memory = limit;
    std::vector<absl::Status> statuses =
        LoadByReaders(pickle, options, &document);
    for (const size_t piece :
         {size_t{1000}, size_t{2'500'000}, pickle.size()}) {
      DocumentFeeder feeder;
      ASSERT_TRUE(feeder.Start(&document, options).ok());
      absl::Status status;
      for (size_t at = 0; at < pickle.size() && status.ok(); at += piece) {
        status =
            feeder.Feed(std::string_view(pickle).substr(at, piece)).status();
      }
      statuses.push_back(status);
    }
    for (const absl::Status& status : statuses) {
      const auto error = GetDecodeError(status);
      ASSERT_TRUE(error.has_value()) << status;
      EXPECT_EQ(error->code, ErrorCode::kMemoryLimit);
      EXPECT_EQ(error->offset, 0u);
      EXPECT_TRUE(document.root().is_null());
    }
  }
}

TEST(Loader, LargePayloadsArriveWholeInPiecesOfAnySize) {
  const std::string pickle = LargePickle('B');
  for (const size_t piece : {size_t{1000}, size_t{2'500'000}, pickle.size()}) {
    Document document;
    DocumentFeeder feeder;
    ASSERT_TRUE(feeder.Start(&document).ok());
    for (size_t at = 0; at < pickle.size(); at += piece) {
      ASSERT_TRUE(feeder.Feed(std::string_view(pickle).substr(at, piece)).ok());
    }
    EXPECT_EQ(document.root().AsBytes(), std::string(kSize, 'x')) << piece;
  }
}

TEST(Loader, LargeStringsOfPython2AreDecoded) {
  std::string pickle = LargePickle('T');
  pickle[5] = '\xe9';
  Document document;
  ReadOptions options;
  options.encoding = StringEncoding::kLatin1;
  for (const absl::Status& status : LoadByReaders(pickle, options, &document)) {
    ASSERT_TRUE(status.ok()) << status;
  }
  EXPECT_EQ(document.root().AsStr(), "\xc3\xa9" + std::string(kSize - 1, 'x'));
  for (const absl::Status& status : LoadByReaders(pickle, {}, &document)) {
    const auto error = GetDecodeError(status);
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->code, ErrorCode::kEncoding);
  }
}

TEST(Loader, BytesBehindStopAreRefusedInStrictMode) {
  std::istringstream stream("N.N.");
  IstreamByteReader reader(&stream, 2);
  Document document;
  ReadOptions options;
  options.mode = Mode::kStrict;
  const auto error = GetDecodeError(document.Load(reader, options));
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code, ErrorCode::kTrailing);
  EXPECT_TRUE(document.root().is_null());
}

TEST(Loader, LargeTextThatIsNoUtf8IsRefusedWhereItStands) {
  std::string pickle = LargePickle('X');
  pickle[kSize] = '\xff';
  pickle.insert(0, "N0");
  Document document;
  std::vector<absl::Status> statuses = LoadByReaders(pickle, {}, &document);
  DocumentFeeder feeder;
  ASSERT_TRUE(feeder.Start(&document).ok());
  statuses.push_back(feeder.Feed(pickle).status());
  for (const absl::Status& status : statuses) {
    const auto error = GetDecodeError(status);
    ASSERT_TRUE(error.has_value()) << status;
    EXPECT_EQ(error->code, ErrorCode::kUtf8);
    EXPECT_EQ(error->offset, 2u);
  }
}

DetachedPayload Payload(uint64_t position, std::string_view bytes) {
  DetachedPayload payload;
  payload.position = position;
  payload.bytes = Buffer::Borrow(bytes);
  payload.readonly = true;
  return payload;
}

absl::Status LoadDetached(std::string_view others,
                          std::vector<DetachedPayload> payloads,
                          Document* document) {
  return document->LoadDetached(Buffer::Borrow(others), payloads);
}

TEST(Loader, DetachedPayloadsAreTakenInPlace) {
  const std::string others =
      "\x80\5(B\3\0\0\0X\4\0\0\0\x96\2\0\0\0\0\0\0\0B\2\0\0\0t."s;
  DetachedPayload array = Payload(22, "rw");
  array.readonly = false;
  DetachedPayload buffer = Payload(27, "ro");
  buffer.is_buffer = true;
  const std::string_view bytes = "abc";
  Document document;
  ASSERT_TRUE(
      LoadDetached(others,
                   {Payload(8, bytes), Payload(13, "text"), array, buffer},
                   &document)
          .ok());
  const Value root = document.root();
  ASSERT_EQ(root.size(), 4u);
  EXPECT_EQ(root[0].AsBytes()->data(), bytes.data());
  EXPECT_EQ(root[0].AsBytes(), "abc");
  EXPECT_EQ(root[1].AsStr(), "text");
  EXPECT_TRUE(root[2].is(Kind::kByteArray));
  EXPECT_EQ(root[2].AsBytes(), "rw");
  EXPECT_TRUE(root[3].is(Kind::kBuffer));
  EXPECT_TRUE(root[3].readonly());
  EXPECT_EQ(root[3].AsBytes(), "ro");
}

TEST(Loader, DetachedPayloadsStandInOrder) {
  const std::string others = "B\3\0\0\0B\3\0\0\0\x86."s;
  Document document;
  EXPECT_TRUE(
      LoadDetached(others, {Payload(5, "abc"), Payload(10, "def")}, &document)
          .ok());
  for (const auto& payloads : std::vector<std::vector<DetachedPayload>>{
           {Payload(5, "abc"), Payload(4, "def")},
           {Payload(5, "abc"), Payload(13, "def")}}) {
    EXPECT_EQ(LoadDetached(others, payloads, &document),
              absl::InvalidArgumentError("payloads are not in order"));
    EXPECT_TRUE(document.root().is_null());
  }
}

TEST(Loader, DetachedPayloadNeedsTheOpcodeThatTakesIt) {
  DetachedPayload writable = Payload(5, "abc");
  writable.readonly = false;
  DetachedPayload buffer = Payload(5, "abc");
  buffer.is_buffer = true;
  const std::string bytes = "B\3\0\0\0."s;
  struct Case {
    std::string others;
    DetachedPayload payload;
  };
  for (const Case& of : std::vector<Case>{{bytes, Payload(4, "abc")},
                                          {bytes, Payload(6, "abc")},
                                          {bytes, Payload(5, "ab")},
                                          {bytes, writable},
                                          {"X\3\0\0\0."s, buffer},
                                          {"N.B\3\0\0\0."s, Payload(7, "abc")},
                                          {"(NNN."s, Payload(4, "abc")}}) {
    Document document;
    const absl::Status status =
        LoadDetached(of.others, {of.payload}, &document);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_NE(status.message().find("no opcode takes the payload"),
              absl::string_view::npos)
        << status;
  }
}

TEST(Loader, ErrorsOfDetachedPicklesTellTheOpcode) {
  Document document;
  const auto text = GetDecodeError(LoadDetached("NX\3\0\0\0\x86."s,
                                                {Payload(6,
                                                         "a\xff"
                                                         "b")},
                                                &document));
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(text->code, ErrorCode::kUtf8);
  EXPECT_EQ(text->offset, 1u);
  const auto stack = GetDecodeError(
      LoadDetached("0B\3\0\0\0."s, {Payload(6, "abc")}, &document));
  ASSERT_TRUE(stack.has_value());
  EXPECT_EQ(stack->code, ErrorCode::kStackUnderflow);
  const auto rest = GetDecodeError(
      LoadDetached("B\3\0\0\0"s, {Payload(5, "abc")}, &document));
  ASSERT_TRUE(rest.has_value());
  EXPECT_EQ(rest->code, ErrorCode::kTruncated);
}

}  // namespace
}  // namespace pickle5

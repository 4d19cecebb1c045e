#include "pickle/value/document_feeder.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "gtest/gtest.h"
#include "pickle/protocol/decode_error.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;
using Progress = DocumentFeeder::Progress;

// Feeds `pickle` in pieces of `size` bytes; OK when done.
absl::Status FeedPieces(std::string_view pickle, size_t size,
                        const ReadOptions& options, Document* document) {
  DocumentFeeder feeder;
  absl::Status status = feeder.Start(document, options);
  if (!status.ok()) return status;
  bool done = false;
  for (; !pickle.empty(); pickle.remove_prefix(std::min(size, pickle.size()))) {
    const auto progress = feeder.Feed(pickle.substr(0, size));
    if (!progress.ok()) return progress.status();
    done = *progress == Progress::kDone;
  }
  return done ? absl::OkStatus() : feeder.Finish();
}

std::string Samples(int which) {
  switch (which) {
    case 0:
      return "\x80\x04\x95\x0c\0\0\0\0\0\0\0](K\x01\x8c\x03"
             "abc\x94"
             "e."s;
    case 1:
      return "(lp0\nI12\naL99999999999999999999L\naF1.5\naVd\\u00e9\nacmodule\n"
             "name\na."s;
    case 2:
      return "B\0\0\x02\0"s + std::string(0x20000, 'z') + "\x94.";
    case 3:
      return "X\0\0\x01\0"s + std::string(0x10000, 'z') + "\x94h\0\x86.\xff"s;
    default:
      return "](K\x01h\x09"
             "e.";
  }
}

TEST(DocumentFeeder, DoneIsSaidWithTheStop) {
  for (int which = 0; which != 3; ++which) {
    const std::string pickle = Samples(which);
    for (const size_t size : {size_t{1}, size_t{7}, pickle.size()}) {
      DocumentFeeder feeder;
      Document document;
      ASSERT_TRUE(feeder.Start(&document).ok());
      for (std::string_view rest = pickle; !rest.empty();) {
        const std::string_view piece = rest.substr(0, size);
        rest.remove_prefix(piece.size());
        size_t used;
        const auto progress = feeder.Feed(piece, &used);
        ASSERT_TRUE(progress.ok()) << progress.status();
        EXPECT_EQ(*progress,
                  rest.empty() ? Progress::kDone : Progress::kNeedMore);
        EXPECT_EQ(used, piece.size());
      }
    }
  }
}

TEST(DocumentFeeder, OpcodesThatComeInPiecesCountOnce) {
  const std::string pickle =
      "C\x05"
      "abcdeI12\nM\x01\x02\x87.";
  ReadOptions options;
  Document document;
  options.limits.max_opcodes = 5;
  EXPECT_TRUE(FeedPieces(pickle, 1, options, &document).ok());
  options.limits.max_opcodes = 4;
  const auto error = GetDecodeError(FeedPieces(pickle, 1, options, &document));
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code, ErrorCode::kOpcodesLimit);
  EXPECT_EQ(error->offset, 15u);
}

TEST(DocumentFeeder, LargeTextMayHoldSurrogatesAndMustBeUtf8) {
  const std::string rest(0x10000 - 3, 'z');
  for (const std::string& text :
       {"\xed\xa0\x80" + rest, rest + "\xed\xa0\x80"}) {
    const std::string pickle = "X\0\0\x01\0"s + text + ".";
    Document document;
    EXPECT_TRUE(FeedPieces(pickle, 1000, {}, &document).ok());
    EXPECT_EQ(document.root().AsStr(), text);
  }
  Document document;
  const auto error = GetDecodeError(FeedPieces(
      "NX\0\0\x01\0"s + "\xff\xff\xff" + rest + ".", 1000, {}, &document));
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code, ErrorCode::kUtf8);
  EXPECT_EQ(error->offset, 1u);
}

TEST(DocumentFeeder, PiecesOfAnySizeGiveTheSameOutcome) {
  for (int which = 0; which < 5; ++which) {
    const std::string pickle = Samples(which);
    for (const Mode mode : {Mode::kCompat, Mode::kStrict}) {
      ReadOptions options;
      options.mode = mode;
      Document whole;
      const absl::Status expected = whole.LoadBorrowed(pickle, options);
      for (const size_t size : {1u, 2u, 3u, 7u, 64u, 70'000u}) {
        Document document;
        const absl::Status status =
            FeedPieces(pickle, size, options, &document);
        EXPECT_EQ(status, expected) << which << " in pieces of " << size;
        EXPECT_EQ(document.root().size(), whole.root().size());
      }
    }
  }
}

TEST(DocumentFeeder, TellsHowMuchOfAPieceIsThePickle) {
  Document document;
  DocumentFeeder feeder;
  ASSERT_TRUE(feeder.Start(&document).ok());
  size_t used = 0;
  EXPECT_EQ(*feeder.Feed("](K", &used), Progress::kNeedMore);
  EXPECT_EQ(used, 3u);
  EXPECT_EQ(*feeder.Feed("\x01"
                         "e.N.",
                         &used),
            Progress::kDone);
  EXPECT_EQ(used, 3u);
  EXPECT_EQ(document.root()[0].AsInt64(), 1);
  ASSERT_TRUE(feeder.Start(&document).ok());
  EXPECT_EQ(*feeder.Feed("N.", &used), Progress::kDone);
  EXPECT_TRUE(document.root().is(Kind::kNone));
}

TEST(DocumentFeeder, EndOfInputIsTheErrorOfAShortPickle) {
  Document document;
  DocumentFeeder feeder;
  ASSERT_TRUE(feeder.Start(&document).ok());
  ASSERT_TRUE(feeder.Feed("]J\x01").ok());
  const auto error = GetDecodeError(feeder.Finish());
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code, ErrorCode::kTruncated);
  EXPECT_EQ(error->offset, 1u);
}

TEST(DocumentFeeder, NothingIsTakenBehindTheEnd) {
  Document document;
  DocumentFeeder feeder;
  for (const Mode mode : {Mode::kCompat, Mode::kStrict}) {
    ReadOptions options;
    options.mode = mode;
    ASSERT_TRUE(feeder.Start(&document, options).ok());
    size_t used = 0;
    ASSERT_EQ(*feeder.Feed("K\x07.", &used), Progress::kDone);
    EXPECT_EQ(*feeder.Feed("", &used), Progress::kDone);
    EXPECT_TRUE(feeder.Finish().ok());
    EXPECT_EQ(feeder.Feed("N.", &used).ok(), mode == Mode::kCompat);
    EXPECT_EQ(used, 0u);
    EXPECT_EQ(feeder.Finish().ok(), mode == Mode::kCompat);
    EXPECT_EQ(document.root().is_null(), mode == Mode::kStrict);
  }
}

TEST(DocumentFeeder, MovedOneGoesOn) {
  Document document;
  DocumentFeeder first;
  ASSERT_TRUE(first.Start(&document).ok());
  ASSERT_TRUE(first.Feed("](K\x01").ok());
  DocumentFeeder second = std::move(first);
  // NOLINTNEXTLINE(bugprone-use-after-move)
  EXPECT_TRUE(absl::IsFailedPrecondition(first.Feed("K\x02").status()));
  ASSERT_TRUE(second.Feed("K\x02").ok());
  first = std::move(second);
  EXPECT_EQ(*first.Feed("e."), Progress::kDone);
  EXPECT_EQ(document.root()[1].AsInt64(), 2);
}

TEST(DocumentFeeder, ErrorsStickUntilStart) {
  Document document;
  DocumentFeeder feeder;
  EXPECT_TRUE(absl::IsFailedPrecondition(feeder.Feed("N.").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(feeder.Finish()));
  ASSERT_TRUE(feeder.Start(&document).ok());
  EXPECT_FALSE(feeder.Feed("\xff").ok());
  EXPECT_FALSE(feeder.Feed("N.").ok());
  EXPECT_FALSE(feeder.Finish().ok());
  ASSERT_TRUE(feeder.Start(&document).ok());
  EXPECT_TRUE(feeder.Feed("N.").ok());
}

}  // namespace
}  // namespace pickle5

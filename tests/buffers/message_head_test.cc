#include "buffers/streams/message_head.h"

#include <string>
#include <vector>

#include "buffers/buffer.h"
#include "gtest/gtest.h"
#include "tests/buffers/message_bytes.h"

namespace pickle5 {
namespace {

using Dims = std::vector<ptrdiff_t>;

absl::StatusOr<std::vector<MessageEntry>> Decode(std::string_view head) {
  const absl::StatusOr<MessageHeader> header =
      DecodeMessageHeader(head.substr(0, kMessageHeaderSize));
  if (!header.ok()) return header.status();
  return DecodeMessageTable(*header, head.substr(kMessageHeaderSize));
}

absl::StatusCode DecodeForged(const Message& message, size_t at, char byte) {
  std::string head = *EncodeMessageHead(message);
  head[at] = byte;
  return Decode(head).status().code();
}

TEST(MessageHead, IsWhatTheFormatSays) {
  Message message = MessageOf("pickle", {"abc"});
  message.buffers[0] = message.buffers[0].AsReadonly();
  EXPECT_EQ(*EncodeMessageHead(message), std::string("PKL5MESG"
                                                     "\1\0\0\0"
                                                     "\0\0\0\0"
                                                     "\6\0\0\0\0\0\0\0"
                                                     "\1\0\0\0"
                                                     "\40\0\0\0"
                                                     // The buffer.
                                                     "\3\0\0\0\0\0\0\0"
                                                     "\1\0\0\0"
                                                     "\0\0\0\0"
                                                     "\1\0\0\0\0\0\0\0"
                                                     "\0\0\0\0\0\0\0\0",
                                                     64));
}

TEST(MessageHead, ShapesComeBack) {
  Message message;
  message.buffers.push_back(
      *Buffer::Allocate(48)->WithShape("<d", 8, Dims{2, 3}));
  message.buffers.push_back(
      *Buffer::Allocate(48)->WithShape("<i", 4, Dims{3, 4}, Dims{4, 12}));
  const std::vector<MessageEntry> entries =
      *Decode(*EncodeMessageHead(message));
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].length, 48u);
  EXPECT_EQ(entries[0].format, "<d");
  EXPECT_EQ(entries[0].itemsize, 8u);
  EXPECT_EQ(entries[0].shape, (Dims{2, 3}));
  EXPECT_FALSE(entries[0].fortran_order);
  EXPECT_TRUE(entries[1].fortran_order);
}

TEST(MessageHead, RefusalsAreThoseOfTheFormat) {
  const Message message = MessageOf("p", {"abc"});
  EXPECT_EQ(DecodeForged(message, 0, 'p'), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DecodeForged(message, 8, 2), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(DecodeForged(message, 8, 0), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeForged(message, 12, 2), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(DecodeForged(message, 12, 1), absl::StatusCode::kDataLoss);
  // More buffers than entries, then fewer.
  EXPECT_EQ(DecodeForged(message, 24, 2), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeForged(message, 24, 0), absl::StatusCode::kDataLoss);
  // Unknown flags, dimensions of plain bytes, an itemsize of theirs.
  EXPECT_EQ(DecodeForged(message, 40, 8), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeForged(message, 44, 1), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeForged(message, 48, 2), absl::StatusCode::kDataLoss);
  // A layout that is not there.
  EXPECT_EQ(DecodeForged(message, 40, 2), absl::StatusCode::kOk);
  EXPECT_EQ(DecodeForged(message, 56, 1), absl::StatusCode::kDataLoss);
}

TEST(MessageHead, TableMustEndWithItsLastBuffer) {
  std::string head = *EncodeMessageHead(MessageOf("p", {"abc"}));
  head[28] = 40;
  head += std::string(8, '\0');
  EXPECT_EQ(Decode(head).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace pickle5

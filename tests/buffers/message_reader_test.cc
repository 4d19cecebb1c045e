#include "buffers/streams/message_reader.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/buffers/message_bytes.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/stream_pair.h"

namespace pickle5 {
namespace {

class MessageReaderTest : public ::testing::Test {
 protected:
  // Few enough to fit into the socket.
  void Put(std::string_view bytes) const {
    ASSERT_EQ(::send(pair_.in.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
  }
  void End() { pair_.in = OwnedFd(); }

  absl::StatusOr<StreamProgress> Advance() {
    return reader_.Advance(pair_.out.get());
  }
  absl::StatusOr<Message> Read() { return reader_.Read(pair_.out.get()); }

  StreamPair pair_ = UnixPair();
  MessageReader reader_;
};

const Message& Sample() {
  static const Message* const message =
      new Message(MessageOf("a pickle", {"first", "", SampleBytes(3000)}));
  return *message;
}

// What a stream of just these bytes comes to.
absl::StatusCode ReadAlone(std::string_view bytes,
                           const MessageLimits& limits = {}) {
  StreamPair pair = UnixPair();
  EXPECT_EQ(::send(pair.in.get(), bytes.data(), bytes.size(), 0),
            static_cast<ssize_t>(bytes.size()));
  pair.in = OwnedFd();
  MessageReader reader(limits);
  return reader.Read(pair.out.get()).status().code();
}

size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  size_t size = 0;
  size_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<size_t>(::getpagesize());
}

TEST_F(MessageReaderTest, MessagesFollowOneAnother) {
  const Message second = MessageOf("", {});
  Put(BytesOf(Sample()) + BytesOf(second) + BytesOf(Sample()));
  ExpectSame(*Read(), Sample());
  ExpectSame(*Read(), second);
  ExpectSame(*Read(), Sample());
  End();
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(MessageReaderTest, NothingBehindAMessageIsRead) {
  Put(BytesOf(Sample()) + "something else");
  ASSERT_EQ(*Advance(), StreamProgress::kDone);
  char rest[20];
  EXPECT_EQ(::read(pair_.out.get(), rest, sizeof(rest)), 14);
}

TEST_F(MessageReaderTest, BytesMayArriveOneByOne) {
  const std::string bytes = BytesOf(Sample());
  for (size_t i = 0; i + 1 < bytes.size(); ++i) {
    Put(bytes.substr(i, 1));
    ASSERT_EQ(*Advance(), StreamProgress::kWouldBlock) << i;
    EXPECT_TRUE(reader_.in_message());
  }
  Put(bytes.substr(bytes.size() - 1));
  ASSERT_EQ(*Advance(), StreamProgress::kDone);
  EXPECT_FALSE(reader_.in_message());
  ExpectSame(reader_.message(), Sample());
}

TEST_F(MessageReaderTest, ReaderMayMoveAnywhereInAMessage) {
  const std::string bytes = BytesOf(Sample());
  for (const size_t split : {1u, 40u, 140u, 1000u}) {
    MessageReader reader;
    Put(bytes.substr(0, split));
    ASSERT_EQ(*reader.Advance(pair_.out.get()), StreamProgress::kWouldBlock);
    MessageReader moved = std::move(reader);
    Put(bytes.substr(split));
    ASSERT_EQ(*moved.Advance(pair_.out.get()), StreamProgress::kDone);
    ExpectSame(moved.message(), Sample());
  }
}

TEST_F(MessageReaderTest, EndBetweenMessagesIsNoError) {
  Put(BytesOf(Sample()));
  End();
  EXPECT_EQ(*Advance(), StreamProgress::kDone);
  EXPECT_EQ(*Advance(), StreamProgress::kEnd);
  EXPECT_EQ(*Advance(), StreamProgress::kEnd);
}

TEST(MessageReaderOnHostileBytes, EveryTruncationIsDataLoss) {
  const std::string bytes = BytesOf(Sample());
  for (size_t length = 1; length < bytes.size(); ++length) {
    ASSERT_EQ(ReadAlone(bytes.substr(0, length)), absl::StatusCode::kDataLoss)
        << length;
  }
}

// No byte of header and table may crash the reader or make it take memory.
TEST(MessageReaderOnHostileBytes, EveryMutationIsAStatusOrAMessage) {
  Message sample = MessageOf("pickle", {"abc", SampleBytes(48)});
  sample.buffers[1] =
      *sample.buffers[1].WithShape("<d", 8, std::vector<ptrdiff_t>{2, 3});
  const std::string bytes = BytesOf(sample);
  const size_t head = EncodeMessageHead(sample)->size();
  const size_t before = ResidentBytes();
  size_t mutations = 0;
  size_t refused = 0;
  for (size_t at = 0; at < head; ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string forged = bytes;
      if (forged[at] == static_cast<char>(value)) continue;
      forged[at] = static_cast<char>(value);
      ++mutations;
      if (ReadAlone(forged) != absl::StatusCode::kOk) ++refused;
    }
  }
  std::printf("%zu mutated heads: %zu refused\n", mutations, refused);
  EXPECT_EQ(mutations, head * 255);
  EXPECT_GT(refused, mutations / 2);
  // The sanitizers keep what was freed.
  EXPECT_LT(ResidentBytes(), before + (size_t{1} << 30));
}

TEST(MessageReaderOnHostileBytes, DeclaredLengthTakesNoMemory) {
  // 256 GiB of buffer, of which three bytes come.
  Message sample = MessageOf("p", {"abc"});
  std::string bytes = BytesOf(sample);
  bytes[kMessageHeaderSize + 4] = 64;
  const size_t before = ResidentBytes();
  StreamPair pair = UnixPair();
  ASSERT_EQ(::send(pair.in.get(), bytes.data(), bytes.size(), 0),
            static_cast<ssize_t>(bytes.size()));
  MessageReader reader;
  const absl::StatusOr<StreamProgress> progress =
      reader.Advance(pair.out.get());
  if (progress.ok()) {
    EXPECT_EQ(*progress, StreamProgress::kWouldBlock);
    EXPECT_LT(ResidentBytes(), before + (size_t{16} << 20));
  } else {
    // A machine, or a sanitizer, that does not have so many addresses.
    EXPECT_EQ(progress.status().code(), absl::StatusCode::kResourceExhausted);
  }
}

TEST(MessageReaderOnHostileBytes, LimitsAreKept) {
  const std::string bytes = BytesOf(MessageOf("12345", {"abc", "defg"}));
  MessageLimits limits;
  limits.max_pickle_bytes = 5;
  limits.max_bytes = 12;
  limits.max_buffers = 2;
  limits.max_table_bytes = 64;
  EXPECT_EQ(ReadAlone(bytes, limits), absl::StatusCode::kOk);
  const auto with = [&](auto member, auto value) {
    MessageLimits lower = limits;
    lower.*member = value;
    return ReadAlone(bytes, lower);
  };
  constexpr auto kOver = absl::StatusCode::kResourceExhausted;
  EXPECT_EQ(with(&MessageLimits::max_pickle_bytes, 4u), kOver);
  EXPECT_EQ(with(&MessageLimits::max_bytes, 11u), kOver);
  EXPECT_EQ(with(&MessageLimits::max_bytes, 4u), kOver);
  EXPECT_EQ(with(&MessageLimits::max_buffers, 1u), kOver);
  EXPECT_EQ(with(&MessageLimits::max_table_bytes, 63u), kOver);
  EXPECT_EQ(ReadAlone(bytes, MessageLimits::Untrusted()),
            absl::StatusCode::kOk);
}

TEST_F(MessageReaderTest, FailureSticks) {
  Put("no message of ours, but long enough");
  EXPECT_EQ(Advance().status().code(), absl::StatusCode::kInvalidArgument);
  Put(BytesOf(Sample()));
  EXPECT_EQ(Advance().status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(MessageReaderTest, SilentPeerIsDeadlineExceeded) {
  Put(BytesOf(Sample()).substr(0, 100));
  EXPECT_EQ(reader_.Read(pair_.out.get(), std::chrono::milliseconds(20))
                .status()
                .code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(MessageReaderTest, BadDescriptorIsAStatus) {
  EXPECT_FALSE(reader_.Advance(-1).ok());
  EXPECT_FALSE(MessageReader().Read(-1).ok());
}

TEST_F(MessageReaderTest, PayloadsAreAligned) {
  Put(BytesOf(MessageOf("x", {"a", "bc", SampleBytes(100)})));
  const Message message = *Read();
  for (const Buffer& buffer : message.buffers) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 64, 0u);
    EXPECT_FALSE(buffer.readonly());
  }
}

TEST_F(MessageReaderTest, DescriptorsThatCameAlongAreNotKept) {
  const std::string bytes = BytesOf(Sample());
  struct iovec piece = {const_cast<char*>(bytes.data()), bytes.size()};
  alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  struct msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  struct cmsghdr* const rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  const int passed = 0;
  std::memcpy(CMSG_DATA(rights), &passed, sizeof(passed));
  ASSERT_EQ(::sendmsg(pair_.in.get(), &message, 0),
            static_cast<ssize_t>(bytes.size()));
  const int next = ::dup(0);
  ::close(next);
  ExpectSame(*Read(), Sample());
  const int still_next = ::dup(0);
  ::close(still_next);
  EXPECT_EQ(still_next, next);
}

}  // namespace
}  // namespace pickle5

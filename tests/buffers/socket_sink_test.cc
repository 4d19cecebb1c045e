#include "buffers/streams/socket_sink.h"

#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "buffers/files/memfd_sink.h"
#include "buffers/io_status.h"
#include "buffers/streams/message_head.h"
#include "buffers/streams/message_reader.h"
#include "buffers/streams/message_writer.h"
#include "buffers/streams/socket_source.h"
#include "buffers/system/memfd.h"
#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/stream_pair.h"

namespace pickle5 {
namespace {

TEST(SocketSink, PickleGoesBeforeItsBuffers) {
  const StreamPair pair = UnixPair();
  SocketSink sink(pair.in.get());
  ASSERT_TRUE(sink.Accept(Buffer::Borrow("abc")).ok());
  sink.SetPickle(Buffer::Borrow("the pickle"));
  ASSERT_TRUE(sink.Close().ok());
  MessageReader reader;
  const auto source = *SocketSource::Receive(reader, pair.out.get());
  EXPECT_EQ(source->pickle().chars(), "the pickle");
  EXPECT_EQ(source->Next()->chars(), "abc");
}

TEST(SocketSink, OneStreamTakesManyMessages) {
  const StreamPair pair = UnixPair();
  MessageReader reader;
  for (const char* const text : {"one", "two", "three"}) {
    SocketSink sink(pair.in.get());
    ASSERT_TRUE(sink.Accept(Buffer::Borrow(text)).ok());
    ASSERT_TRUE(sink.Close().ok());
    const auto source = *SocketSource::Receive(reader, pair.out.get());
    EXPECT_EQ(source->Next()->chars(), text);
  }
}

TEST(SocketSink, NothingIsSentWithoutClose) {
  StreamPair pair = UnixPair();
  {
    SocketSink sink(pair.in.get());
    ASSERT_TRUE(sink.Accept(Buffer::Borrow("abc")).ok());
  }
  pair.in = OwnedFd();
  MessageReader reader;
  EXPECT_EQ(SocketSource::Receive(reader, pair.out.get()).status().code(),
            absl::StatusCode::kOutOfRange);
}

TEST(SocketSink, DeadPeerIsAStatusThatSticks) {
  StreamPair pair = UnixPair();
  pair.out = OwnedFd();
  SocketSink sink(pair.in.get());
  ASSERT_TRUE(sink.Accept(Buffer::Borrow("abc")).ok());
  EXPECT_EQ(GetErrno(sink.Close()), EPIPE);
  EXPECT_EQ(GetErrno(sink.Close()), EPIPE);
}

TEST(SocketSink, PeerThatTakesNothingIsDeadlineExceeded) {
  const StreamPair pair = UnixPair(4096);
  SocketSink sink(pair.in.get(),
                  {.idle_timeout = std::chrono::milliseconds(9)});
  ASSERT_TRUE(sink.Accept(*Buffer::Copy(SampleBytes(1 << 20))).ok());
  EXPECT_EQ(sink.Close().code(), absl::StatusCode::kDeadlineExceeded);
}

class SharedMessages : public ::testing::Test {
 protected:
  SharedMessages() { reader_.AcceptSharedMemory(); }

  absl::Status Send(OwnedFd memory) {
    Message message;
    message.pickle = Buffer::Borrow("pickle");
    message.memory = std::make_shared<const OwnedFd>(std::move(memory));
    return MessageWriter::Create(std::move(message))->Write(pair_.in.get());
  }

  static OwnedFd MakeMemory(std::string_view bytes) {
    const std::unique_ptr<MemfdSink> sink = *MemfdSink::Create();
    EXPECT_TRUE(sink->Accept(Buffer::Borrow(bytes)).ok());
    EXPECT_TRUE(sink->Close().ok());
    return sink->TakeFd();
  }

  absl::StatusCode Receive(MessageReader& reader) {
    return reader.Read(pair_.out.get()).status().code();
  }

  StreamPair pair_ = UnixPair();
  MessageReader reader_;
};

TEST_F(SharedMessages, SmallOnesStayInTheSocket) {
  for (const uint64_t from : {3u, 4u}) {
    SocketSink sink(pair_.in.get(), {.shared_memory_from = from});
    ASSERT_TRUE(sink.Accept(Buffer::Borrow("abc")).ok());
    ASSERT_TRUE(sink.Close().ok());
    const auto source = *SocketSource::Receive(reader_, pair_.out.get());
    EXPECT_EQ(source->Next()->chars(), "abc");
    EXPECT_EQ(source->counters().bytes_mapped, from == 3 ? 3u : 0u);
  }
}

TEST_F(SharedMessages, OnAPipeAllGoThroughIt) {
  const StreamPair pipe = PipePair();
  SocketSink sink(pipe.in.get(), {.shared_memory_from = 0});
  ASSERT_TRUE(sink.Accept(Buffer::Borrow("abc")).ok());
  ASSERT_TRUE(sink.Close().ok());
  EXPECT_EQ((*SocketSource::Receive(reader_, pipe.out.get()))->Next()->chars(),
            "abc");
}

TEST_F(SharedMessages, WhoDidNotAskForThemIsNotGivenThem) {
  ASSERT_TRUE(Send(MakeMemory("abc")).ok());
  MessageReader reader;
  EXPECT_EQ(Receive(reader), absl::StatusCode::kPermissionDenied);
}

TEST_F(SharedMessages, UnsealedMemoryIsRefused) {
  ASSERT_TRUE(Send(*CreateMemfd("test")).ok());
  EXPECT_EQ(Receive(reader_), absl::StatusCode::kPermissionDenied);
}

TEST_F(SharedMessages, DescriptorOfSomethingElseIsRefused) {
  ASSERT_TRUE(Send(OwnedFd(::dup(0))).ok());
  EXPECT_EQ(Receive(reader_), absl::StatusCode::kPermissionDenied);
}

TEST_F(SharedMessages, FlagWithoutDescriptorIsDataLoss) {
  Message message;
  message.memory = std::make_shared<const OwnedFd>();
  const std::string head = *EncodeMessageHead(message);
  ASSERT_EQ(::send(pair_.in.get(), head.data(), head.size(), 0),
            static_cast<ssize_t>(head.size()));
  EXPECT_EQ(Receive(reader_), absl::StatusCode::kDataLoss);
}

TEST_F(SharedMessages, LimitsAreKept) {
  MessageLimits limits;
  limits.max_bytes = 8;  // and the pickle has 6
  MessageReader reader(limits);
  reader.AcceptSharedMemory();
  ASSERT_TRUE(Send(MakeMemory("ab")).ok());
  EXPECT_EQ(Receive(reader), absl::StatusCode::kOk);
  ASSERT_TRUE(Send(MakeMemory("abc")).ok());
  EXPECT_EQ(Receive(reader), absl::StatusCode::kResourceExhausted);
}

// The memory of a payload that was dropped takes the next one.
TEST(SocketSource, MemoryIsUsedAgain) {
  const StreamPair pair = UnixPair();
  const std::string bytes = SampleBytes(5 << 20);
  std::thread sender([&] {
    for (int i = 0; i < 3; ++i) {
      SocketSink sink(pair.in.get());
      EXPECT_TRUE(sink.Accept(Buffer::Borrow(bytes)).ok());
      EXPECT_TRUE(sink.Close().ok());
    }
  });
  MessageReader reader;
  const void* const first =
      (*SocketSource::Receive(reader, pair.out.get()))->Next()->data();
  const Buffer second =
      *(*SocketSource::Receive(reader, pair.out.get()))->Next();
  EXPECT_EQ(second.data(), first);
  const Buffer third =
      *(*SocketSource::Receive(reader, pair.out.get()))->Next();
  EXPECT_NE(third.data(), first);
  sender.join();
  EXPECT_TRUE(second.chars() == bytes);
  EXPECT_TRUE(third.chars() == bytes);
}

}  // namespace
}  // namespace pickle5

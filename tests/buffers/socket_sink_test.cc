#include "buffers/socket_sink.h"

#include <cerrno>
#include <thread>

#include "buffers/io_status.h"
#include "buffers/message_reader.h"
#include "buffers/socket_source.h"
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

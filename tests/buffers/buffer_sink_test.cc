#include <new>
#include <vector>

#include "buffers/buffer.h"
#include "buffers/sink.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

// Does what it is told to.
class ScriptedSink final : public BufferSink {
 public:
  enum class Behaviour { kAccept, kDecline, kFail, kBadAlloc };
  Behaviour behaviour = Behaviour::kAccept;
  int published = 0;

 protected:
  absl::StatusOr<Placement> AcceptBuffer(const Buffer& /*buffer*/) override {
    switch (behaviour) {
      case Behaviour::kAccept:
        CountCopied(1);
        return Placement::kOutOfBand;
      case Behaviour::kDecline:
        return Placement::kInBand;
      case Behaviour::kFail:
        return absl::DataLossError("scripted");
      case Behaviour::kBadAlloc:
        break;
    }
    throw std::bad_alloc();
  }
  absl::Status Publish() override {
    ++published;
    if (behaviour == Behaviour::kBadAlloc) throw std::bad_alloc();
    return absl::OkStatus();
  }
};

TEST(BufferSink, CountsWhatItTakesAndWhatItLeaves) {
  ScriptedSink sink;
  EXPECT_EQ(*sink.Accept(Buffer::Borrow("abc")),
            BufferSink::Placement::kOutOfBand);
  EXPECT_EQ(*sink.Accept(Buffer::Borrow("defg")),
            BufferSink::Placement::kOutOfBand);
  sink.behaviour = ScriptedSink::Behaviour::kDecline;
  EXPECT_EQ(*sink.Accept(Buffer::Borrow("x")), BufferSink::Placement::kInBand);
  EXPECT_EQ(sink.counters().buffers, 2u);
  EXPECT_EQ(sink.counters().bytes, 7u);
  EXPECT_EQ(sink.counters().bytes_copied, 2u);
  EXPECT_EQ(sink.counters().declined, 1u);
}

TEST(BufferSink, FailureSticksAndNothingIsPublished) {
  ScriptedSink sink;
  sink.behaviour = ScriptedSink::Behaviour::kFail;
  EXPECT_FALSE(sink.Accept(Buffer::Borrow("abc")).ok());
  sink.behaviour = ScriptedSink::Behaviour::kAccept;
  EXPECT_EQ(sink.Accept(Buffer::Borrow("abc")).status(),
            absl::DataLossError("scripted"));
  EXPECT_EQ(sink.Close(), absl::DataLossError("scripted"));
  EXPECT_EQ(sink.Close(), absl::DataLossError("scripted"));
  EXPECT_EQ(sink.published, 0);
  EXPECT_EQ(sink.counters().buffers, 0u);
}

TEST(BufferSink, BuffersThatAreNotContiguousAreRefused) {
  ScriptedSink sink;
  const Buffer buffer = *Buffer::Borrow("abcdef").WithShape(
      "B", 1, std::vector<ptrdiff_t>{3}, std::vector<ptrdiff_t>{2});
  EXPECT_EQ(sink.Accept(buffer).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(BufferSink, CloseIsIdempotentAndEndsAccepting) {
  ScriptedSink sink;
  EXPECT_FALSE(sink.closed());
  EXPECT_TRUE(sink.Close().ok());
  EXPECT_TRUE(sink.closed());
  EXPECT_EQ(sink.Accept(Buffer::Borrow("abc")).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(sink.Close().ok());
  EXPECT_EQ(sink.published, 1);
}

TEST(BufferSink, BadAllocIsResourceExhausted) {
  ScriptedSink accepting;
  accepting.behaviour = ScriptedSink::Behaviour::kBadAlloc;
  EXPECT_EQ(accepting.Accept(Buffer::Borrow("abc")).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(accepting.status().code(), absl::StatusCode::kResourceExhausted);
  ScriptedSink closing;
  closing.behaviour = ScriptedSink::Behaviour::kBadAlloc;
  EXPECT_EQ(closing.Close().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace pickle5

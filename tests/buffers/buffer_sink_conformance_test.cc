// What every pair of sink and source promises. A new place for buffers adds
// its pair to the list at the end.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "buffers/arena/arena_sink.h"
#include "buffers/arena/shm_arena.h"
#include "buffers/arena/shm_views.h"
#include "buffers/buffer.h"
#include "buffers/files/file_sink.h"
#include "buffers/files/mapped_source.h"
#include "buffers/files/memfd_sink.h"
#include "buffers/files/memfd_source.h"
#include "buffers/files/shm_sink.h"
#include "buffers/files/shm_source.h"
#include "buffers/filters/compressing_sink.h"
#include "buffers/filters/decompressing_source.h"
#include "buffers/filters/digesting_sink.h"
#include "buffers/filters/digesting_source.h"
#include "buffers/filters/limiting_sink.h"
#include "buffers/filters/limiting_source.h"
#include "buffers/filters/threshold_sink.h"
#include "buffers/memory_sink.h"
#include "buffers/memory_source.h"
#include "buffers/sink.h"
#include "buffers/source.h"
#include "buffers/streams/message_reader.h"
#include "buffers/streams/socket_sink.h"
#include "buffers/streams/socket_source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/buffers/hand_over.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/stream_pair.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

using ::testing::ElementsAre;
using Dims = std::vector<ptrdiff_t>;

// One place for buffers: makes its sink, and its source once that is closed.
class Place {
 public:
  virtual ~Place() = default;
  virtual BufferSink& sink() = 0;
  virtual std::unique_ptr<BufferSource> OpenSource() = 0;
};

template <typename T>
T OrFail(absl::StatusOr<T> result) {
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *std::move(result) : T();
}

class MemoryPlace final : public Place {
 public:
  BufferSink& sink() override { return sink_; }
  std::unique_ptr<BufferSource> OpenSource() override {
    return std::make_unique<MemorySource>(sink_.TakeBuffers());
  }

 private:
  MemorySink sink_;
};

class FilePlace final : public Place {
 public:
  BufferSink& sink() override { return *sink_; }
  std::unique_ptr<BufferSource> OpenSource() override {
    return OrFail(MappedSource::Open(dir_.File("buffers")));
  }

 private:
  TempDir dir_;
  std::unique_ptr<FileSink> sink_ =
      OrFail(FileSink::Create(dir_.File("buffers")));
};

class ShmPlace final : public Place {
 public:
  ~ShmPlace() override {
    if (sink_->closed()) {
      EXPECT_TRUE(ShmSource::Unlink(name_).ok());
    }
  }
  BufferSink& sink() override { return *sink_; }
  std::unique_ptr<BufferSource> OpenSource() override {
    return OrFail(ShmSource::Open(name_));
  }

 private:
  const std::string name_ = absl::StrCat("pickle5-conformance-", ::getpid());
  std::unique_ptr<ShmSink> sink_ =
      OrFail(ShmSink::Create(name_, ShmSink::IfExists::kReplace));
};

// The bytes flow from Close() on, so that somebody must read meanwhile.
template <StreamPair (*MakePair)()>
class StreamPlace final : public Place {
 public:
  StreamPlace() {
    receiver_ = std::thread([this] {
      MessageReader reader;
      auto source = SocketSource::Receive(reader, pair_.out.get());
      if (source.ok()) source_ = *std::move(source);
    });
  }
  ~StreamPlace() override { Join(); }
  BufferSink& sink() override { return sink_; }
  std::unique_ptr<BufferSource> OpenSource() override {
    Join();
    EXPECT_NE(source_, nullptr);
    return std::move(source_);
  }

 private:
  void Join() {
    pair_.in = OwnedFd();
    if (receiver_.joinable()) receiver_.join();
  }

  StreamPair pair_ = MakePair();
  SocketSink sink_{pair_.in.get()};
  std::unique_ptr<BufferSource> source_;
  std::thread receiver_;
};

class SharingSocketPlace final : public Place {
 public:
  SharingSocketPlace() { reader_.AcceptSharedMemory(); }
  BufferSink& sink() override { return sink_; }
  std::unique_ptr<BufferSource> OpenSource() override {
    return OrFail(SocketSource::Receive(reader_, pair_.out.get()));
  }

 private:
  StreamPair pair_ = UnixPair();
  SocketSink sink_{pair_.in.get(), {.shared_memory_from = 0}};
  MessageReader reader_;
};

StreamPair MakeUnixPair() { return UnixPair(); }
StreamPair MakeTcpPair() { return TcpPair(); }

class MemfdPlace final : public Place {
 public:
  BufferSink& sink() override { return *sink_; }
  std::unique_ptr<BufferSource> OpenSource() override {
    return OrFail(MemfdSource::Open(sink_->fd()));
  }

 private:
  std::unique_ptr<MemfdSink> sink_ = OrFail(MemfdSink::Create());
};

class ArenaPlace final : public Place {
 public:
  BufferSink& sink() override { return sink_; }
  std::unique_ptr<BufferSource> OpenSource() override {
    const ShmOffer offer = *sink_.Offer();
    return OrFail(views_.Open(Received(offer)));
  }

 private:
  ShmArena arena_{64 << 20};
  ArenaSink sink_{&arena_};
  ShmViews views_;
};

class ThresholdPlace final : public Place {
 public:
  BufferSink& sink() override { return threshold_; }
  std::unique_ptr<BufferSource> OpenSource() override {
    return std::make_unique<MemorySource>(sink_.TakeBuffers());
  }

 private:
  MemorySink sink_;
  ThresholdSink threshold_{0, &sink_};
};

// Bytes copied, mapped and shared.
using Moves = std::array<uint64_t, 3>;
using MovesOf = Moves (*)(uint64_t bytes);
constexpr MovesOf kCopies = [](uint64_t bytes) { return Moves{bytes, 0, 0}; };
constexpr MovesOf kMaps = [](uint64_t bytes) { return Moves{0, bytes, 0}; };
constexpr MovesOf kShares = [](uint64_t bytes) { return Moves{0, 0, bytes}; };

Moves CopiedMappedShared(const BufferCounters& counters) {
  return {counters.bytes_copied, counters.bytes_mapped, counters.bytes_shared};
}

// A source before another, and what it borrows.
class WrappedSource final : public BufferSource {
 public:
  template <typename Wrap>
  WrappedSource(MemorySink& sink, Wrap wrap) : inner_(sink.TakeBuffers()) {
    outer_ = wrap(&inner_);
  }

 protected:
  absl::StatusOr<Buffer> NextBuffer() override { return NextFrom(*outer_); }

 private:
  MemorySource inner_;
  std::unique_ptr<BufferSource> outer_;
};

class DigestingPlace final : public Place {
 public:
  BufferSink& sink() override { return digesting_; }
  std::unique_ptr<BufferSource> OpenSource() override {
    return std::make_unique<WrappedSource>(sink_, [](BufferSource* source) {
      return std::make_unique<DigestingSource>(source);
    });
  }

 private:
  MemorySink sink_;
  DigestingSink digesting_{&sink_};
};

class LimitingPlace final : public Place {
 public:
  BufferSink& sink() override { return limiting_; }
  std::unique_ptr<BufferSource> OpenSource() override {
    return std::make_unique<WrappedSource>(sink_, [](BufferSource* source) {
      return std::make_unique<LimitingSource>(BufferLimits(), source);
    });
  }

 private:
  MemorySink sink_;
  LimitingSink limiting_{BufferLimits(), &sink_};
};

class RunCodec final : public BufferCodec {
 public:
  std::string_view name() const override { return "run"; }
  size_t MaxCompressedSize(size_t nbytes) const override { return nbytes; }
  // Bytes that are all the same are one byte.
  absl::StatusOr<size_t> Compress(std::span<const uint8_t> in,
                                  std::span<uint8_t> out) override {
    std::copy(in.begin(), in.end(), out.begin());
    const bool same = std::all_of(in.begin(), in.end(),
                                  [&](uint8_t byte) { return byte == in[0]; });
    return same ? 1 : in.size();
  }
  absl::Status Decompress(std::span<const uint8_t> in,
                          std::span<uint8_t> out) override {
    std::fill(out.begin(), out.end(), in[0]);
    return absl::OkStatus();
  }
};

class CompressingPlace final : public Place {
 public:
  BufferSink& sink() override { return compressing_; }
  std::unique_ptr<BufferSource> OpenSource() override {
    return std::make_unique<WrappedSource>(sink_, [](BufferSource* source) {
      static RunCodec codec;
      return std::make_unique<DecompressingSource>(
          std::vector<BufferCodec*>{&codec}, source);
    });
  }

 private:
  RunCodec codec_;
  MemorySink sink_;
  CompressingSink compressing_{&codec_, &sink_};
};

struct NamedPlace {
  const char* name;
  MovesOf sink_moves;    // what the sink does with the bytes
  MovesOf source_moves;  // and the source
  std::function<std::unique_ptr<Place>()> make;
};

class BufferSinkConformance : public ::testing::TestWithParam<NamedPlace> {
 protected:
  void Accept(const Buffer& buffer) {
    const absl::StatusOr<BufferSink::Placement> placement =
        place_->sink().Accept(buffer);
    ASSERT_TRUE(placement.ok()) << placement.status();
    ASSERT_EQ(*placement, BufferSink::Placement::kOutOfBand);
  }

  std::unique_ptr<BufferSource> CloseAndOpen() {
    EXPECT_TRUE(place_->sink().Close().ok());
    return place_->OpenSource();
  }

  static Buffer Next(BufferSource& source) { return OrFail(source.Next()); }

  std::unique_ptr<Place> place_ = GetParam().make();
};

TEST_P(BufferSinkConformance, BuffersComeBackInOrder) {
  Accept(*Buffer::Copy("first"));
  Accept(*Buffer::Copy("second"));
  Accept(*Buffer::Copy("third"));
  const std::unique_ptr<BufferSource> source = CloseAndOpen();
  EXPECT_EQ(Next(*source).chars(), "first");
  EXPECT_EQ(Next(*source).chars(), "second");
  EXPECT_EQ(Next(*source).chars(), "third");
  EXPECT_EQ(source->Next().status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(source->count(), 3u);
}

TEST_P(BufferSinkConformance, NoBuffersAreNoBuffers) {
  const std::unique_ptr<BufferSource> source = CloseAndOpen();
  EXPECT_EQ(source->Next().status(),
            absl::OutOfRangeError("not enough out-of-band buffers"));
}

TEST_P(BufferSinkConformance, ReadonlyIsKept) {
  Accept(*Buffer::Copy("writable"));
  Accept(Buffer::Copy("readonly")->AsReadonly());
  const std::unique_ptr<BufferSource> source = CloseAndOpen();
  const Buffer writable = Next(*source);
  const Buffer readonly = Next(*source);
  ASSERT_FALSE(writable.readonly());
  *writable.mutable_data() = 'W';
  EXPECT_EQ(writable.chars(), "Writable");
  EXPECT_TRUE(readonly.readonly());
}

TEST_P(BufferSinkConformance, EmptyBufferIsABuffer) {
  Accept(Buffer());
  Accept(*Buffer::Copy("behind"));
  Accept(*Buffer::Allocate(0));
  const std::unique_ptr<BufferSource> source = CloseAndOpen();
  EXPECT_EQ(Next(*source).nbytes(), 0u);
  EXPECT_EQ(Next(*source).chars(), "behind");
  EXPECT_EQ(Next(*source).nbytes(), 0u);
  EXPECT_FALSE(source->Next().ok());
}

TEST_P(BufferSinkConformance, TenMegabytesArrive) {
  const std::string bytes = SampleBytes(10 << 20);
  Accept(*Buffer::Copy(bytes));
  const std::unique_ptr<BufferSource> source = CloseAndOpen();
  const Buffer buffer = Next(*source);
  EXPECT_TRUE(buffer.chars() == bytes);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 64, 0u);
}

TEST_P(BufferSinkConformance, ThousandSmallBuffersArrive) {
  for (uint32_t i = 0; i < 1000; ++i) {
    Accept(*Buffer::Copy(SampleBytes(i % 200, i)));
  }
  const std::unique_ptr<BufferSource> source = CloseAndOpen();
  for (uint32_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(Next(*source).chars(), SampleBytes(i % 200, i));
  }
  EXPECT_FALSE(source->Next().ok());
}

TEST_P(BufferSinkConformance, ShapeAndFormatAreKept) {
  const Buffer bytes = *Buffer::Copy(SampleBytes(48));
  Accept(*bytes.WithShape("<d", 8, Dims{2, 3}));
  Accept(*bytes.WithShape("<i", 4, Dims{3, 4}, Dims{4, 12}));
  Accept(*bytes.WithShape("48s", 48, Dims{}));
  const std::unique_ptr<BufferSource> source = CloseAndOpen();
  const Buffer c = Next(*source);
  EXPECT_EQ(c.format(), "<d");
  EXPECT_EQ(c.itemsize(), 8u);
  EXPECT_THAT(c.shape(), ElementsAre(2, 3));
  EXPECT_THAT(c.strides(), ElementsAre(24, 8));
  const Buffer f = Next(*source);
  EXPECT_EQ(f.format(), "<i");
  EXPECT_THAT(f.shape(), ElementsAre(3, 4));
  EXPECT_THAT(f.strides(), ElementsAre(4, 12));
  EXPECT_EQ(f.chars(), bytes.chars());
  EXPECT_EQ(Next(*source).ndim(), 0u);
}

TEST_P(BufferSinkConformance, CloseIsIdempotentAndEndsAccepting) {
  Accept(*Buffer::Copy("abc"));
  BufferSink& sink = place_->sink();
  EXPECT_TRUE(sink.Close().ok());
  EXPECT_TRUE(sink.Close().ok());
  EXPECT_EQ(sink.Accept(Buffer()).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(sink.Close().ok());
  EXPECT_EQ(Next(*place_->OpenSource()).chars(), "abc");
}

TEST_P(BufferSinkConformance, FailureSticks) {
  BufferSink& sink = place_->sink();
  const Buffer gaps =
      *Buffer::Copy("abcdef")->WithShape("B", 1, Dims{3}, Dims{2});
  EXPECT_EQ(sink.Accept(gaps).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(sink.Accept(Buffer()).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(sink.status().ok());
}

TEST_P(BufferSinkConformance, BuffersOutliveTheirSource) {
  const std::string bytes = SampleBytes(100000);
  Accept(*Buffer::Copy(bytes));
  Accept(*Buffer::Copy("second"));
  std::unique_ptr<BufferSource> source = CloseAndOpen();
  Buffer first = Next(*source);
  const Buffer slice = *Next(*source).Slice(1, 3);
  source.reset();
  place_.reset();
  EXPECT_EQ(first.chars(), bytes);
  first = Buffer();
  EXPECT_EQ(slice.chars(), "eco");
}

TEST_P(BufferSinkConformance, SinkTakesNoBytesOfALiveBufferAway) {
  const Buffer buffer = *Buffer::Copy("kept");
  Accept(buffer);
  Accept(buffer);
  const std::unique_ptr<BufferSource> source = CloseAndOpen();
  place_.reset();
  EXPECT_EQ(buffer.chars(), "kept");
  EXPECT_EQ(Next(*source).chars(), "kept");
  EXPECT_EQ(Next(*source).chars(), "kept");
}

TEST_P(BufferSinkConformance, CountsBuffersAndBytes) {
  Accept(*Buffer::Copy("abc"));
  Accept(*Buffer::Copy("de"));
  const BufferSink::Counters& counters = place_->sink().counters();
  EXPECT_EQ(counters.buffers, 2u);
  EXPECT_EQ(counters.bytes, 5u);
  EXPECT_EQ(counters.declined, 0u);
  EXPECT_EQ(CopiedMappedShared(counters), GetParam().sink_moves(5));
  const std::unique_ptr<BufferSource> source = CloseAndOpen();
  Next(*source);
  Next(*source);
  EXPECT_FALSE(source->Next().ok());
  EXPECT_EQ(source->counters().buffers, 2u);
  EXPECT_EQ(source->counters().bytes, 5u);
  EXPECT_EQ(CopiedMappedShared(source->counters()), GetParam().source_moves(5));
}

TEST_P(BufferSinkConformance, SinkMayDieWithoutClose) {
  Accept(*Buffer::Copy("dropped"));
  place_.reset();
  place_ = GetParam().make();
  Accept(*Buffer::Copy("second try"));
  EXPECT_EQ(Next(*CloseAndOpen()).chars(), "second try");
}

template <typename T>
NamedPlace Named(const char* name, MovesOf sink_moves, MovesOf source_moves) {
  return {name, sink_moves, source_moves, [] { return std::make_unique<T>(); }};
}

INSTANTIATE_TEST_SUITE_P(
    Places, BufferSinkConformance,
    ::testing::Values(
        Named<MemoryPlace>("memory", kShares, kShares),
        Named<FilePlace>("file", kCopies, kMaps),
        Named<ShmPlace>("shm", kCopies, kMaps),
        Named<StreamPlace<MakeUnixPair>>("unix_socket", kCopies, kCopies),
        Named<StreamPlace<MakeTcpPair>>("tcp_socket", kCopies, kCopies),
        Named<SharingSocketPlace>("sharing_socket", kCopies, kMaps),
        Named<StreamPlace<PipePair>>("pipe", kCopies, kCopies),
        Named<MemfdPlace>("memfd", kCopies, kMaps),
        Named<ArenaPlace>("arena", kCopies, kMaps),
        Named<ThresholdPlace>("threshold", kShares, kShares),
        Named<DigestingPlace>("digesting", kShares, kShares),
        Named<LimitingPlace>("limiting", kShares, kShares),
        Named<CompressingPlace>("compressing", kShares, kShares)),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace pickle5

#include "buffers/filters/compressing_sink.h"

#include <unistd.h>

#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "buffers/filters/compressed_head.h"
#include "buffers/filters/decompressing_source.h"
#include "buffers/filters/lz4_codec.h"
#include "buffers/filters/zstd_codec.h"
#include "buffers/memory_sink.h"
#include "buffers/memory_source.h"
#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"

namespace pickle5 {
namespace {

std::unique_ptr<BufferCodec> MakeCodec(std::string_view name) {
  if (name == "zstd") return std::make_unique<ZstdCodec>();
  return std::make_unique<Lz4Codec>();
}

std::string Compressible(size_t size) {
  std::string bytes = SampleBytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(bytes[i] & 3);
  return bytes;
}

size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  size_t size = 0;
  size_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<size_t>(::getpagesize());
}

class Compressing : public ::testing::TestWithParam<const char*> {
 protected:
  // What the sink behind gets.
  std::vector<Buffer> Compress(const std::string& payload) {
    MemorySink memory;
    CompressingSink sink(codec_.get(), &memory);
    EXPECT_TRUE(sink.Accept(*Buffer::Copy(payload)).ok());
    EXPECT_TRUE(sink.Close().ok());
    passed_ = sink.bytes_passed();
    copied_ = sink.counters().bytes_copied;
    return memory.TakeBuffers();
  }

  absl::StatusOr<Buffer> Decompress(std::vector<Buffer> buffers,
                                    const BufferLimits& limits = {}) {
    MemorySource memory(std::move(buffers));
    DecompressingSource source({codec_.get()}, &memory, limits);
    return source.Next();
  }

  std::unique_ptr<BufferCodec> codec_ = MakeCodec(GetParam());
  uint64_t passed_ = 0;
  uint64_t copied_ = 0;
};

TEST_P(Compressing, BytesComeBack) {
  for (const size_t size : {512u, 70000u, 9u << 20}) {
    const std::string payload = Compressible(size);
    std::vector<Buffer> buffers = Compress(payload);
    ASSERT_EQ(buffers.size(), 2u);
    EXPECT_LT(buffers[0].nbytes(), size - size / 8);
    EXPECT_EQ(passed_, buffers[0].nbytes());
    EXPECT_EQ(copied_, size);
    EXPECT_EQ(DecodeCompressedHead(buffers[1].chars())->codec, GetParam());
    EXPECT_TRUE(Decompress(std::move(buffers))->chars() == payload);
  }
}

TEST_P(Compressing, WhatDoesNotShrinkIsPassedAsItIs) {
  for (const std::string& payload :
       {SampleBytes(100000), Compressible(511), std::string()}) {
    std::vector<Buffer> buffers = Compress(payload);
    EXPECT_EQ(passed_, payload.size());
    EXPECT_EQ(copied_, 0u);
    EXPECT_TRUE(buffers[0].chars() == payload);
    EXPECT_TRUE(Decompress(std::move(buffers))->chars() == payload);
  }
}

// Decompressors are given what nobody has compressed.
TEST_P(Compressing, NoDamageIsMoreThanAStatus) {
  const std::string payload = Compressible(3000);
  const std::vector<Buffer> good = Compress(payload);
  std::minstd_rand random(7);
  size_t damaged = 0;
  size_t refused = 0;
  for (size_t which = 0; which < 2; ++which) {
    for (size_t at = 0; at < good[which].nbytes(); ++at) {
      for (int i = 0; i < 4; ++i) {
        std::vector<Buffer> buffers = {*Buffer::Copy(good[0].chars()),
                                       *Buffer::Copy(good[1].chars())};
        buffers[which].mutable_data()[at] ^=
            static_cast<uint8_t>(1 + random() % 255);
        ++damaged;
        const absl::StatusOr<Buffer> buffer = Decompress(
            std::move(buffers), {.max_buffer_bytes = size_t{1} << 40});
        if (!buffer.ok()) ++refused;
      }
    }
  }
  std::printf("%zu damaged: %zu refused\n", damaged, refused);
  EXPECT_GT(refused, damaged / 20);
}

TEST_P(Compressing, EveryTruncationIsDataLoss) {
  const std::vector<Buffer> good = Compress(Compressible(3000));
  for (size_t length = 0; length < good[0].nbytes(); ++length) {
    ASSERT_EQ(Decompress({*good[0].Slice(0, length), good[1]}).status().code(),
              absl::StatusCode::kDataLoss)
        << length;
  }
  for (size_t length = 0; length < good[1].nbytes(); ++length) {
    ASSERT_EQ(Decompress({good[0], *good[1].Slice(0, length)}).status().code(),
              absl::StatusCode::kDataLoss)
        << length;
  }
  EXPECT_EQ(Decompress({good[0]}).status().code(), absl::StatusCode::kDataLoss);
}

TEST_P(Compressing, FalseLengthIsDataLossAndTakesNoMemory) {
  const std::string payload = Compressible(100000);
  const std::vector<Buffer> good = Compress(payload);
  const size_t before = ResidentBytes();
  for (const uint64_t length :
       {uint64_t{0}, uint64_t{99999}, uint64_t{100001}, uint64_t{1} << 30}) {
    CompressedHead head = *DecodeCompressedHead(good[1].chars());
    head.length = length;
    EXPECT_EQ(Decompress({good[0], *Buffer::Own(EncodeCompressedHead(head))})
                  .status()
                  .code(),
              absl::StatusCode::kDataLoss)
        << length;
  }
  EXPECT_LT(ResidentBytes(), before + (size_t{256} << 20));
}

TEST_P(Compressing, DeclaredLengthIsLimited) {
  const std::vector<Buffer> good = Compress(Compressible(3000));
  EXPECT_TRUE(Decompress(good, {.max_buffer_bytes = 3000}).ok());
  EXPECT_EQ(Decompress(good, {.max_buffer_bytes = 2999}).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_P(Compressing, CodecThatIsNotThereIsUnimplemented) {
  MemorySource memory(Compress(Compressible(3000)));
  DecompressingSource source({}, &memory);
  EXPECT_EQ(source.Next().status().code(), absl::StatusCode::kUnimplemented);
}

INSTANTIATE_TEST_SUITE_P(Codecs, Compressing, ::testing::Values("zstd", "lz4"));

}  // namespace
}  // namespace pickle5

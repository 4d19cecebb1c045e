#include "buffers/files/archive_index.h"

#include <string>

#include "gtest/gtest.h"

namespace pickle5 {
namespace {

constexpr uint64_t kPickleLength = 100000;
constexpr size_t kHead = 32;  // of the index, in front of the first entry

ArchivePayload Plain(uint64_t offset, uint64_t length) {
  ArchivePayload payload;
  payload.offset = offset;
  payload.length = length;
  payload.kind = PayloadKind::kBytes;
  payload.description.readonly = true;
  payload.digest = DigestOf("x");
  return payload;
}

ArchivePayload Array(uint64_t offset) {
  ArchivePayload payload = Plain(offset, 24);
  payload.kind = PayloadKind::kBuffer;
  payload.description = {false, true, true, "<f", 4, {2, 3}};
  return payload;
}

std::string Encode(std::vector<ArchivePayload> payloads) {
  return EncodeArchiveIndex({DigestOf("y"), std::move(payloads)},
                            kPickleLength);
}

absl::StatusCode Decode(const std::string& bytes) {
  return DecodeArchiveIndex(bytes).status().code();
}

// Makes the digest right again, as whoever forges an index would.
std::string Sealed(std::string bytes) {
  const BufferDigest digest =
      DigestOf(std::string_view(bytes).substr(0, bytes.size() - 16));
  return bytes.replace(bytes.size() - 16, 16,
                       reinterpret_cast<const char*>(digest.data()), 16);
}

// The index of one array with `size` bytes at `at` of its entry replaced.
absl::StatusCode DecodeForged(size_t at, uint64_t value, size_t size = 8) {
  std::string bytes = Encode({Array(64)});
  for (size_t i = 0; i < size; ++i) {
    bytes[kHead + at + i] = static_cast<char>(value >> (8 * i));
  }
  return Decode(Sealed(bytes));
}

TEST(ArchiveIndex, ComesBackAsItWas) {
  const auto index = DecodeArchiveIndex(Encode({Plain(64, 5000), Array(8192)}));
  ASSERT_TRUE(index.ok()) << index.status();
  EXPECT_EQ(index->in_band, DigestOf("y"));
  ASSERT_EQ(index->payloads.size(), 2u);
  EXPECT_EQ(index->payloads[0].offset, 64u);
  EXPECT_EQ(index->payloads[0].length, 5000u);
  EXPECT_EQ(index->payloads[0].kind, PayloadKind::kBytes);
  EXPECT_EQ(index->payloads[0].description, Plain(0, 0).description);
  EXPECT_EQ(index->payloads[1].description, Array(0).description);
  EXPECT_EQ(index->payloads[1].kind, PayloadKind::kBuffer);
  EXPECT_EQ(index->payloads[1].digest, DigestOf("x"));
}

TEST(ArchiveIndex, WithoutPayloads) {
  const auto index = DecodeArchiveIndex(Encode({}));
  ASSERT_TRUE(index.ok()) << index.status();
  EXPECT_TRUE(index->payloads.empty());
}

TEST(ArchiveIndex, FooterTellsTheLengths) {
  const std::string bytes = Encode({Plain(64, 5000)});
  const auto footer = DecodeArchiveFooter(
      std::string_view(bytes).substr(bytes.size() - kArchiveFooterSize));
  ASSERT_TRUE(footer.ok()) << footer.status();
  EXPECT_EQ(footer->pickle_length, kPickleLength);
  EXPECT_EQ(footer->index_length, bytes.size() - kArchiveFooterSize);
}

TEST(ArchiveIndex, EveryFlippedByteIsFound) {
  const std::string bytes = Encode({Plain(64, 5000), Array(8192)});
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    EXPECT_FALSE(DecodeArchiveIndex(flipped).ok()) << i;
  }
}

TEST(ArchiveIndex, EveryLengthButTheWholeIsRefused) {
  const std::string bytes = Encode({Plain(64, 5000), Array(8192)});
  for (size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_EQ(Decode(bytes.substr(0, i)), absl::StatusCode::kDataLoss) << i;
  }
}

TEST(ArchiveIndex, ForgedFieldsAreRefused) {
  constexpr uint64_t kHuge = ~uint64_t{0};
  EXPECT_EQ(DecodeForged(0, 64), absl::StatusCode::kOk);
  EXPECT_EQ(DecodeForged(0, kPickleLength), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeForged(0, kHuge), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeForged(8, kHuge), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeForged(8, kHuge - 64), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeForged(20, 65, 4), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeForged(20, 0xffffffff, 4), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeForged(24, kHuge), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeForged(32, kHuge), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeForged(32, 9), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeForged(44, 0, 4), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeForged(44, 63, 4), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeForged(44, 0xfffffff8, 4), absl::StatusCode::kDataLoss);
}

TEST(ArchiveIndex, PayloadsOutOfOrderAreRefused) {
  EXPECT_EQ(Decode(Encode({Array(8192), Plain(64, 5000)})),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(Decode(Encode({Plain(64, 5000), Plain(5063, 10)})),
            absl::StatusCode::kDataLoss);
}

TEST(ArchiveIndex, MorePayloadsThanBytesAreRefused) {
  std::string bytes = Encode({Array(64)});
  bytes[7] = '\x7f';  // of the number of payloads
  EXPECT_EQ(Decode(Sealed(bytes)), absl::StatusCode::kDataLoss);
}

// The compatibility promise of ARCHIVE_FORMAT.md.
TEST(ArchiveIndex, UnknownFlagsAndKinds) {
  EXPECT_EQ(DecodeForged(16, 0x8006, 4), absl::StatusCode::kOk);
  EXPECT_EQ(DecodeForged(16, 0x10006, 4), absl::StatusCode::kUnimplemented);
  std::string bytes = Encode({Array(64)});
  bytes[kHead + 40] = 77;
  const auto index = DecodeArchiveIndex(Sealed(bytes));
  ASSERT_TRUE(index.ok()) << index.status();
  EXPECT_EQ(index->payloads[0].kind, PayloadKind::kOther);
}

TEST(ArchiveIndex, LongerHeadsAndEntriesAreSkipped) {
  std::string bytes = Encode({Plain(64, 5000), Array(8192)});
  bytes.insert(kHead + 64, "NEWFIELD");
  bytes[kHead + 44] = 72;
  bytes.insert(kHead, "MOREHEAD");
  bytes[8] = 40;
  const size_t footer = bytes.size() - kArchiveFooterSize;
  bytes[footer + 24] = static_cast<char>(bytes[footer + 24] + 16);
  const auto index = DecodeArchiveIndex(Sealed(bytes));
  ASSERT_TRUE(index.ok()) << index.status();
  EXPECT_EQ(index->payloads[1].description, Array(0).description);
}

TEST(ArchiveIndex, LaterVersionsAreNotRead) {
  std::string bytes = Encode({});
  bytes[bytes.size() - kArchiveFooterSize + 8] = 2;
  EXPECT_EQ(Decode(Sealed(bytes)), absl::StatusCode::kUnimplemented);
  bytes[bytes.size() - kArchiveFooterSize + 8] = 1;
  bytes[bytes.size() - kArchiveFooterSize + 14] = 1;
  EXPECT_EQ(Decode(Sealed(bytes)), absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace pickle5

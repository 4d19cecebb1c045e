#include "buffers/files/buffer_file_index.h"

#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"

namespace pickle5 {
namespace {

BufferFileEntry Plain(uint64_t offset, uint64_t length) {
  BufferFileEntry entry;
  entry.offset = offset;
  entry.length = length;
  entry.digest = DigestOf("x");
  return entry;
}

BufferFileEntry Array(uint64_t offset, uint64_t length) {
  BufferFileEntry entry = Plain(offset, length);
  entry.readonly = true;
  entry.has_layout = true;
  entry.fortran_order = true;
  entry.format = "<f";
  entry.itemsize = 4;
  entry.shape = {2, 3};
  return entry;
}

// A file of 64 bytes of payload area around that index.
std::string File(const std::vector<BufferFileEntry>& entries) {
  return EncodeBufferFileHeader() + std::string(64, '\0') +
         EncodeBufferFileIndex(entries, 128);
}

absl::StatusCode Decode(const std::string& bytes) {
  return DecodeBufferFileIndex(bytes).status().code();
}

// Replaces 8 bytes of the first entry and makes the digest right again, as
// whoever forges a file would.
absl::StatusCode DecodeForged(const BufferFileEntry& entry, size_t at,
                              uint64_t value) {
  std::string file = File({entry});
  for (size_t i = 0; i < 8; ++i) {
    file[128 + at + i] = static_cast<char>(value >> (8 * i));
  }
  const BufferDigest digest =
      DigestOf(std::string_view(file).substr(128, file.size() - 128 - 16));
  for (size_t i = 0; i < digest.size(); ++i) {
    file[file.size() - 16 + i] = static_cast<char>(digest[i]);
  }
  return Decode(file);
}

TEST(BufferFileIndex, EntriesComeBackAsTheyWere) {
  const std::string file = File({Plain(64, 3), Array(128, 0)});
  const absl::StatusOr<std::vector<BufferFileEntry>> entries =
      DecodeBufferFileIndex(file);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->size(), 2u);
  const BufferFileEntry& plain = (*entries)[0];
  EXPECT_EQ(plain.offset, 64u);
  EXPECT_EQ(plain.length, 3u);
  EXPECT_FALSE(plain.readonly);
  EXPECT_FALSE(plain.has_layout);
  EXPECT_EQ(plain.digest, DigestOf("x"));
  const BufferFileEntry& array = (*entries)[1];
  EXPECT_TRUE(array.readonly);
  EXPECT_TRUE(array.has_layout);
  EXPECT_TRUE(array.fortran_order);
  EXPECT_EQ(array.format, "<f");
  EXPECT_EQ(array.itemsize, 4u);
  EXPECT_EQ(array.shape, (std::vector<ptrdiff_t>{2, 3}));
}

// xxhsum -H2 of the same bytes.
TEST(BufferFileIndex, DigestIsXxh3In128BitsBigEndian) {
  const BufferDigest expected = {0x99, 0xaa, 0x06, 0xd3, 0x01, 0x47,
                                 0x98, 0xd8, 0x60, 0x01, 0xc3, 0x24,
                                 0x46, 0x8d, 0x49, 0x7f};
  EXPECT_EQ(DigestOf(""), expected);
}

TEST(BufferFileIndex, LayoutOnDiskIsTheDocumentedOne) {
  const std::string file = File({Plain(64, 3)});
  EXPECT_EQ(file.size(), 128u + 64 + 64);
  EXPECT_EQ(file.substr(0, 12), std::string("PKL5BUFS\1\0\0\0", 12));
  EXPECT_EQ(file.substr(128, 16),
            std::string("\x40\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0", 16));
  EXPECT_EQ(file.substr(192, 12), std::string("PKL5BUFE\1\0\0\0", 12));
  EXPECT_EQ(static_cast<uint8_t>(file[208]), 128);  // index offset
  EXPECT_EQ(file[216], 64);                         // index length
  EXPECT_EQ(file[224], 1);                          // count
}

TEST(BufferFileIndex, EveryPrefixIsRefused) {
  const std::string file = File({Plain(64, 3), Array(128, 0)});
  for (size_t size = 0; size < file.size(); ++size) {
    ASSERT_NE(Decode(file.substr(0, size)), absl::StatusCode::kOk) << size;
  }
}

TEST(BufferFileIndex, EveryFlippedBitOutsideThePayloadsIsFound) {
  const std::string file = File({Plain(64, 3), Array(128, 0)});
  for (size_t i = 0; i < file.size() * 8; ++i) {
    if (i / 8 >= 64 && i / 8 < 128) continue;
    std::string damaged = file;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << (i % 8)));
    ASSERT_NE(Decode(damaged), absl::StatusCode::kOk) << i;
  }
}

TEST(BufferFileIndex, OtherFilesAreInvalidAndLaterVersionsUnimplemented) {
  EXPECT_EQ(Decode(""), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Decode(SampleBytes(1000)), absl::StatusCode::kInvalidArgument);
  std::string file = File({});
  file[8] = 2;
  EXPECT_EQ(Decode(file), absl::StatusCode::kUnimplemented);
  file[8] = 0;
  EXPECT_EQ(Decode(file), absl::StatusCode::kDataLoss);
}

TEST(BufferFileIndex, PayloadsOutsideTheirPlaceAreRefused) {
  constexpr auto kLost = absl::StatusCode::kDataLoss;
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(Decode(File({Plain(64, 64)})), absl::StatusCode::kOk);
  EXPECT_EQ(Decode(File({Plain(64, 65)})), kLost);    // into the index
  EXPECT_EQ(Decode(File({Plain(0, 3)})), kLost);      // in the header
  EXPECT_EQ(Decode(File({Plain(65, 3)})), kLost);     // not aligned
  EXPECT_EQ(Decode(File({Plain(192, 0)})), kLost);    // behind the index
  EXPECT_EQ(Decode(File({Plain(64, kMax)})), kLost);  // overflow
  EXPECT_EQ(Decode(File({Plain(kMax - 63, 64)})), kLost);
  EXPECT_EQ(Decode(File({Plain(64, 3), Plain(64, 3)})), kLost);  // overlap
  EXPECT_EQ(Decode(File({Plain(128, 0), Plain(64, 3)})), kLost);
}

TEST(BufferFileIndex, ForgedEntriesAreRefused) {
  constexpr auto kLost = absl::StatusCode::kDataLoss;
  const BufferFileEntry plain = Plain(64, 3);
  const BufferFileEntry array = Array(64, 24);
  constexpr uint64_t kHuge = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(DecodeForged(plain, 16, 0), absl::StatusCode::kOk);
  EXPECT_EQ(DecodeForged(plain, 16, 16), kLost);  // unknown flag
  EXPECT_EQ(DecodeForged(plain, 16, 8), kLost);   // a digest, flag: none
  EXPECT_EQ(DecodeForged(plain, 16, 4), kLost);   // Fortran bytes
  EXPECT_EQ(DecodeForged(plain, 16, uint64_t{1} << 32), kLost);  // ndim
  EXPECT_EQ(DecodeForged(plain, 24, 2), kLost);                  // itemsize
  EXPECT_EQ(DecodeForged(plain, 32, 1), kLost);                  // format
  EXPECT_EQ(DecodeForged(plain, 40, 1), kLost);                  // reserved
  EXPECT_EQ(DecodeForged(array, 16, 7 | (uint64_t{65} << 32)), kLost);
  EXPECT_EQ(DecodeForged(array, 16, 7 | (uint64_t{9} << 32)), kLost);
  EXPECT_EQ(DecodeForged(array, 16, 7 | (uint64_t{1} << 32)), kLost);
  EXPECT_EQ(DecodeForged(array, 24, kHuge), kLost);
  EXPECT_EQ(DecodeForged(array, 32, kHuge), kLost);
  EXPECT_EQ(DecodeForged(array, 32, 1000), kLost);
}

TEST(BufferFileIndex, DigestMayBeLeftOut) {
  BufferFileEntry entry = Plain(64, 3);
  entry.has_digest = false;
  entry.digest = {};
  const absl::StatusOr<std::vector<BufferFileEntry>> entries =
      DecodeBufferFileIndex(File({entry}));
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_FALSE(entries->front().has_digest);
  EXPECT_EQ(DecodeForged(entry, 48, 1), absl::StatusCode::kDataLoss);
}

TEST(BufferFileIndex, ForgedFootersAreRefused) {
  const size_t footer = 64;  // behind the only entry
  constexpr auto kLost = absl::StatusCode::kDataLoss;
  const BufferFileEntry entry = Plain(64, 3);
  EXPECT_EQ(DecodeForged(entry, footer + 16, 64), kLost);  // index offset
  EXPECT_EQ(DecodeForged(entry, footer + 16, 0), kLost);
  EXPECT_EQ(DecodeForged(entry, footer + 24, 63), kLost);  // index length
  EXPECT_EQ(DecodeForged(entry, footer + 32, 0), kLost);   // count
  EXPECT_EQ(DecodeForged(entry, footer + 32, 2), kLost);
  EXPECT_EQ(DecodeForged(entry, footer + 32, ~uint64_t{0}), kLost);
  EXPECT_EQ(DecodeForged(entry, footer + 40, 1), kLost);  // reserved
}

}  // namespace
}  // namespace pickle5

#include "buffers/files/digest_check.h"

#include <unistd.h>

#include <string>
#include <vector>

#include "buffers/buffer.h"
#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

// Ranges of `size` bytes each that cover `bytes`.
std::vector<DigestedRange> RangesOf(const std::string& bytes, size_t size) {
  std::vector<DigestedRange> ranges;
  for (size_t at = 0; at < bytes.size(); at += size) {
    const std::string_view range = std::string_view(bytes).substr(at, size);
    ranges.push_back({at, range.size(), DigestOf(range)});
  }
  return ranges;
}

class DigestCheckTest : public ::testing::TestWithParam<size_t> {
 protected:
  // In memory and in a file.
  std::vector<FileBytes> Places(const std::string& bytes) {
    WriteAll(dir_.File("f"), bytes);
    std::vector<FileBytes> places;
    places.push_back(FileBytes::Of(Buffer::Borrow(bytes)));
    places.push_back(*FileBytes::Open(dir_.File("f")));
    return places;
  }

  TempDir dir_;
};

TEST_P(DigestCheckTest, FindsTheFirstMismatch) {
  std::string bytes = SampleBytes(20 << 20);
  const std::vector<DigestedRange> ranges = RangesOf(bytes, GetParam());
  for (const FileBytes& place : Places(bytes)) {
    EXPECT_EQ(*FirstMismatch(place, ranges), std::nullopt);
  }
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  for (const FileBytes& place : Places(bytes)) {
    EXPECT_EQ(*FirstMismatch(place, ranges), ranges.size() - 1);
  }
  bytes[bytes.size() / 3] = static_cast<char>(bytes[bytes.size() / 3] ^ 1);
  for (const FileBytes& place : Places(bytes)) {
    EXPECT_EQ(*FirstMismatch(place, ranges), bytes.size() / 3 / GetParam());
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, DigestCheckTest,
                         ::testing::Values(20 << 20, 1 << 20, 300001));

TEST_F(DigestCheckTest, NothingFits) {
  EXPECT_EQ(*FirstMismatch(FileBytes(), {}), std::nullopt);
}

TEST_F(DigestCheckTest, FileThatBecameShorterIsAStatus) {
  const std::string bytes = SampleBytes(5 << 20);
  const std::vector<DigestedRange> ranges = RangesOf(bytes, 1 << 20);
  const std::vector<FileBytes> places = Places(bytes);
  ASSERT_EQ(::truncate(dir_.File("f").c_str(), 1000), 0);
  EXPECT_EQ(FirstMismatch(places[1], ranges).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace pickle5

#include "buffers/digests/running_digest.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"

namespace pickle5 {
namespace {

TEST(RunningDigest, PiecesGiveTheDigestOfTheWhole) {
  const std::string bytes = SampleBytes(100000);
  RunningDigest digest;
  for (const size_t piece :
       std::vector<size_t>{1, 7, 63, 64, 1000, 4096, 99999}) {
    digest.Reset();
    for (size_t at = 0; at < bytes.size(); at += piece) {
      digest.Add(std::string_view(bytes).substr(at, piece));
    }
    EXPECT_EQ(digest.Get(), DigestOf(bytes)) << piece;
  }
}

TEST(RunningDigest, MoreMayBeAddedBehindGet) {
  RunningDigest digest;
  EXPECT_EQ(digest.Get(), DigestOf(""));
  digest.Add("ab");
  EXPECT_EQ(digest.Get(), DigestOf("ab"));
  digest.Add("c");
  EXPECT_EQ(digest.Get(), DigestOf("abc"));
}

}  // namespace
}  // namespace pickle5

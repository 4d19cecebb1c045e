#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "corpus_files.h"
#include "gtest/gtest.h"
#include "pickle/decode_error.h"
#include "pickle/value/document.h"

namespace pickle5 {
namespace {

class Prefix : public testing::TestWithParam<Mode> {
 protected:
  // The bytes stand in a block of just their size, so that a sanitizer sees
  // any read behind them.
  absl::Status Load(std::string_view pickle) {
    const auto block = std::make_unique<char[]>(pickle.size());
    pickle.copy(block.get(), pickle.size());
    ReadOptions options;
    options.mode = GetParam();
    options.limits.max_digits = 1'000'000;
    options.encoding = StringEncoding::kLatin1;
    options.placeholder_buffers = true;
    return document_.LoadBorrowed({block.get(), pickle.size()}, options);
  }

  Document document_;
};

TEST_P(Prefix, OfAGenuinePickleIsRefused) {
  const auto files = GoldenFiles(512);
  ASSERT_GT(files.size(), 1000u);
  for (const CorpusFile& file : files) {
    for (size_t size = 0; size < file.bytes.size(); ++size) {
      const absl::Status status =
          Load(std::string_view(file.bytes).substr(0, size));
      ASSERT_FALSE(status.ok()) << file.name << " cut to " << size;
      const std::optional<DecodeError> error = GetDecodeError(status);
      ASSERT_TRUE(error.has_value()) << file.name << " cut to " << size;
      ASSERT_LE(error->offset, size) << file.name << " cut to " << size;
      ASSERT_TRUE(error->code == ErrorCode::kTruncated ||
                  error->code == ErrorCode::kFrame)
          << file.name << " cut to " << size << ": " << status;
    }
    ASSERT_TRUE(Load(file.bytes).ok()) << file.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, Prefix,
                         testing::Values(Mode::kStrict, Mode::kCompat),
                         [](const auto& mode) {
                           return mode.param == Mode::kStrict ? "Strict"
                                                              : "Compat";
                         });

}  // namespace
}  // namespace pickle5

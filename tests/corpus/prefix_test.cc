#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "corpus_files.h"
#include "gtest/gtest.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/value/document.h"

namespace pickle5 {
namespace {

class Prefix : public testing::TestWithParam<Mode> {
 protected:
  void SetUp() override {
    void* memory = ::mmap(nullptr, kReadable + kPage, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    pages_ = static_cast<char*>(memory);
    ASSERT_EQ(::mprotect(pages_ + kReadable, kPage, PROT_NONE), 0);
  }
  void TearDown() override { ::munmap(pages_, kReadable + kPage); }

  // The bytes end where an unreadable page begins: no read behind them goes
  // unseen.
  absl::Status Load(std::string_view pickle) {
    char* block = pages_ + kReadable - pickle.size();
    pickle.copy(block, pickle.size());
    ReadOptions options;
    options.mode = GetParam();
    options.limits.max_digits = 1'000'000;
    options.encoding = StringEncoding::kLatin1;
    options.placeholder_buffers = true;
    return document_.LoadBorrowed({block, pickle.size()}, options);
  }

  static constexpr size_t kReadable = size_t{64} << 10;
  static constexpr size_t kPage = size_t{64} << 10;

  char* pages_ = nullptr;
  Document document_;
};

TEST_P(Prefix, OfAGenuinePickleIsRefused) {
  const bool all = std::getenv("PICKLE5_LONG_TESTS") != nullptr;
  const auto files = GoldenFiles(all ? 4096 : 512);
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

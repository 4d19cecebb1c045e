#include <cstddef>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "buffers/bytes/string_byte_writer.h"
#include "corpus_files.h"
#include "gtest/gtest.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/value/document.h"
#include "pickle/value/document_feeder.h"
#include "pickle/value/value_writer.h"

namespace pickle5 {
namespace {

using Progress = DocumentFeeder::Progress;

bool Long() { return std::getenv("PICKLE5_LONG_TESTS") != nullptr; }

// What is split everywhere; in the default run half of it.
size_t Small() { return Long() ? 1024 : 512; }

class FeedCorpus : public testing::TestWithParam<Mode> {
 protected:
  ReadOptions Options() const {
    ReadOptions options;
    options.mode = GetParam();
    return options;
  }

  ReadOptions GoldenOptions() const {
    ReadOptions options = Options();
    options.limits.max_digits = 1'000'000;
    options.encoding = StringEncoding::kLatin1;
    options.placeholder_buffers = true;
    return options;
  }

  // What a load gave, as text that is the same for the same result.
  std::string Outcome(const absl::Status& status, Document& document) {
    if (!status.ok()) {
      const std::optional<DecodeError> error = GetDecodeError(status);
      if (!error.has_value()) return status.ToString();
      return absl::StrCat(std::string(ErrorCodeName(error->code)), "@",
                          error->offset, " ", error->opcode);
    }
    std::string bytes;
    StringByteWriter out(&bytes);
    absl::Status written = writer_.Write(document, out);
    if (written.ok() && !out.Close()) written = out.status();
    return absl::StrCat(document.consumed(), " ", written.ToString(), " ",
                        bytes);
  }

  std::string Whole(std::string_view pickle, const ReadOptions& options) {
    const absl::Status status = whole_.LoadBorrowed(pickle, options);
    return Outcome(status, whole_);
  }

  // Each piece stands in a block of its own that is gone when the next comes.
  absl::StatusOr<Progress> FeedCopy(std::string_view piece) {
    const auto block = std::make_unique<char[]>(piece.size());
    piece.copy(block.get(), piece.size());
    return feeder_.Feed({block.get(), piece.size()});
  }

  // In pieces of the sizes given, the rest as one.
  std::string Pieces(std::string_view pickle, const ReadOptions& options,
                     const std::vector<size_t>& sizes) {
    absl::Status status = feeder_.Start(&fed_, options);
    size_t at = 0;
    for (size_t i = 0; status.ok() && i <= sizes.size(); ++i) {
      const size_t size = i < sizes.size() ? sizes[i] : pickle.npos;
      const std::string_view piece = pickle.substr(at, size);
      at += piece.size();
      absl::StatusOr<Progress> progress = FeedCopy(piece);
      if (!progress.ok()) {
        status = progress.status();
      } else if (*progress == Progress::kDone) {
        return Outcome(status, fed_);
      }
    }
    if (status.ok()) {
      status = feeder_.Finish();
      if (status.ok()) return "Finish() took what is not done";
    }
    return Outcome(status, fed_);
  }

  void ExpectSameAtEverySplit(const CorpusFile& file,
                              const ReadOptions& options) {
    const std::string whole = Whole(file.bytes, options);
    ReadOptions first_only = options;
    first_only.allow_trailing = true;
    // Bytes behind STOP that have not come yet cannot be an error.
    const bool trailing = whole.starts_with("E_TRAILING");
    const std::string first = trailing ? Whole(file.bytes, first_only) : whole;
    const size_t end = trailing ? whole_.consumed() : file.bytes.size();
    for (size_t split = 0; split <= file.bytes.size(); ++split) {
      const std::string& wanted = split == end ? first : whole;
      ASSERT_EQ(Pieces(file.bytes, options, {split}), wanted)
          << file.name << " split at " << split;
    }
  }

  void ExpectSameInPiecesOf(size_t size, const CorpusFile& file,
                            const ReadOptions& options) {
    ReadOptions first_only = options;
    first_only.allow_trailing = true;
    const std::string wanted = Whole(file.bytes, first_only);
    ASSERT_EQ(Pieces(file.bytes, first_only,
                     std::vector<size_t>(file.bytes.size() / size, size)),
              wanted)
        << file.name << " in pieces of " << size;
  }

  Document whole_;
  Document fed_;
  DocumentFeeder feeder_;
  ValueWriter writer_;
};

TEST_P(FeedCorpus, EverySplitOfAGenuinePickleGivesTheSame) {
  const auto files = GoldenFiles(Small());
  ASSERT_GT(files.size(), 1000u);
  for (const CorpusFile& file : files) {
    ExpectSameAtEverySplit(file, GoldenOptions());
    if (HasFatalFailure()) return;
  }
}

TEST_P(FeedCorpus, EverySplitOfAHostilePickleGivesTheSame) {
  const auto files = HostileFiles(Small());
  ASSERT_GT(files.size(), 1000u);
  for (const CorpusFile& file : files) {
    ExpectSameAtEverySplit(file, Options());
    if (HasFatalFailure()) return;
  }
}

TEST_P(FeedCorpus, SmallPiecesGiveTheSame) {
  for (const size_t size : {1u, 2u, 3u, 7u, 64u}) {
    // Byte by byte all of it, always.
    const bool all = Long() || size == 1;
    for (const CorpusFile& file : GoldenFiles(all ? 100'000 : 2048)) {
      ExpectSameInPiecesOf(size, file, GoldenOptions());
      if (HasFatalFailure()) return;
    }
    for (const CorpusFile& file : HostileFiles(all ? 2'000'000 : 2048)) {
      ExpectSameInPiecesOf(size, file, Options());
      if (HasFatalFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, FeedCorpus,
                         testing::Values(Mode::kStrict, Mode::kCompat),
                         [](const auto& mode) {
                           return mode.param == Mode::kStrict ? "Strict"
                                                              : "Compat";
                         });

}  // namespace
}  // namespace pickle5

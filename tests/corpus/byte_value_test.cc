// Each byte of 40 pickles takes each of the 256 values. What strict mode makes
// of it is what its executable reference makes of it, tree or code and offset,
// and compat mode loads what CPython loads: byte_values.tsv. Each way to read
// finds the same.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "pickle/cli/hex_bytes.h"
#include "pickle/inspect/verify.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/protocol/scanner.h"
#include "pickle/show/canonical_tree.h"
#include "pickle/show/sha256.h"
#include "pickle/value/document.h"
#include "pickle/value/document_feeder.h"

namespace pickle5 {
namespace {

// What becomes of a pickle when one of its bytes is 0 to 255.
struct ByteRow {
  std::string strict;  // the start of the SHA-256 of the outcomes
  std::string compat;  // which load, as hex digits, the highest first
};

struct BasePickle {
  std::string name;
  ReadOptions options;
  std::string bytes;
  std::vector<ByteRow> rows;
};

std::vector<BasePickle> BasePickles() {
  std::vector<BasePickle> pickles;
  std::ifstream lines(PICKLE5_TESTS_DIR "/corpus/byte_values.tsv");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    if (fields.size() == 2) {
      pickles.back().rows.push_back({fields[0], fields[1]});
      continue;
    }
    BasePickle pickle{
        fields.at(0), {}, cli::BytesFromHex(fields.at(3)).value(), {}};
    if (fields.at(1) == "latin1") {
      pickle.options.encoding = StringEncoding::kLatin1;
    }
    pickle.options.placeholder_buffers = fields.at(2) == "buffers";
    pickles.push_back(pickle);
  }
  return pickles;
}

std::string ErrorText(const absl::Status& status) {
  const std::optional<DecodeError> error = GetDecodeError(status);
  if (!error.has_value()) return status.ToString();
  return absl::StrCat(std::string(ErrorCodeName(error->code)), "@",
                      error->offset);
}

// Where CPython, and so compat mode, makes something else of a pickle than
// strict mode.
struct TreeDifference {
  std::string_view name;
  size_t offset;
  size_t value;
  std::string_view why;
};
constexpr TreeDifference kTreeDifferences[] = {
    {"text_numbers", 7, '-', "a line of two characters that is 0 is False"},
};

// Bit `value` of a number of 64 hex digits.
bool BitOf(std::string_view hex, size_t value) {
  const char digit = hex[63 - value / 4];
  const int four = digit <= '9' ? digit - '0' : digit - 'a' + 10;
  return (four >> (value % 4) & 1) != 0;
}

class ByteValue : public testing::Test {
 protected:
  std::string Outcome(const absl::Status& status, const Document& document) {
    if (!status.ok()) return ErrorText(status);
    return CanonicalTree(document.root()).value_or("no tree");
  }

  std::string Load(std::string_view pickle, ReadOptions options, Mode mode) {
    options.mode = mode;
    return Outcome(document_.LoadBorrowed(pickle, options), document_);
  }

  // In two pieces, and what comes behind STOP is not looked at.
  std::string Feed(std::string_view pickle, ReadOptions options, Mode mode,
                   size_t split) {
    options.mode = mode;
    absl::Status status = feeder_.Start(&document_, options);
    for (const auto piece : {pickle.substr(0, split), pickle.substr(split)}) {
      if (!status.ok()) break;
      const auto progress = feeder_.Feed(piece);
      if (progress.ok() && *progress == DocumentFeeder::Progress::kDone) {
        return Outcome(status, document_);
      }
      status = progress.status();
    }
    if (status.ok()) status = feeder_.Finish();
    return Outcome(status, document_);
  }

  // All 256 values of one byte, which names what is not right.
  void ExpectOutcomes(const BasePickle& base, size_t offset) {
    const ByteRow& row = base.rows[offset];
    std::string pickle = base.bytes;
    std::string outcomes;
    for (size_t value = 0; value < 256; ++value) {
      SCOPED_TRACE(absl::StrCat("the value ", value));
      pickle[offset] = static_cast<char>(value);
      const std::string strict = Load(pickle, base.options, Mode::kStrict);
      ExpectSameFromVerify(pickle, base.options, strict);
      ExpectSameFromFeed(pickle, base.options, Mode::kStrict, offset, strict);
      const std::string compat = Load(pickle, base.options, Mode::kCompat);
      ExpectSameFromFeed(pickle, base.options, Mode::kCompat, offset, compat);
      // Later releases than the one that was asked keep to frames.
      if (!compat.starts_with("E_FRAME@")) {
        EXPECT_EQ(compat.starts_with('{'), BitOf(row.compat, value)) << compat;
      }
      if (strict.starts_with('{') && compat.starts_with('{')) {
        EXPECT_EQ(strict != compat, TreesDiffer(base.name, offset, value))
            << strict << "\n"
            << compat;
      }
      absl::StrAppend(&outcomes, strict, "\n");
      ++points_;
    }
    EXPECT_EQ(internal::Sha256Hex(outcomes).substr(0, 16), row.strict)
        << outcomes;
  }

  void ExpectSameFromVerify(std::string_view pickle, const ReadOptions& options,
                            const std::string& loaded) {
    ReadOptions with_buffers = options;
    with_buffers.placeholder_buffers = true;
    const absl::Status verified = Verify(pickle, with_buffers);
    if (loaded.starts_with('{')) {
      EXPECT_TRUE(verified.ok()) << verified;
    } else if (!loaded.starts_with("E_NO_BUFFER")) {
      EXPECT_EQ(ErrorText(verified), loaded);
    }
  }

  void ExpectSameFromFeed(std::string_view pickle, const ReadOptions& options,
                          Mode mode, size_t split, const std::string& loaded) {
    const std::string fed = Feed(pickle, options, mode, split);
    // Bytes that have not come yet are no error.
    if (fed != loaded && loaded.starts_with("E_TRAILING")) return;
    EXPECT_EQ(fed, loaded);
  }

  bool TreesDiffer(std::string_view name, size_t offset, size_t value) {
    const auto is_this = [&](const TreeDifference& difference) {
      return difference.name == name && difference.offset == offset &&
             difference.value == value;
    };
    const bool listed = std::ranges::any_of(kTreeDifferences, is_this);
    differences_ += listed;
    return listed;
  }

  size_t points_ = 0;
  size_t differences_ = 0;

 private:
  Document document_;
  DocumentFeeder feeder_;
};

TEST_F(ByteValue, GivesTheOutcomeOfTheReferenceAndOfCPython) {
  const std::vector<BasePickle> pickles = BasePickles();
  ASSERT_EQ(pickles.size(), 40u);
  for (const BasePickle& base : pickles) {
    ASSERT_EQ(base.rows.size(), base.bytes.size());
    for (size_t offset = 0; offset < base.bytes.size(); ++offset) {
      SCOPED_TRACE(absl::StrCat(base.name, ", byte ", offset));
      ExpectOutcomes(base, offset);
    }
  }
  std::printf("%zu pickles\n", points_);
  EXPECT_GT(points_, 300'000u);
  EXPECT_EQ(differences_, std::size(kTreeDifferences));
}

// So that each opcode is there to be damaged.
TEST_F(ByteValue, PicklesHaveAllOpcodes) {
  std::vector<bool> seen(256);
  for (const BasePickle& base : BasePickles()) {
    Scanner scanner(base.bytes);
    Token token;
    while (scanner.Next(token) == Scanner::Result::kToken) {
      seen[static_cast<uint8_t>(token.opcode())] = true;
    }
  }
  for (const OpcodeInfo& info : kOpcodes) {
    EXPECT_TRUE(seen[static_cast<uint8_t>(info.opcode)]) << info.name;
  }
}

}  // namespace
}  // namespace pickle5

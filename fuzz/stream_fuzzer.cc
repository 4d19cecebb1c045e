// Promise: pickles that stand one behind another load the same, and fail with
// the same code at the same place, from one block, from a reader and fed in
// pieces of any sizes; a feeder or Document that failed, or was left in the
// middle, works again.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "buffers/bytes/memory_byte_reader.h"
#include "fuzz/fuzz_input.h"
#include "pickle/value/document.h"
#include "pickle/value/document_feeder.h"
#include "pickle/value/equal.h"

namespace pickle5 {
namespace {

using Progress = DocumentFeeder::Progress;

constexpr size_t kMostPickles = 16;

class Splits {
 public:
  explicit Splits(uint32_t seed) : random_(seed) {}
  // Mostly small.
  size_t Next() { return 1 + random_() % (random_() % 4 == 0 ? 1024 : 9); }
  bool OneIn(uint32_t n) { return random_() % n == 0; }

 private:
  std::minstd_rand random_;
};

// Feeds one pickle. Each piece is in memory of its own that is then gone.
absl::Status Feed(std::string_view bytes, const ReadOptions& options,
                  DocumentFeeder& feeder, Splits& splits, Document* document,
                  size_t* used) {
  *used = 0;
  absl::Status status = feeder.Start(document, options);
  if (splits.OneIn(4)) {
    // Left in the middle, and begun again.
    (void)feeder.Feed(bytes.substr(0, splits.Next()));
    status = feeder.Start(document, options);
  }
  while (status.ok() && *used < bytes.size()) {
    const std::string piece(bytes.substr(*used, splits.Next()));
    size_t taken = 0;
    const absl::StatusOr<Progress> progress = feeder.Feed(piece, &taken);
    if (!progress.ok()) return progress.status();
    *used += taken;
    if (*progress == Progress::kDone) return absl::OkStatus();
    Require(taken == piece.size());
  }
  return status.ok() ? feeder.Finish() : status;
}

// Where no further bytes may stand behind STOP: the outcome of a whole input.
void FeedWhole(const FuzzInput& input, Mode mode, Splits& splits,
               DocumentFeeder& feeder) {
  const ReadOptions options = input.Options(mode);
  Document document;
  const absl::Status whole = document.LoadBorrowed(input.pickle, options);
  Document fed;
  const size_t piece = splits.Next();
  absl::Status status = feeder.Start(&fed, options);
  std::string_view rest = input.pickle;
  bool done = false;
  while (status.ok() && !rest.empty()) {
    const auto progress = feeder.Feed(rest.substr(0, piece));
    status = progress.status();
    done = progress.ok() && *progress == Progress::kDone;
    rest.remove_prefix(std::min(piece, rest.size()));
  }
  if (status.ok() && !done) status = feeder.Finish();
  Require(status == whole || IsLimit(status) || IsLimit(whole));
}

void FeedEach(const FuzzInput& input, Mode mode, Splits& splits,
              DocumentFeeder& feeder) {
  ReadOptions options = input.Options(mode);
  options.allow_trailing = true;
  MemoryByteReader reader(input.pickle);
  std::string_view rest = input.pickle;
  Document whole;
  Document read;
  Document fed;
  for (size_t i = 0; i < kMostPickles; ++i) {
    const absl::Status wanted = whole.LoadBorrowed(rest, options);
    size_t used = 0;
    const absl::Status pieces =
        Feed(rest, options, feeder, splits, &fed, &used);
    const absl::Status stream = read.Load(reader, options);
    if (IsLimit(wanted) || IsLimit(pieces) || IsLimit(stream)) return;
    Require(SameError(wanted, pieces) && SameError(wanted, stream));
    if (!wanted.ok()) {
      Require(fed.root().is_null() && read.root().is_null());
      return;
    }
    Require(used == whole.consumed() && fed.consumed() == used &&
            read.consumed() == used && fed.protocol() == whole.protocol());
    Require(Identical(whole.root(), fed.root()) &&
            Identical(whole.root(), read.root()));
    rest.remove_prefix(used);
    if (rest.empty()) return;
  }
}

}  // namespace
}  // namespace pickle5

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto input = pickle5::FuzzInput::Of(data, size);
  pickle5::Splits splits(static_cast<uint32_t>(size + input.choice));
  pickle5::DocumentFeeder feeder;
  for (const auto mode : {pickle5::Mode::kCompat, pickle5::Mode::kStrict}) {
    pickle5::FeedWhole(input, mode, splits, feeder);
    pickle5::FeedEach(input, mode, splits, feeder);
  }
  return 0;
}

// Promise: whatever the bytes, loading them in compat and in strict mode ends
// with a Document or a Status; it never crashes, hangs, or takes memory that
// the input did not pay for. What strict mode accepts, Verify accepts, and
// compat mode too but for two things that CPython refuses: memo indices beyond
// its ssize_t, and INST with names that are not ASCII. Feeding the bytes in
// pieces gives the same outcome.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "absl/status/status.h"
#include "pickle/decode_error.h"
#include "pickle/inspect/verify.h"
#include "pickle/limits.h"
#include "pickle/value/document.h"
#include "pickle/value/document_feeder.h"

namespace pickle5 {
namespace {

constexpr size_t kBaseMemory = size_t{64} << 20;
constexpr size_t kMemoryPerByte = 256;

ReadOptions Options(Mode mode, uint8_t choice, size_t size) {
  ReadOptions options;
  options.mode = mode;
  options.encoding = static_cast<StringEncoding>(choice & 3);
  options.placeholder_buffers = (choice & 4) != 0;
  options.limits.max_memory = kBaseMemory + kMemoryPerByte * size;
  return options;
}

void Require(bool holds) {
  if (!holds) std::abort();
}

bool CPythonRefuses(const absl::Status& compat) {
  const auto error = GetDecodeError(compat);
  return error.has_value() &&
         ((error->code == ErrorCode::kBadInt && error->opcode == "PUT") ||
          (error->code == ErrorCode::kUtf8 && error->opcode == "INST"));
}

// The same code at the same place; the words may differ.
bool Same(const absl::Status& a, const absl::Status& b) {
  const auto left = GetDecodeError(a);
  const auto right = GetDecodeError(b);
  if (!left.has_value() || !right.has_value()) return a == b;
  return left->code == right->code && left->offset == right->offset;
}

bool IsLimit(const absl::Status& status) {
  return status.code() == absl::StatusCode::kResourceExhausted;
}

absl::Status Feed(std::string_view pickle, size_t piece,
                  const ReadOptions& options, Document* document) {
  DocumentFeeder feeder;
  absl::Status status = feeder.Start(document, options);
  bool done = false;
  while (status.ok() && !pickle.empty()) {
    const auto progress = feeder.Feed(pickle.substr(0, piece));
    if (!progress.ok()) return progress.status();
    done = *progress == DocumentFeeder::Progress::kDone;
    pickle.remove_prefix(std::min(piece, pickle.size()));
  }
  return done ? absl::OkStatus() : feeder.Finish();
}

void LoadAll(std::string_view pickle, uint8_t choice) {
  Document document;
  Document fed;
  absl::Status outcome[2];
  for (const Mode mode : {Mode::kCompat, Mode::kStrict}) {
    const ReadOptions options = Options(mode, choice, pickle.size());
    absl::Status& status = outcome[static_cast<int>(mode)];
    status = document.LoadBorrowed(pickle, options);
    Require(status.ok() != document.root().is_null());
    Require(status.ok() || GetDecodeError(status).has_value());
    const size_t piece = 1 + (choice >> 3);
    const absl::Status pieces = Feed(pickle, piece, options, &fed);
    Require(pieces == status || IsLimit(pieces) || IsLimit(status));
  }
  const absl::Status& compat = outcome[static_cast<int>(Mode::kCompat)];
  const absl::Status& strict = outcome[static_cast<int>(Mode::kStrict)];
  Require(!strict.ok() || compat.ok() || CPythonRefuses(compat));
  ReadOptions options = Options(Mode::kStrict, choice, pickle.size());
  options.placeholder_buffers = true;
  const absl::Status verified = Verify(pickle, options);
  const absl::Status loaded = document.LoadBorrowed(pickle, options);
  Require(Same(verified, loaded) || IsLimit(verified) || IsLimit(loaded));
}

}  // namespace
}  // namespace pickle5

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // The last byte chooses the options, so that a pickle as it is is an input.
  const uint8_t choice = data[size - 1] == '.' ? 0 : data[size - 1];
  pickle5::LoadAll({reinterpret_cast<const char*>(data), size}, choice);
  return 0;
}

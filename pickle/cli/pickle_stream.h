#ifndef PICKLE5_PICKLE_CLI_PICKLE_STREAM_H_
#define PICKLE5_PICKLE_CLI_PICKLE_STREAM_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/memory_source.h"
#include "pickle/archive_reader.h"
#include "pickle/cli/input.h"
#include "pickle/cli/progress.h"
#include "pickle/limits.h"
#include "pickle/value/document.h"

namespace pickle5::cli {

// The pickles of a file, one after another; of an archive, its objects.
class PickleStream {
 public:
  // `all`: bytes behind a pickle are the next one, not an error. `object`: how
  // many pickles or objects are passed over first.
  PickleStream(Input input, const ReadOptions& options, bool all,
               std::vector<Buffer> buffers, size_t object = 0);

  // Loads the next pickle; false behind the last. The first must be there.
  // The Document's Values live until the next call.
  absl::StatusOr<bool> Next(Document& document);

  // The last pickle loaded. Empty if the input is a stream.
  std::string_view pickle() const { return pickle_; }

 private:
  // Looks whether the input is an archive, and passes over what is not wanted.
  absl::Status Begin(Document& document);
  absl::Status LoadNext(Document& document);
  bool AtEnd();

  Input input_;
  ReadOptions options_;
  bool all_;
  size_t object_;
  std::optional<ArchiveReader> archive_;
  MemorySource buffers_;
  bool begun_ = false;
  uint64_t offset_ = 0;
  uint64_t next_offset_ = 0;
  std::string_view pickle_;
};

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_PICKLE_STREAM_H_

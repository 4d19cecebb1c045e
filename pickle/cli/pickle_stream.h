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
#include "pickle/archive/archive_reader.h"
#include "pickle/cli/file_content.h"
#include "pickle/cli/input.h"
#include "pickle/cli/progress.h"
#include "pickle/inspect/joblib_load.h"
#include "pickle/protocol/limits.h"
#include "pickle/value/document.h"

namespace pickle5::cli {

// Which of the values in a file are loaded.
struct Selection {
  // Every pickle: bytes behind a pickle are the next one, not an error.
  bool all = false;
  // How many pickles, or objects of an archive, are passed over first.
  size_t object = 0;
  // The member of a zip, as for ForEachChosenMember().
  std::string member = {};
};

// The values of a file: its pickles, one after another; the objects of an
// archive; the array of an .npy file, and the pickle that joblib.dump wrote,
// with its arrays. What is packed is unpacked first (OpenContent()); a file
// that is a mapping is one dict. Of torch's old format, the object is loaded,
// or all five pickles. A stream is read to its end unless it is pickles alone;
// joblib's are taken for such.
class PickleStream {
 public:
  PickleStream(Input input, const ReadOptions& options, Selection selection,
               std::vector<Buffer> buffers);

  // Loads the next pickle; false behind the last. The first must be there.
  // The Document's Values live until the next call.
  absl::StatusOr<bool> Next(Document& document);

  // Returns true if the next pickle, or the end, has not come yet: Next() would
  // wait for it.
  bool WouldWait() const;

  // The last pickle loaded, without the arrays of joblib. Empty if the input is
  // a stream, an array or a mapping.
  std::string_view pickle() const { return pickle_; }

 private:
  // Looks what the input is, and passes over what is not wanted.
  absl::Status Begin(Document& document);
  absl::Status OpenFile();
  absl::Status LoadNext(Document& document);
  absl::Status LoadFromArchive(Document& document);
  absl::Status LoadMapping(Document& document);
  // Loads the first value of `bytes` and tells its length.
  absl::Status LoadBytes(const Buffer& bytes, Document& document,
                         uint64_t* consumed);
  absl::Status LoadNpy(const Buffer& bytes, Document& document,
                       uint64_t* consumed);
  absl::StatusOr<Value> LoadMember(const FilePart& part, Document& document);
  bool AtEnd();

  Input input_;
  ReadOptions options_;
  Selection selection_;
  std::optional<FileContent> content_;
  Buffer file_;  // unpacked, unless it is a stream or a mapping
  std::optional<ArchiveReader> archive_;
  MemorySource buffers_;
  // Of the last pickle loaded, whose Values may view it.
  std::unique_ptr<internal::JoblibDump> joblib_;
  bool begun_ = false;
  size_t loaded_ = 0;
  bool refuses_trailing_ = false;  // of a stream, as far as it has come
  uint64_t offset_ = 0;
  uint64_t next_offset_ = 0;
  std::string_view pickle_;
};

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_PICKLE_STREAM_H_

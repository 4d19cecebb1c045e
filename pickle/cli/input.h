#ifndef PICKLE5_PICKLE_CLI_INPUT_H_
#define PICKLE5_PICKLE_CLI_INPUT_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/bytes/byte_reader.h"

namespace pickle5::cli {

// A file named on the command line, "-" being the standard input.
//
// A regular file is mapped; anything else is a stream, which is read as far as
// it is asked for.
class Input {
 public:
  static absl::StatusOr<Input> Open(const std::string& path);

  const std::string& path() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return path_;
  }
  // nullptr if the file is mapped.
  ByteReader* stream() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return stream_.get();
  }
  // Returns true if a stream has bytes, or has ended, without waiting.
  bool Ready() const;
  // Returns true if a stream has bytes without waiting for them.
  bool HasMoreNow() const { return Ready() && stream_->Pull(1); }
  // Reads a stream to its end if it is not simply pickles: an archive, packed,
  // an array, or of torch's old format. Returns true if the input is in memory
  // as a whole. Of pickles, no more is read than tells that they are such.
  absl::StatusOr<bool> ReadIfNoPickle();
  // Reads a stream as far as its first pickle goes, and what came with it; all
  // of it if it is not simply pickles.
  // What no pickle can be is read as far as that is known.
  absl::Status ReadPickle();
  // Reads a stream to its end, so that it is in memory as a whole.
  absl::Status ReadAll();
  // The whole file. Precondition: mapped or read.
  const Buffer& buffer() const ABSL_ATTRIBUTE_LIFETIME_BOUND { return buffer_; }
  std::string_view bytes() const { return buffer_.chars(); }

 private:
  // Reads on only while what came could be the start of another format: the
  // writer of a pipe may wait for the answer to a short pickle.
  std::string_view ReadStart();
  absl::Status Take(std::string bytes);

  std::string path_;
  Buffer buffer_;
  std::unique_ptr<ByteReader> stream_;
  int fd_ = -1;  // the stream's
};

// Opens a file and has all of it in memory.
absl::StatusOr<Input> OpenWhole(const std::string& path);
// Opens a file and has it in memory; a stream, which may stay open, up to the
// end of its first pickle.
absl::StatusOr<Input> OpenPickle(const std::string& path);

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_INPUT_H_

#ifndef PICKLE5_PICKLE_VALUE_VALUE_WRITER_H_
#define PICKLE5_PICKLE_VALUE_VALUE_WRITER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/bytes/byte_writer.h"
#include "buffers/sink.h"
#include "pickle/emitter/payload_store.h"
#include "pickle/export.h"
#include "pickle/protocol/opcode.h"
#include "pickle/value/document.h"
#include "pickle/value/value.h"

namespace pickle5 {

namespace internal {
class ValueWalker;
}

// How a pickle is written.
struct WriteOptions {
  // 0 to 5. CPython's own default is 4 up to 3.13 and 5 from 3.14 on; every
  // Python from 3.8 on reads 5.
  int protocol = kHighestProtocol;
  // Names of Python 3 become Python 2's in protocols 0 to 2, and back from
  // there, as pickle's fix_imports.
  bool fix_imports = true;
  // From this many bytes on, bytes and bytearray objects are offered to the
  // BufferSink too (protocol 5). Whoever loads the pickle finds in their place
  // what the buffers hand out, READONLY_BUFFER marks those that were bytes.
  std::optional<uint64_t> out_of_band_threshold = std::nullopt;
  // Writes the large payloads that stay in-band, in protocol 5: an archive's
  // (see archive_writer.h). Borrowed for the call.
  PayloadStore* payload_store = nullptr;
};

// Writes Values as pickles.
//
// Plain data comes out byte for byte as from CPython 3.13's `_pickle.dumps`,
// objects in the form they were read in. What the protocol lacks is written as
// lowering.h's table says. Values that came from a pickle keep their sharing;
// so do cycles.
//
// Buffers: each is offered to the sink, and is NEXT_BUFFER (and, if readonly(),
//          READONLY_BUFFER) if that takes it; else, and before protocol 5, its
//          bytes stand in the pickle, as bytes if readonly() and as bytearray
//          if not. A buffer without data stays NEXT_BUFFER where no sink is
//          given.
// Ownership: writer and sink are borrowed during the call. A sink that keeps
//          buffers keeps references to bytes of the Document where a threshold
//          sent them there.
// Errors:  InvalidArgument: a protocol that is none, a null Value, a buffer
//          that is not contiguous. FailedPrecondition: a buffer without data
//          that cannot stay one. OutOfRange: text of 4 GiB and more before
//          protocol 4. ResourceExhausted: no memory. The sink's and the
//          writer's own. A failure abandons writer and sink: their Close(),
//          or the Commit() of the writer's file, returns it and publishes
//          nothing. What was written before it stays with the writer.
// Threads: thread-compatible; several may write the same Document at once.
// Cost:    linear, no recursion. Memory for the memo and the stack of open
//          containers is kept from call to call.
class PICKLE5_EXPORT ValueWriter {
 public:
  ValueWriter();
  ~ValueWriter();
  ValueWriter(ValueWriter&&) noexcept;
  ValueWriter& operator=(ValueWriter&&) noexcept;

  // The Document's effects, then its root.
  absl::Status Write(const Document& document, ByteWriter& writer,
                     const WriteOptions& options = {},
                     BufferSink* sink = nullptr);
  absl::Status Write(Value root, ByteWriter& writer,
                     const WriteOptions& options = {},
                     BufferSink* sink = nullptr);

 private:
  absl::Status WriteAll(std::span<const Value> effects, Value root, bool placed,
                        ByteWriter& writer, const WriteOptions& options,
                        BufferSink* sink);
  absl::Status TryWriteAll(std::span<const Value> effects, Value root,
                           bool placed, ByteWriter& writer,
                           const WriteOptions& options, BufferSink* sink);

  std::unique_ptr<internal::ValueWalker> walker_;
};

// The same with a ValueWriter for this call.
PICKLE5_EXPORT absl::Status Dump(const Document& document, ByteWriter& writer,
                                 const WriteOptions& options = {},
                                 BufferSink* sink = nullptr);
PICKLE5_EXPORT absl::Status Dump(Value root, ByteWriter& writer,
                                 const WriteOptions& options = {},
                                 BufferSink* sink = nullptr);

// A pickle as a string.
[[nodiscard]] PICKLE5_EXPORT absl::StatusOr<std::string> DumpToString(
    const Document& document, const WriteOptions& options = {},
    BufferSink* sink = nullptr);
[[nodiscard]] PICKLE5_EXPORT absl::StatusOr<std::string> DumpToString(
    Value root, const WriteOptions& options = {}, BufferSink* sink = nullptr);

// Writes a pickle to a file, which appears under its name whole or not at all:
// after a failure an older file of that name is as it was (atomic_file.h).
// Closes the sink as well, when the pickle is on the disk and before it has its
// name, so that no pickle is ever seen without its buffers; after a failure
// nothing is published there either, unless naming the file itself failed.
[[nodiscard]] PICKLE5_EXPORT absl::Status DumpFile(
    const Document& document, const std::string& path,
    const WriteOptions& options = {}, BufferSink* sink = nullptr);
[[nodiscard]] PICKLE5_EXPORT absl::Status DumpFile(
    Value root, const std::string& path, const WriteOptions& options = {},
    BufferSink* sink = nullptr);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_VALUE_VALUE_WRITER_H_

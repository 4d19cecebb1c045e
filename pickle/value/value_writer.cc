#include "pickle/value/value_writer.h"

#include <new>
#include <utility>

#include "buffers/bytes/string_byte_writer.h"
#include "buffers/files/atomic_file.h"
#include "buffers/io_status.h"
#include "pickle/value/value_walker.h"

namespace pickle5 {

ValueWriter::ValueWriter() = default;
ValueWriter::~ValueWriter() = default;
ValueWriter::ValueWriter(ValueWriter&&) noexcept = default;
ValueWriter& ValueWriter::operator=(ValueWriter&&) noexcept = default;

absl::Status ValueWriter::Write(const Document& document, ByteWriter& writer,
                                const WriteOptions& options, BufferSink* sink) {
  return WriteAll(document.effects(), document.root(), /*placed=*/true, writer,
                  options, sink);
}

absl::Status ValueWriter::Write(Value root, ByteWriter& writer,
                                const WriteOptions& options, BufferSink* sink) {
  return WriteAll({}, root, /*placed=*/false, writer, options, sink);
}

absl::Status ValueWriter::WriteAll(std::span<const Value> effects, Value root,
                                   bool placed, ByteWriter& writer,
                                   const WriteOptions& options,
                                   BufferSink* sink) {
  absl::Status status =
      TryWriteAll(effects, root, placed, writer, options, sink);
  if (status.ok()) return status;
  if (sink != nullptr) (void)sink->Abandon(status);
  return writer.Abandon(std::move(status));
}

absl::Status ValueWriter::TryWriteAll(std::span<const Value> effects,
                                      Value root, bool placed,
                                      ByteWriter& writer,
                                      const WriteOptions& options,
                                      BufferSink* sink) {
  if (options.protocol < 0 || options.protocol > kHighestProtocol) {
    return absl::InvalidArgumentError("pickle protocol must be 0 to 5");
  }
  try {
    if (walker_ == nullptr) walker_ = std::make_unique<internal::ValueWalker>();
    return walker_->Write(effects, root, placed, writer, options, sink);
  } catch (const std::bad_alloc&) {
    if (walker_ != nullptr) walker_->Abandon();
    return OutOfMemoryStatus();
  }
}

absl::Status Dump(const Document& document, ByteWriter& writer,
                  const WriteOptions& options, BufferSink* sink) {
  return ValueWriter().Write(document, writer, options, sink);
}

absl::Status Dump(Value root, ByteWriter& writer, const WriteOptions& options,
                  BufferSink* sink) {
  return ValueWriter().Write(root, writer, options, sink);
}

namespace {

template <typename Source>
absl::StatusOr<std::string> DumpToNewString(const Source& source,
                                            const WriteOptions& options,
                                            BufferSink* sink) {
  std::string pickle;
  StringByteWriter writer(&pickle);
  absl::Status status = Dump(source, writer, options, sink);
  if (!status.ok()) return status;
  if (!writer.Close()) return writer.status();
  return pickle;
}

template <typename Source>
absl::Status DumpToNewFile(const Source& source, const std::string& path,
                           const WriteOptions& options, BufferSink* sink) {
  const absl::StatusOr<std::unique_ptr<AtomicFile>> file =
      AtomicFile::Create(path);
  absl::Status status = file.status();
  if (status.ok()) status = Dump(source, (*file)->writer(), options, sink);
  if (status.ok()) status = (*file)->Sync();
  if (sink != nullptr) {
    (void)sink->Abandon(status);
    status.Update(sink->Close());
  }
  return status.ok() ? (*file)->Commit() : status;
}

}  // namespace

absl::StatusOr<std::string> DumpToString(const Document& document,
                                         const WriteOptions& options,
                                         BufferSink* sink) {
  return DumpToNewString(document, options, sink);
}

absl::StatusOr<std::string> DumpToString(Value root,
                                         const WriteOptions& options,
                                         BufferSink* sink) {
  return DumpToNewString(root, options, sink);
}

absl::Status DumpFile(const Document& document, const std::string& path,
                      const WriteOptions& options, BufferSink* sink) {
  return DumpToNewFile(document, path, options, sink);
}

absl::Status DumpFile(Value root, const std::string& path,
                      const WriteOptions& options, BufferSink* sink) {
  return DumpToNewFile(root, path, options, sink);
}

}  // namespace pickle5

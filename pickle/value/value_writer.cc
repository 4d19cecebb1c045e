#include "pickle/value/value_writer.h"

#include <new>

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

}  // namespace pickle5

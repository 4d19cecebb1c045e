#include "buffers/files/buffer_file_writer.h"

#include <string>
#include <string_view>
#include <utility>

namespace pickle5 {
namespace {

constexpr char kPadding[kBufferFileAlignment] = {};

}  // namespace

BufferFileEntry DescribeInBufferFile(const Buffer& buffer, uint64_t offset) {
  BufferFileEntry entry;
  static_cast<BufferDescription&>(entry) = DescriptionOf(buffer);
  entry.offset = offset;
  entry.length = buffer.nbytes();
  entry.has_digest = false;
  return entry;
}

bool BufferFileWriter::Begin() {
  return writer_->pos() != 0 || writer_->Write(EncodeBufferFileHeader());
}

bool BufferFileWriter::Align() {
  const uint64_t pos = writer_->pos();
  const auto padding = static_cast<size_t>(AlignInBufferFile(pos) - pos);
  return writer_->Write({kPadding, padding});
}

absl::Status BufferFileWriter::Append(const Buffer& buffer) {
  const std::string_view payload = buffer.chars();
  if (!Begin() || !Align()) return writer_->status();
  BufferFileEntry entry = DescribeInBufferFile(buffer, writer_->pos());
  if (digests_ == Digests::kWritten) {
    entry.has_digest = true;
    entry.digest = DigestOf(payload);
  }
  entries_.push_back(std::move(entry));
  if (!writer_->WriteLarge(payload)) return writer_->status();
  return absl::OkStatus();
}

absl::Status BufferFileWriter::Finish() {
  if (!Begin() || !Align() ||
      !writer_->Write(EncodeBufferFileIndex(entries_, writer_->pos()))) {
    return writer_->status();
  }
  return absl::OkStatus();
}

}  // namespace pickle5

#include "buffers/filters/compressing_sink.h"

#include <span>
#include <string>

#include "buffers/buffer.h"
#include "buffers/description.h"
#include "buffers/filters/compressed_head.h"

namespace pickle5 {

absl::StatusOr<Buffer> CompressingSink::Compress(const Buffer& buffer) {
  const size_t nbytes = buffer.nbytes();
  if (nbytes < kMinBytes) return buffer;
  absl::StatusOr<Buffer> room =
      Buffer::Allocate(codec_->MaxCompressedSize(nbytes));
  if (!room.ok()) return room;
  const absl::StatusOr<size_t> size = codec_->Compress(
      buffer.bytes(), std::span(room->mutable_data(), room->nbytes()));
  if (!size.ok()) return size.status();
  if (*size > nbytes - nbytes / 16) return buffer;
  return room->AsReadonly().Slice(0, *size);
}

absl::StatusOr<BufferSink::Placement> CompressingSink::AcceptBuffer(
    const Buffer& buffer) {
  const std::string_view name = codec_->name();
  if (name.empty() || name.size() > CompressedHead::kMaxCodecName) {
    return absl::InvalidArgumentError("a codec's name has 1 to 8 characters");
  }
  const absl::StatusOr<Buffer> payload = Compress(buffer);
  if (!payload.ok()) return payload.status();
  const bool stored = payload->data() == buffer.data();

  absl::StatusOr<Placement> placement =
      stored ? AcceptInto(*sink_, *payload) : sink_->Accept(*payload);
  if (!placement.ok() || *placement == Placement::kInBand) return placement;
  if (!stored) CountCopied(buffer.nbytes());
  bytes_passed_ += payload->nbytes();

  CompressedHead head;
  static_cast<BufferDescription&>(head) = DescriptionOf(buffer);
  if (!stored) head.codec = name;
  head.length = buffer.nbytes();
  absl::StatusOr<Buffer> companion = Buffer::Own(EncodeCompressedHead(head));
  if (!companion.ok()) return companion.status();
  const absl::Status status = AcceptCompanion(*sink_, companion->AsReadonly());
  if (!status.ok()) return status;
  return placement;
}

absl::Status CompressingSink::Publish() { return sink_->Close(); }

void CompressingSink::Drop(const absl::Status& why) {
  (void)sink_->Abandon(why);
}

}  // namespace pickle5

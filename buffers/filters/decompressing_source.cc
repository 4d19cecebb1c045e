#include "buffers/filters/decompressing_source.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "buffers/description.h"

namespace pickle5 {
namespace {

absl::Status Named(uint64_t buffer, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat("buffer ", buffer, ": ", status.message()));
}

}  // namespace

DecompressingSource::DecompressingSource(std::vector<BufferCodec*> codecs,
                                         BufferSource* source,
                                         const BufferLimits& limits)
    : codecs_(std::move(codecs)), source_(source), limits_(limits) {}

DecompressingSource::~DecompressingSource() = default;

absl::StatusOr<Buffer> DecompressingSource::Decompress(
    const Buffer& payload, const CompressedHead& head) {
  const auto codec = std::find_if(
      codecs_.begin(), codecs_.end(),
      [&](BufferCodec* each) { return each->name() == head.codec; });
  if (codec == codecs_.end()) {
    return absl::UnimplementedError(
        absl::StrCat("compressed with \"", head.codec, "\""));
  }
  absl::StatusOr<Buffer> plain =
      memory_.Allocate(static_cast<size_t>(head.length));
  if (!plain.ok()) return plain;
  const absl::Status status = (*codec)->Decompress(
      payload.bytes(), std::span(plain->mutable_data(), plain->nbytes()));
  if (!status.ok()) return status;
  return plain;
}

absl::StatusOr<Buffer> DecompressingSource::NextBuffer() {
  const BufferCounters before = source_->counters();
  absl::StatusOr<Buffer> payload = source_->Next();
  const BufferCounters after = source_->counters();
  if (!payload.ok()) return payload;
  absl::StatusOr<Buffer> companion = NextCompanion(*source_);
  if (!companion.ok()) return companion;
  const absl::StatusOr<CompressedHead> head =
      DecodeCompressedHead(companion->chars());
  if (!head.ok()) return Named(count(), head.status());
  const absl::Status limits =
      CheckLimits(limits_, count(), counters().bytes, head->length);
  if (!limits.ok()) return limits;
  if (head->codec.empty()) {
    if (payload->nbytes() != head->length) {
      return Named(count(),
                   absl::DataLossError("not as long as its head says"));
    }
    CountAs(before, after);
    return payload;
  }
  absl::StatusOr<Buffer> plain = Decompress(*payload, *head);
  if (!plain.ok()) return Named(count(), plain.status());
  CountCopied(plain->nbytes());
  absl::StatusOr<Buffer> buffer = Describe(*plain, *head);
  if (!buffer.ok()) return Named(count(), buffer.status());
  return buffer;
}

}  // namespace pickle5

#include "buffers/filters/compressed_head.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "buffers/little_endian.h"

namespace pickle5 {
namespace {

constexpr size_t kFixedSize =
    CompressedHead::kMaxCodecName + sizeof(uint64_t) + kDescriptionHeadSize;

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(
      absl::StrCat("compressed buffer: ", std::string(what)));
}

}  // namespace

std::string EncodeCompressedHead(const CompressedHead& head) {
  std::string bytes;
  LittleEndianEncoder out(&bytes);
  out.PutBytes(head.codec);
  out.PutZeros(CompressedHead::kMaxCodecName - head.codec.size());
  out.Put<uint64_t>(head.length);
  PutDescriptionHead(head, out);
  PutDescriptionTail(head, out);
  return bytes;
}

absl::StatusOr<CompressedHead> DecodeCompressedHead(std::string_view bytes) {
  LittleEndianDecoder in(bytes);
  if (in.left() < kFixedSize) return Damaged("its head is too short");
  CompressedHead head;
  const std::string_view name = in.GetBytes(CompressedHead::kMaxCodecName);
  head.codec = name.substr(0, name.find('\0'));
  head.length = in.Get<uint64_t>();
  const DescriptionHead description = GetDescriptionHead(in);
  const std::string_view wrong = GetDescriptionTail(description, in, &head);
  if (!wrong.empty()) return Damaged(wrong);
  if (in.left() != 0) return Damaged("its head is too long");
  return head;
}

}  // namespace pickle5

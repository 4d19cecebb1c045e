#include "buffers/files/archive_index.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "buffers/little_endian.h"

namespace pickle5 {
namespace {

constexpr uint32_t kVersion = 1;

constexpr size_t kHeadSize = 32;
constexpr size_t kEntrySize = 64;  // without tail
constexpr size_t kDigestedFooter = kArchiveFooterSize - sizeof(BufferDigest);

// Those of a description (description.h).
constexpr uint32_t kKnownFlags = 7;
// A reader refuses what it does not know of these, in every flags field.
constexpr uint32_t kMustKnow = 0xffff0000;

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(absl::StrCat("archive: ", std::string(what)));
}

absl::Status CheckFlags(uint32_t flags) {
  if ((flags & kMustKnow) == 0) return absl::OkStatus();
  return absl::UnimplementedError(
      absl::StrCat("archive: flags ", absl::Hex(flags), " of a later version"));
}

void EncodeEntry(const ArchivePayload& payload, LittleEndianEncoder& out) {
  std::string tail;
  LittleEndianEncoder tail_out(&tail);
  PutDescriptionTail(payload.description, tail_out);
  out.Put<uint64_t>(payload.offset);
  out.Put<uint64_t>(payload.length);
  PutDescriptionHead(payload.description, out);
  out.Put<uint32_t>(static_cast<uint32_t>(payload.kind));
  out.Put<uint32_t>(static_cast<uint32_t>(kEntrySize + tail.size()));
  out.PutBytes(CharsOf(payload.digest));
  out.PutBytes(tail);
}

PayloadKind KindOf(uint32_t code) {
  return code <= static_cast<uint32_t>(PayloadKind::kBuffer)
             ? static_cast<PayloadKind>(code)
             : PayloadKind::kOther;
}

absl::StatusOr<ArchivePayload> DecodeEntry(LittleEndianDecoder& in) {
  if (in.left() < kEntrySize) return Damaged("the index is too short");
  ArchivePayload payload;
  payload.offset = in.Get<uint64_t>();
  payload.length = in.Get<uint64_t>();
  DescriptionHead head = GetDescriptionHead(in);
  payload.kind = KindOf(in.Get<uint32_t>());
  const uint32_t entry_length = in.Get<uint32_t>();
  payload.digest = DigestFrom(in.GetBytes(sizeof(BufferDigest)));
  absl::Status known = CheckFlags(head.flags);
  if (!known.ok()) return known;
  head.flags &= kKnownFlags;
  if (entry_length < kEntrySize || entry_length % 8 != 0 ||
      entry_length - kEntrySize > in.left()) {
    return Damaged("an entry of the index has no length");
  }
  // What a later version writes behind the tail is left alone.
  LittleEndianDecoder tail(in.GetBytes(entry_length - kEntrySize));
  const std::string_view wrong =
      GetDescriptionTail(head, tail, &payload.description);
  if (!wrong.empty()) return Damaged(wrong);
  return payload;
}

absl::StatusOr<ArchiveIndex> DecodeEntries(std::string_view bytes,
                                           uint64_t pickle_length) {
  LittleEndianDecoder in(bytes);
  if (in.left() < kHeadSize) return Damaged("the index is too short");
  ArchiveIndex index;
  const uint64_t count = in.Get<uint64_t>();
  const uint32_t head_length = in.Get<uint32_t>();
  absl::Status known = CheckFlags(in.Get<uint32_t>());
  if (!known.ok()) return known;
  index.in_band = DigestFrom(in.GetBytes(sizeof(BufferDigest)));
  if (head_length < kHeadSize || head_length > bytes.size() ||
      head_length % 8 != 0) {
    return Damaged("the index has no head");
  }
  in.GetBytes(head_length - kHeadSize);
  if (count > in.left() / kEntrySize) return Damaged("the index is too short");
  index.payloads.reserve(static_cast<size_t>(count));
  uint64_t end = 0;
  for (uint64_t i = 0; i < count; ++i) {
    absl::StatusOr<ArchivePayload> payload = DecodeEntry(in);
    if (!payload.ok()) return payload.status();
    if (payload->offset < end || payload->offset > pickle_length ||
        payload->length > pickle_length - payload->offset) {
      return Damaged(absl::StrCat("payload ", i, " lies outside its place"));
    }
    end = payload->offset + payload->length;
    index.payloads.push_back(*std::move(payload));
  }
  if (in.left() != 0) return Damaged("bytes that belong to no payload");
  return index;
}

}  // namespace

std::string_view PayloadKindName(PayloadKind kind) {
  switch (kind) {
    case PayloadKind::kBytes:
      return "bytes";
    case PayloadKind::kByteArray:
      return "bytearray";
    case PayloadKind::kStr:
      return "str";
    case PayloadKind::kBuffer:
      return "buffer";
    default:
      return "other";
  }
}

std::string EncodeArchiveIndex(const ArchiveIndex& index,
                               uint64_t pickle_length) {
  std::string bytes;
  LittleEndianEncoder out(&bytes);
  out.Put<uint64_t>(index.payloads.size());
  out.Put<uint32_t>(kHeadSize);
  out.Put<uint32_t>(0);
  out.PutBytes(CharsOf(index.in_band));
  for (const ArchivePayload& payload : index.payloads) {
    EncodeEntry(payload, out);
  }
  const uint64_t index_length = bytes.size();
  out.PutBytes(kArchiveFooterMagic);
  out.Put<uint32_t>(kVersion);
  out.Put<uint32_t>(0);
  out.Put<uint64_t>(pickle_length);
  out.Put<uint64_t>(index_length);
  out.PutZeros(16);
  out.PutBytes(CharsOf(DigestOf(bytes)));
  return bytes;
}

absl::StatusOr<ArchiveFooter> DecodeArchiveFooter(std::string_view footer) {
  LittleEndianDecoder in(footer);
  if (in.left() != kArchiveFooterSize ||
      in.GetBytes(kArchiveFooterMagic.size()) != kArchiveFooterMagic) {
    return Damaged("no footer: not complete, or cut short");
  }
  const uint32_t version = in.Get<uint32_t>();
  if (version > kVersion) {
    return absl::UnimplementedError(absl::StrCat("archive: version ", version,
                                                 ", ", kVersion, " is known"));
  }
  if (version == 0) return Damaged("the footer has no version");
  absl::Status known = CheckFlags(in.Get<uint32_t>());
  if (!known.ok()) return known;
  ArchiveFooter result;
  result.pickle_length = in.Get<uint64_t>();
  result.index_length = in.Get<uint64_t>();
  return result;
}

absl::StatusOr<ArchiveIndex> DecodeArchiveIndex(std::string_view bytes) {
  if (bytes.size() < kArchiveFooterSize) {
    return Damaged("no footer: not complete, or cut short");
  }
  const size_t index_length = bytes.size() - kArchiveFooterSize;
  const std::string_view digested =
      bytes.substr(0, index_length + kDigestedFooter);
  LittleEndianDecoder digest(bytes.substr(digested.size()));
  if (DigestOf(digested) != DigestFrom(digest.GetBytes(sizeof(BufferDigest)))) {
    return Damaged("the index does not match its digest");
  }
  const absl::StatusOr<ArchiveFooter> footer =
      DecodeArchiveFooter(bytes.substr(index_length));
  if (!footer.ok()) return footer.status();
  if (footer->index_length != index_length) {
    return Damaged("the footer does not name the index");
  }
  return DecodeEntries(bytes.substr(0, index_length), footer->pickle_length);
}

}  // namespace pickle5

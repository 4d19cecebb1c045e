#include "buffers/files/buffer_file_index.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/little_endian.h"

namespace pickle5 {
namespace {

constexpr std::string_view kHeaderMagic = "PKL5BUFS";
constexpr std::string_view kFooterMagic = "PKL5BUFE";
constexpr uint32_t kVersion = 1;

constexpr size_t kEntrySize = 64;  // without shape and format
constexpr size_t kDigestedFooter = kBufferFileFooterSize - sizeof(BufferDigest);

constexpr uint32_t kNoDigest = 8;

void EncodeEntry(const BufferFileEntry& entry, LittleEndianEncoder& out) {
  out.Put<uint64_t>(entry.offset);
  out.Put<uint64_t>(entry.length);
  PutDescriptionHead(entry, out, entry.has_digest ? 0 : kNoDigest);
  out.Put<uint64_t>(0);
  out.PutBytes(CharsOf(entry.digest));
  PutDescriptionTail(entry, out);
}

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(absl::StrCat("buffer file: ", std::string(what)));
}

// What the footer says, of which only the sum is checked so far.
struct Footer {
  uint64_t index_offset;
  uint64_t index_length;
  uint64_t count;
};

absl::StatusOr<Footer> DecodeFooter(std::string_view bytes) {
  const size_t end = bytes.size() - kBufferFileFooterSize;
  LittleEndianDecoder in(bytes.substr(end));
  if (in.GetBytes(kFooterMagic.size()) != kFooterMagic) {
    return Damaged("no footer: not complete, or cut short");
  }
  if (in.Get<uint32_t>() != kVersion || in.Get<uint32_t>() != 0) {
    return Damaged("the footer's version is not the header's");
  }
  Footer footer;
  footer.index_offset = in.Get<uint64_t>();
  footer.index_length = in.Get<uint64_t>();
  footer.count = in.Get<uint64_t>();
  const uint64_t zero = in.Get<uint64_t>();
  const BufferDigest digest = DigestFrom(in.GetBytes(sizeof(BufferDigest)));
  if (zero != 0 || footer.index_offset < kBufferFileHeaderSize ||
      footer.index_offset > end ||
      footer.index_length != end - footer.index_offset) {
    return Damaged("the footer does not name the index");
  }
  const size_t index_offset = static_cast<size_t>(footer.index_offset);
  if (DigestOf(bytes.substr(index_offset,
                            end + kDigestedFooter - index_offset)) != digest) {
    return Damaged("the index does not match its digest");
  }
  return footer;
}

absl::StatusOr<BufferFileEntry> DecodeEntry(LittleEndianDecoder& in) {
  if (in.left() < kEntrySize) return Damaged("the index is too short");
  BufferFileEntry entry;
  entry.offset = in.Get<uint64_t>();
  entry.length = in.Get<uint64_t>();
  DescriptionHead head = GetDescriptionHead(in);
  const uint64_t zero = in.Get<uint64_t>();
  entry.digest = DigestFrom(in.GetBytes(sizeof(BufferDigest)));
  entry.has_digest = (head.flags & kNoDigest) == 0;
  head.flags &= ~kNoDigest;
  const std::string_view wrong = GetDescriptionTail(head, in, &entry);
  if (!wrong.empty()) return Damaged(wrong);
  if (zero != 0) return Damaged("unknown flags");
  if (!entry.has_digest && entry.digest != BufferDigest{}) {
    return Damaged("a digest where the flags say none");
  }
  return entry;
}

}  // namespace

std::string EncodeBufferFileHeader() {
  std::string header;
  LittleEndianEncoder out(&header);
  out.PutBytes(kHeaderMagic);
  out.Put<uint32_t>(kVersion);
  out.PutZeros(kBufferFileHeaderSize - header.size());
  return header;
}

std::string EncodeBufferFileIndex(const std::vector<BufferFileEntry>& entries,
                                  uint64_t index_offset) {
  std::string index;
  LittleEndianEncoder out(&index);
  for (const BufferFileEntry& entry : entries) EncodeEntry(entry, out);
  const uint64_t index_length = index.size();
  out.PutBytes(kFooterMagic);
  out.Put<uint32_t>(kVersion);
  out.Put<uint32_t>(0);
  out.Put<uint64_t>(index_offset);
  out.Put<uint64_t>(index_length);
  out.Put<uint64_t>(entries.size());
  out.Put<uint64_t>(0);
  out.PutBytes(CharsOf(DigestOf(index)));
  return index;
}

absl::StatusOr<std::vector<BufferFileEntry>> DecodeBufferFileIndex(
    std::string_view bytes) {
  LittleEndianDecoder header(bytes);
  if (header.left() < kBufferFileHeaderSize ||
      header.GetBytes(kHeaderMagic.size()) != kHeaderMagic) {
    return absl::InvalidArgumentError("not a buffer file");
  }
  const uint32_t version = header.Get<uint32_t>();
  if (version > kVersion) {
    return absl::UnimplementedError(
        absl::StrCat("buffer file: version ", version, ", 1 is known"));
  }
  if (bytes.substr(0, kBufferFileHeaderSize) != EncodeBufferFileHeader()) {
    return Damaged("malformed header");
  }
  if (bytes.size() < kBufferFileHeaderSize + kBufferFileFooterSize) {
    return Damaged("no footer: not complete, or cut short");
  }
  const absl::StatusOr<Footer> footer = DecodeFooter(bytes);
  if (!footer.ok()) return footer.status();

  LittleEndianDecoder in(
      bytes.substr(static_cast<size_t>(footer->index_offset),
                   static_cast<size_t>(footer->index_length)));
  if (footer->count > in.left() / kEntrySize) {
    return Damaged("the index is too short");
  }
  std::vector<BufferFileEntry> entries;
  entries.reserve(static_cast<size_t>(footer->count));
  uint64_t end = kBufferFileHeaderSize;
  for (uint64_t i = 0; i < footer->count; ++i) {
    absl::StatusOr<BufferFileEntry> entry = DecodeEntry(in);
    if (!entry.ok()) return entry.status();
    if (entry->offset != AlignInBufferFile(end) ||
        entry->offset > footer->index_offset ||
        entry->length > footer->index_offset - entry->offset) {
      return Damaged(absl::StrCat("payload ", i, " lies outside its place"));
    }
    end = entry->offset + entry->length;
    entries.push_back(*std::move(entry));
  }
  if (in.left() != 0 || AlignInBufferFile(end) != footer->index_offset) {
    return Damaged("bytes that belong to no payload");
  }
  return entries;
}

}  // namespace pickle5

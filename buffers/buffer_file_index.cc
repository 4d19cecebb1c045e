#include "buffers/buffer_file_index.h"

#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/buffer.h"
#include "xxhash.h"

namespace pickle5 {
namespace {

constexpr std::string_view kHeaderMagic = "PKL5BUFS";
constexpr std::string_view kFooterMagic = "PKL5BUFE";
constexpr uint32_t kVersion = 1;

constexpr size_t kEntrySize = 64;  // without shape and format
constexpr size_t kDigestedFooter = kBufferFileFooterSize - sizeof(BufferDigest);

constexpr uint32_t kReadonly = 1;
constexpr uint32_t kHasLayout = 2;
constexpr uint32_t kFortranOrder = 4;
constexpr uint32_t kNoDigest = 8;

size_t PaddedFormat(size_t length) { return (length + 7) / 8 * 8; }

// Appends little-endian numbers to a string.
class Encoder {
 public:
  explicit Encoder(std::string* out) : out_(out) {}

  template <typename Number>
  void Put(Number number) {
    for (size_t i = 0; i < sizeof(Number); ++i) {
      out_->push_back(static_cast<char>((number >> (8 * i)) & 0xff));
    }
  }
  void PutBytes(std::string_view bytes) { out_->append(bytes); }
  void PutDigest(const BufferDigest& digest) {
    out_->append(reinterpret_cast<const char*>(digest.data()), digest.size());
  }
  void PutZeros(size_t count) { out_->append(count, '\0'); }

 private:
  std::string* out_;
};

// Takes little-endian numbers from bytes that were found to be long enough.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_(bytes) {}

  size_t left() const { return bytes_.size(); }

  template <typename Number>
  Number Get() {
    Number number = 0;
    for (size_t i = 0; i < sizeof(Number); ++i) {
      number |= static_cast<Number>(
          static_cast<Number>(static_cast<uint8_t>(bytes_[i])) << (8 * i));
    }
    bytes_.remove_prefix(sizeof(Number));
    return number;
  }
  std::string_view GetBytes(size_t count) {
    const std::string_view bytes = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return bytes;
  }
  BufferDigest GetDigest() {
    BufferDigest digest;
    std::memcpy(digest.data(), GetBytes(digest.size()).data(), digest.size());
    return digest;
  }

 private:
  std::string_view bytes_;
};

void EncodeEntry(const BufferFileEntry& entry, Encoder* out) {
  uint32_t flags = entry.readonly ? kReadonly : 0;
  if (entry.has_layout) flags |= kHasLayout;
  if (entry.has_layout && entry.fortran_order) flags |= kFortranOrder;
  if (!entry.has_digest) flags |= kNoDigest;
  const std::string_view format =
      entry.has_layout ? std::string_view(entry.format) : std::string_view();
  const size_t ndim = entry.has_layout ? entry.shape.size() : 0;

  out->Put<uint64_t>(entry.offset);
  out->Put<uint64_t>(entry.length);
  out->Put<uint32_t>(flags);
  out->Put<uint32_t>(static_cast<uint32_t>(ndim));
  out->Put<uint64_t>(entry.has_layout ? entry.itemsize : 1);
  out->Put<uint64_t>(format.size());
  out->Put<uint64_t>(0);
  out->PutDigest(entry.digest);
  for (size_t i = 0; i < ndim; ++i) {
    out->Put<uint64_t>(static_cast<uint64_t>(entry.shape[i]));
  }
  out->PutBytes(format);
  out->PutZeros(PaddedFormat(format.size()) - format.size());
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
  Decoder in(bytes.substr(end));
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
  const BufferDigest digest = in.GetDigest();
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

absl::StatusOr<BufferFileEntry> DecodeEntry(Decoder* in) {
  if (in->left() < kEntrySize) return Damaged("the index is too short");
  BufferFileEntry entry;
  entry.offset = in->Get<uint64_t>();
  entry.length = in->Get<uint64_t>();
  const uint32_t flags = in->Get<uint32_t>();
  const uint32_t ndim = in->Get<uint32_t>();
  const uint64_t itemsize = in->Get<uint64_t>();
  const uint64_t format_length = in->Get<uint64_t>();
  const uint64_t zero = in->Get<uint64_t>();
  entry.digest = in->GetDigest();
  entry.readonly = (flags & kReadonly) != 0;
  entry.has_layout = (flags & kHasLayout) != 0;
  entry.fortran_order = (flags & kFortranOrder) != 0;
  entry.has_digest = (flags & kNoDigest) == 0;
  if ((flags & ~(kReadonly | kHasLayout | kFortranOrder | kNoDigest)) != 0 ||
      zero != 0) {
    return Damaged("unknown flags");
  }
  if (!entry.has_digest && entry.digest != BufferDigest{}) {
    return Damaged("a digest where the flags say none");
  }
  if (!entry.has_layout && (entry.fortran_order || ndim != 0 || itemsize != 1 ||
                            format_length != 0)) {
    return Damaged("plain bytes with a layout");
  }
  if (ndim > Buffer::kMaxDimensions ||
      itemsize > static_cast<uint64_t>(std::numeric_limits<ptrdiff_t>::max()) ||
      format_length > in->left() ||
      ndim * sizeof(uint64_t) + PaddedFormat(format_length) > in->left()) {
    return Damaged("the index is too short for a layout");
  }
  entry.itemsize = static_cast<size_t>(itemsize);
  entry.shape.reserve(ndim);
  for (uint32_t i = 0; i < ndim; ++i) {
    entry.shape.push_back(static_cast<ptrdiff_t>(in->Get<uint64_t>()));
  }
  entry.format = in->GetBytes(format_length);
  in->GetBytes(PaddedFormat(format_length) - format_length);
  return entry;
}

}  // namespace

BufferDigest DigestOf(std::string_view bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical,
                           XXH3_128bits(bytes.data(), bytes.size()));
  return std::to_array(canonical.digest);
}

std::string EncodeBufferFileHeader() {
  std::string header;
  Encoder out(&header);
  out.PutBytes(kHeaderMagic);
  out.Put<uint32_t>(kVersion);
  out.PutZeros(kBufferFileHeaderSize - header.size());
  return header;
}

std::string EncodeBufferFileIndex(const std::vector<BufferFileEntry>& entries,
                                  uint64_t index_offset) {
  std::string index;
  Encoder out(&index);
  for (const BufferFileEntry& entry : entries) EncodeEntry(entry, &out);
  const uint64_t index_length = index.size();
  out.PutBytes(kFooterMagic);
  out.Put<uint32_t>(kVersion);
  out.Put<uint32_t>(0);
  out.Put<uint64_t>(index_offset);
  out.Put<uint64_t>(index_length);
  out.Put<uint64_t>(entries.size());
  out.Put<uint64_t>(0);
  out.PutDigest(DigestOf(index));
  return index;
}

absl::StatusOr<std::vector<BufferFileEntry>> DecodeBufferFileIndex(
    std::string_view bytes) {
  Decoder header(bytes);
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

  Decoder in(bytes.substr(static_cast<size_t>(footer->index_offset),
                          static_cast<size_t>(footer->index_length)));
  if (footer->count > in.left() / kEntrySize) {
    return Damaged("the index is too short");
  }
  std::vector<BufferFileEntry> entries;
  entries.reserve(static_cast<size_t>(footer->count));
  uint64_t end = kBufferFileHeaderSize;
  for (uint64_t i = 0; i < footer->count; ++i) {
    absl::StatusOr<BufferFileEntry> entry = DecodeEntry(&in);
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

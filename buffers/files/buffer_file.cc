#include "buffers/files/buffer_file.h"

#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/description.h"
#include "buffers/io_status.h"

namespace pickle5 {
namespace {

absl::StatusOr<Buffer> PayloadOf(const Buffer& bytes,
                                 const BufferFileEntry& entry) {
  absl::StatusOr<Buffer> plain = bytes.Slice(static_cast<size_t>(entry.offset),
                                             static_cast<size_t>(entry.length));
  if (!plain.ok()) return plain;
  return Describe(*plain, entry);
}

bool IsZero(std::string_view padding) {
  return padding.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

BufferFile::BufferFile(Buffer bytes, std::vector<BufferFileEntry> entries,
                       std::vector<Buffer> payloads)
    : bytes_(std::move(bytes)),
      entries_(std::move(entries)),
      payloads_(std::move(payloads)) {}

absl::StatusOr<BufferFile> BufferFile::Parse(Buffer bytes) {
  try {
    absl::StatusOr<std::vector<BufferFileEntry>> entries =
        DecodeBufferFileIndex(bytes.chars());
    if (!entries.ok()) return entries.status();
    std::vector<Buffer> payloads;
    payloads.reserve(entries->size());
    for (const BufferFileEntry& entry : *entries) {
      absl::StatusOr<Buffer> payload = PayloadOf(bytes, entry);
      if (!payload.ok()) {
        return absl::Status(payload.status().code(),
                            absl::StrCat("payload ", payloads.size(), ": ",
                                         payload.status().message()));
      }
      payloads.push_back(*std::move(payload));
    }
    return BufferFile(std::move(bytes), *std::move(entries),
                      std::move(payloads));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<Buffer> BufferFile::Get(size_t i) const {
  if (i < payloads_.size()) return payloads_[i];
  try {
    return absl::OutOfRangeError(absl::StrCat("payload ", i, " of ", size()));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::Status BufferFile::Verify() const {
  try {
    const std::string_view all = bytes_.chars();
    size_t end = kBufferFileHeaderSize;
    for (size_t i = 0; i < entries_.size(); ++i) {
      const BufferFileEntry& entry = entries_[i];
      const size_t offset = static_cast<size_t>(entry.offset);
      const size_t length = static_cast<size_t>(entry.length);
      if (!IsZero(all.substr(end, offset - end))) {
        return absl::DataLossError(
            absl::StrCat("padding before payload ", i, " is not zero"));
      }
      if (entry.has_digest &&
          DigestOf(all.substr(offset, length)) != entry.digest) {
        return absl::DataLossError(absl::StrCat(
            "payload ", i, " at byte ", offset, " does not match its digest"));
      }
      end = offset + length;
    }
    const size_t index = static_cast<size_t>(AlignInBufferFile(end));
    if (!IsZero(all.substr(end, index - end))) {
      return absl::DataLossError("padding behind the payloads is not zero");
    }
    return absl::OkStatus();
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5

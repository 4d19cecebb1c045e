#include "pickle/archive/archive_extents.h"

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"

namespace pickle5 {
namespace {

// What is searched for footers at a time.
constexpr uint64_t kChunk = uint64_t{1} << 20;

class Finder {
 public:
  explicit Finder(const FileBytes& file)
      : file_(file), budget_(4 * file.size()) {}

  absl::StatusOr<ArchiveExtents> Find() {
    ArchiveExtents found;
    uint64_t end = file_.size();
    absl::Status first;
    while (end != 0) {
      const absl::StatusOr<ArchiveExtent> extent = Before(end);
      if (extent.ok()) {
        found.objects.push_back(*extent);
        end = extent->begin;
        continue;
      }
      if (!absl::IsDataLoss(extent.status())) return extent.status();
      if (first.ok()) first = extent.status();
      const absl::StatusOr<uint64_t> next = PreviousEnd(end);
      if (!next.ok()) return next.status();
      found.lost.emplace_back(*next, end);
      end = *next;
    }
    if (found.objects.empty()) return first;
    std::reverse(found.objects.begin(), found.objects.end());
    std::reverse(found.lost.begin(), found.lost.end());
    return found;
  }

 private:
  // The object that ends at `end`; DataLoss if none does.
  absl::StatusOr<ArchiveExtent> Before(uint64_t end) const {
    std::array<char, kArchiveTailSize> tail;
    if (end < tail.size()) return absl::DataLossError("archive: no footer");
    absl::Status status =
        file_.Read(end - tail.size(), tail.size(), tail.data());
    if (!status.ok()) return status;
    absl::StatusOr<ArchiveExtent> extent =
        ExtentBefore(end, {tail.data(), tail.size()});
    if (!extent.ok()) return extent;
    std::array<char, kArchiveStartSize> start;
    if (extent->index - extent->begin < start.size()) {
      return absl::DataLossError("archive: the pickle is too short");
    }
    status = file_.Read(extent->begin, start.size(), start.data());
    if (!status.ok()) return status;
    if (!IsArchive({start.data(), start.size()})) {
      return absl::DataLossError("archive: the object does not begin as one");
    }
    return extent;
  }

  // Returns whether an object ends at `end` and others before it, back to byte
  // 0.
  absl::StatusOr<bool> ChainEnds(uint64_t end) {
    absl::StatusOr<ArchiveExtent> extent = Before(end);
    if (!extent.ok()) return NotFound(extent.status());
    // A file made to be searched for long must not be.
    if (end - extent->index > budget_) return false;
    budget_ -= end - extent->index;
    std::string index(static_cast<size_t>(end - extent->index), '\0');
    absl::Status status = file_.Read(extent->index, index.size(), index.data());
    if (!status.ok()) return status;
    if (!DecodeIndexPickle(index).ok()) return false;
    while (extent->begin != 0) {
      extent = Before(extent->begin);
      if (!extent.ok()) return NotFound(extent.status());
    }
    return true;
  }

  static absl::StatusOr<bool> NotFound(const absl::Status& status) {
    if (absl::IsDataLoss(status) || absl::IsUnimplemented(status)) return false;
    return status;
  }

  // The nearest end of an object before `end`, 0 if there is none.
  absl::StatusOr<uint64_t> PreviousEnd(uint64_t end) {
    const std::string_view magic = kArchiveFooterMagic;
    std::string chunk;
    uint64_t upper = end;
    while (upper > magic.size()) {
      const uint64_t lower = upper > kChunk ? upper - kChunk : 0;
      chunk.resize(static_cast<size_t>(upper - lower));
      absl::Status status = file_.Read(lower, chunk.size(), chunk.data());
      if (!status.ok()) return status;
      for (size_t at = chunk.rfind(magic); at != std::string::npos;
           at = at == 0 ? std::string::npos : chunk.rfind(magic, at - 1)) {
        const uint64_t candidate = lower + at + kArchiveTailSize;
        if (candidate >= end) continue;
        const absl::StatusOr<bool> is_end = ChainEnds(candidate);
        if (!is_end.ok()) return is_end.status();
        if (*is_end) return candidate;
      }
      // A magic may lie across the chunks' border.
      upper = lower == 0 ? 0 : lower + magic.size() - 1;
    }
    return 0;
  }

  const FileBytes& file_;
  uint64_t budget_;  // bytes of indexes that may still be read
};

}  // namespace

absl::StatusOr<ArchiveExtents> FindArchiveExtents(const FileBytes& file) {
  try {
    std::array<char, kArchiveStartSize> start;
    if (file.size() < start.size()) {
      return absl::InvalidArgumentError("not an archive");
    }
    absl::Status status = file.Read(0, start.size(), start.data());
    if (!status.ok()) return status;
    if (!IsArchive({start.data(), start.size()})) {
      return absl::InvalidArgumentError("not an archive");
    }
    return Finder(file).Find();
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::Status CheckTornTail(const FileBytes& file,
                           const ArchiveExtents& extents) {
  if (extents.end() == file.size()) return absl::OkStatus();
  try {
    const absl::StatusOr<Buffer> bytes = file.Map(MapAccess::kReadOnly);
    if (!bytes.ok()) return bytes.status();
    if (IsCutShort(bytes->chars().substr(static_cast<size_t>(extents.end())))) {
      return absl::OkStatus();
    }
    return absl::DataLossError(
        absl::StrCat("archive: the bytes from ", extents.end(),
                     " on are a damaged object, not one that was cut short"));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5

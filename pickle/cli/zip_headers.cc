#include "pickle/cli/zip_headers.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "buffers/little_endian.h"

namespace pickle5::cli {
namespace {

// The fixed parts of the records, up to the name.
constexpr size_t kHeader = 30;
constexpr size_t kEntry = 46;
constexpr size_t kEnd = 22;
constexpr size_t kZip64End = 56;
constexpr size_t kZip64Locator = 20;
constexpr size_t kMaxComment = 65535;
constexpr uint32_t kInZip64 = 0xffffffff;

absl::Status Broken() { return absl::DataLossError("broken zip directory"); }

// A little-endian integer of the zip; 0 where the zip is too short.
template <typename T>
T At(std::string_view zip, uint64_t at) {
  if (at > zip.size() || zip.size() - at < sizeof(T)) return 0;
  return LittleEndianDecoder(zip.substr(at)).Get<T>();
}

bool Has(std::string_view zip, uint64_t at, std::string_view magic) {
  return at <= zip.size() && zip.substr(at).starts_with(magic);
}

// The offset of an entry's header: where it has no place in 32 bits, it is the
// last of the sizes and offsets in the extra field 1.
std::optional<uint64_t> HeaderOffset(std::string_view entry,
                                     std::string_view extra) {
  const uint32_t offset = At<uint32_t>(entry, 42);
  if (offset != kInZip64) return offset;
  while (extra.size() >= 4) {
    const size_t size = At<uint16_t>(extra, 2);
    if (At<uint16_t>(extra, 0) == 1) {
      size_t at = 4;
      if (At<uint32_t>(entry, 24) == kInZip64) at += 8;
      if (At<uint32_t>(entry, 20) == kInZip64) at += 8;
      if (at + 8 > 4 + size || at + 8 > extra.size()) return std::nullopt;
      return At<uint64_t>(extra, at);
    }
    if (4 + size > extra.size()) break;
    extra.remove_prefix(4 + size);
  }
  return std::nullopt;
}

struct Directory {
  uint64_t begin;
  uint64_t end;
  uint64_t shift;  // bytes in front of the zip, which no offset counts
};

std::optional<Directory> FindDirectory(std::string_view zip) {
  const uint64_t end = zip.rfind("PK\5\6");
  if (end == zip.npos || zip.size() - end < kEnd ||
      zip.size() - end > kEnd + kMaxComment) {
    return std::nullopt;
  }
  uint64_t size = At<uint32_t>(zip, end + 12);
  uint64_t begin = At<uint32_t>(zip, end + 16);
  uint64_t directory_end = end;
  if (end >= kZip64Locator + kZip64End &&
      Has(zip, end - kZip64Locator, "PK\6\7")) {
    directory_end = end - kZip64Locator - kZip64End;
    if (!Has(zip, directory_end, "PK\6\6")) return std::nullopt;
    size = At<uint64_t>(zip, directory_end + 40);
    begin = At<uint64_t>(zip, directory_end + 48);
  }
  if (size > directory_end || begin > directory_end - size) return std::nullopt;
  return Directory{directory_end - size, directory_end,
                   directory_end - size - begin};
}

}  // namespace

absl::Status CheckZipHeaders(std::string_view zip) {
  const std::optional<Directory> directory = FindDirectory(zip);
  if (!directory.has_value()) return Broken();
  for (uint64_t at = directory->begin; at != directory->end;) {
    if (!Has(zip, at, "PK\1\2")) return Broken();
    const std::string_view entry = zip.substr(at, directory->end - at);
    const size_t name = At<uint16_t>(entry, 28);
    const size_t extra = At<uint16_t>(entry, 30);
    const size_t size = kEntry + name + extra + At<uint16_t>(entry, 32);
    if (size > entry.size()) return Broken();
    const std::optional<uint64_t> offset =
        HeaderOffset(entry, entry.substr(kEntry + name, extra));
    if (!offset.has_value() || *offset > zip.size()) return Broken();
    const uint64_t header = *offset + directory->shift;
    if (!Has(zip, header, "PK\3\4")) return Broken();
    const std::string_view header_name =
        zip.substr(header).substr(0, kHeader + At<uint16_t>(zip, header + 26));
    if (header_name.substr(std::min(kHeader, header_name.size())) !=
        entry.substr(kEntry, name)) {
      return absl::DataLossError(
          "a member has two names, in the zip and in its directory");
    }
    at += size;
  }
  return absl::OkStatus();
}

}  // namespace pickle5::cli

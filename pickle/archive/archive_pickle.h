#ifndef PICKLE5_PICKLE_ARCHIVE_ARCHIVE_PICKLE_H_
#define PICKLE5_PICKLE_ARCHIVE_ARCHIVE_PICKLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "buffers/files/archive_index.h"
#include "pickle/export.h"

namespace pickle5 {

// The pickles that an object of a .pkl5 archive is made of, as
// ARCHIVE_FORMAT.md describes them.

// Stands behind the PROTO of every object's pickle, in a padding opcode.
inline constexpr std::string_view kArchiveLabel = "PKL5ARCH";

// PROTO 5 and that opcode.
inline constexpr size_t kArchiveStartSize = 5 + kArchiveLabel.size();

// Returns whether bytes, at least the first kArchiveStartSize of a file, begin
// as an archive does.
PICKLE5_EXPORT bool IsArchive(std::string_view bytes);
// Returns whether an archive may begin with these bytes, at most
// kArchiveStartSize.
PICKLE5_EXPORT bool IsArchiveStart(std::string_view bytes);

// The index pickle around an index and a footer: PROTO 5, BINBYTES8, STOP.
inline constexpr size_t kIndexPickleHead = 11;
inline constexpr size_t kIndexPickleTail = 1;

// The size of the part of an index pickle that is written last: footer and
// STOP.
inline constexpr size_t kArchiveTailSize =
    kArchiveFooterSize + kIndexPickleTail;

PICKLE5_EXPORT std::string EncodeIndexPickle(const ArchiveIndex& index,
                                             uint64_t pickle_length);

// The index in an index pickle. Errors as DecodeArchiveIndex().
PICKLE5_EXPORT absl::StatusOr<ArchiveIndex> DecodeIndexPickle(
    std::string_view pickle);

// The extent of an object in its file.
struct ArchiveExtent {
  uint64_t begin = 0;  // of its pickle
  uint64_t index = 0;  // of its index pickle, where its pickle ends
  uint64_t end = 0;

  bool operator==(const ArchiveExtent&) const = default;
};

// The extent of the object that ends at `end` with `tail`, kArchiveTailSize
// bytes. No digest is looked at.
//
// Errors: DataLoss, Unimplemented: as DecodeArchiveFooter().
PICKLE5_EXPORT absl::StatusOr<ArchiveExtent> ExtentBefore(
    uint64_t end, std::string_view tail);

// Returns whether the bytes are the beginning of an object and not all of it.
//
// Cost: linear in the opcodes of the object; payloads are not touched.
PICKLE5_EXPORT bool IsCutShort(std::string_view bytes);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_ARCHIVE_ARCHIVE_PICKLE_H_

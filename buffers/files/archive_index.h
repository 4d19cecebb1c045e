#ifndef PICKLE5_BUFFERS_FILES_ARCHIVE_INDEX_H_
#define PICKLE5_BUFFERS_FILES_ARCHIVE_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "buffers/description.h"
#include "buffers/digests/buffer_digest.h"
#include "buffers/export.h"

namespace pickle5 {

// The index of one object of a .pkl5 archive, and the footer behind it, encoded
// and decoded. The layout is that of ARCHIVE_FORMAT.md, whose names these are;
// the pickle that holds both is pickle/archive/archive_pickle.h's.

// Kinds of payloads. An index of a later version may hold others.
enum class PayloadKind : uint32_t {
  kOther = 0,  // what its opcode makes of it
  kBytes = 1,
  kByteArray = 2,
  kStr = 3,
  kBuffer = 4,  // a PickleBuffer, which the pickle shows as bytes or bytearray
};

// "bytes", "bytearray", "str", "buffer", "other".
PICKLE5_EXPORT std::string_view PayloadKindName(PayloadKind kind);

// One payload.
struct ArchivePayload {
  uint64_t offset = 0;  // from the first byte of the object's pickle
  uint64_t length = 0;
  PayloadKind kind = PayloadKind::kOther;
  BufferDescription description;
  BufferDigest digest{};
};

// One object: where its payloads stand, and what its bytes must be.
struct ArchiveIndex {
  BufferDigest in_band{};  // of the pickle's bytes that are in no payload
  std::vector<ArchivePayload> payloads;
};

// The record that stands a constant distance before the end of every object.
struct ArchiveFooter {
  uint64_t pickle_length = 0;  // of the object's pickle
  uint64_t index_length = 0;   // of the index
};

inline constexpr size_t kArchiveFooterSize = 64;
// The magic of a footer.
inline constexpr std::string_view kArchiveFooterMagic = "PKL5FOOT";

// The index, and behind it the footer.
PICKLE5_EXPORT std::string EncodeArchiveIndex(const ArchiveIndex& index,
                                              uint64_t pickle_length);

// The footer of kArchiveFooterSize bytes, of which no digest is looked at.
//
// Errors: DataLoss if it is none, Unimplemented if it is of a later version.
PICKLE5_EXPORT absl::StatusOr<ArchiveFooter> DecodeArchiveFooter(
    std::string_view footer);

// Index and footer, with their digest. The payloads come in order, do not
// overlap and lie within the pickle; whether a shape fits its payload is not
// looked at.
//
// Errors: DataLoss if it is damaged, Unimplemented if it is of a later version
//         or uses what a reader must know and this one does not.
// Cost:   memory is taken for no more than the bytes that are there.
PICKLE5_EXPORT absl::StatusOr<ArchiveIndex> DecodeArchiveIndex(
    std::string_view bytes);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_ARCHIVE_INDEX_H_

#ifndef PICKLE5_PICKLE_CLI_FILE_CONTENT_H_
#define PICKLE5_PICKLE_CLI_FILE_CONTENT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "pickle/inspect/joblib_load.h"
#include "pickle/protocol/limits.h"

namespace pickle5::cli {

// One of the things in a file, unpacked.
struct FilePart {
  std::string name;  // of the member of a zip; empty for the file itself
  Buffer bytes;
};

// The things in a file that is, or is not, packed.
struct FileContent {
  std::vector<FilePart> parts;  // at least one
  // An .npz, or a zip of several pickles, of which no member was chosen: the
  // file is a mapping from names to values.
  bool is_mapping = false;
};

// Opens a file that is unpacked, or packed in one of the ways that
// ForEachMember() knows. `member` is ForEachChosenMember()'s choice. Of a file
// that is not packed, the bytes are not copied.
//
// Errors: as ForEachChosenMember().
absl::StatusOr<FileContent> OpenContent(const Buffer& file,
                                        const std::string& member);

// The pickles of a part, one after another, as opcodes.
struct PartPickles {
  std::string_view plain;       // unless it is a joblib dump
  uint64_t offset = 0;          // of them in the part
  internal::JoblibDump joblib;  // if it is one
  // How many pickles there are; 0: as many as stand in the bytes.
  size_t count = 0;

  std::string_view bytes() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return joblib.length != 0 ? joblib.pickle : plain;
  }
};

// Finds the pickles of a part: behind the header of an .npy file of objects,
// without the arrays of joblib, without the storages of torch's old format.
//
// Errors: Unimplemented for an .npy file without objects, and as
//         internal::TakeJoblibApart().
absl::StatusOr<PartPickles> PicklesOf(std::string_view part,
                                      const Limits& limits = {});

// Tells whether bytes, at least the first of a file, are not simply pickles:
// they must be in memory as a whole to be opened.
bool IsPackedOrArray(std::string_view bytes);

// Returns whether bytes that follow `start` could make it a start of which
// IsPackedOrArray() or IsTorchLegacy() is true.
bool MayBeginOtherFormat(std::string_view start);

// The name of a member as the key of a mapping: an .npz's without ".npy".
std::string_view MappingKey(std::string_view name);

// Tells whether the bytes are a file that torch.save wrote before it wrote
// zips: kTorchLegacyPickles pickles, of which that of the object is number
// kTorchLegacyObject, and then the bytes of storages.
bool IsTorchLegacy(std::string_view bytes);
inline constexpr size_t kTorchLegacyObject = 3;
inline constexpr size_t kTorchLegacyPickles = 5;

// Returns `explained` with the code, opcode and offset of `decoded`, which is
// the error of the same bytes read as a pickle, if it has any.
absl::Status WithDecodeError(absl::Status explained,
                             const absl::Status& decoded);

// Says of an error at the very beginning of bytes that they are of another
// format, if it is known.
absl::Status ExplainError(std::string_view bytes, absl::Status status);

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_FILE_CONTENT_H_

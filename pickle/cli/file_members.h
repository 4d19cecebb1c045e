#ifndef PICKLE5_PICKLE_CLI_FILE_MEMBERS_H_
#define PICKLE5_PICKLE_CLI_FILE_MEMBERS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace pickle5::cli {

using MemberVisit = std::function<void(const std::string& name,
                                       std::string_view bytes, bool whole)>;

// The pickles inside a file that may be an archive or be compressed: zip (as
// PyTorch writes it, and .npz), gzip, zlib, zstd, xz, bzip2, lz4, one in
// another. `visit` gets each member's name, empty for the file itself, its
// bytes, which it may look at until it returns, and whether they are whole:
// of a broken one, what can be read is shown.
//
// Of a zip, members count that are named or begin like pickles or .npy files:
// those are what loaders look for. Where names are in doubt, all count.
//
// Errors: DataLoss for an archive that is broken, ResourceExhausted for one
//         that unpacks to more than 64 MiB + 256 times its size, nests
//         deeper than 4, or for lack of memory; Unimplemented for one that
//         cannot be opened or holds no pickle.
absl::Status ForEachMember(std::string_view file, const MemberVisit& visit);

// Visits the members that loaders read: those whose name is `choice`, or ends
// in it after a '/', ".npy" left out if need be. With an empty choice the
// "data.pkl" of PyTorch's zip, else those that ForEachMember() visits.
//
// Only what is chosen is unpacked. Names in doubt and wrong checksums are
// errors here (DataLoss); NotFound lists the names if none is the one chosen.
absl::Status ForEachChosenMember(std::string_view file,
                                 const std::string& choice,
                                 const MemberVisit& visit);

struct ListedMember {
  std::string name;
  uint64_t bytes = 0;  // unpacked, as its header tells
};

// Lists the members of a zip, which may itself be compressed. Empty for a file
// that is no zip.
absl::StatusOr<std::vector<ListedMember>> ListMembers(std::string_view file);

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_FILE_MEMBERS_H_

#ifndef PICKLE5_PICKLE_CLI_FILE_MEMBERS_H_
#define PICKLE5_PICKLE_CLI_FILE_MEMBERS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace pickle5::cli {

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
absl::Status ForEachMember(
    std::string_view file,
    const std::function<void(const std::string& name, std::string_view bytes,
                             bool whole)>& visit);

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_FILE_MEMBERS_H_

#ifndef PICKLE5_PICKLE_CLI_PACKING_H_
#define PICKLE5_PICKLE_CLI_PACKING_H_

#include <string_view>

namespace pickle5::cli {

// How the content of a file is packed.
enum class Packing {
  kNone,
  kZip,
  kGzip,
  kZstd,
  kXz,
  kBzip2,
  kLz4,
  kLzma,
  kZlib,
};

// The packing that bytes begin with, identified by content.
Packing PackingOf(std::string_view bytes);

// "gzip", "zip", ...; empty for kNone.
std::string_view PackingName(Packing packing);

// The format of a file that is neither a pickle nor packed in a way that is
// unpacked here, with an article: "an HDF5 file". Empty if it is not known.
std::string_view ForeignFormat(std::string_view bytes);

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_PACKING_H_

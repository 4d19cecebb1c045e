#ifndef PICKLE5_PICKLE_CLI_ZIP_HEADERS_H_
#define PICKLE5_PICKLE_CLI_ZIP_HEADERS_H_

#include <string_view>

#include "absl/status/status.h"

namespace pickle5::cli {

// Returns whether every member of a zip has the same name in the directory at
// its end and in the header in front of its bytes. Loaders disagree about which
// counts: PyTorch takes the directory's, others the header's or neither.
//
// Errors: DataLoss for names that differ, and for what is no zip.
absl::Status CheckZipHeaders(std::string_view zip);

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_ZIP_HEADERS_H_

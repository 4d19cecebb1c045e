#ifndef PICKLE5_PICKLE_INSPECT_OPTIMIZE_H_
#define PICKLE5_PICKLE_INSPECT_OPTIMIZE_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "buffers/bytes/byte_writer.h"
#include "pickle/export.h"

namespace pickle5 {

// Writes the first pickle in `pickle` without the memo stores that nothing
// reads, byte for byte as Python 3.13's `pickletools.optimize`: the stores that
// stay are numbered anew, and from protocol 4 on the pickle is framed anew.
//
// Errors: the scanner's; E_PROTO for a protocol above 5, E_BAD_INT for a memo
//         index that is no number, E_MEMO_MISSING for a read of a number not
//         stored before; then the writer's. Nothing is written for the former.
//         A failure abandons the writer.
// Cost:   two scans; a table of the memo.
PICKLE5_EXPORT absl::Status Optimize(std::string_view pickle,
                                     ByteWriter& writer,
                                     uint64_t* consumed = nullptr);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_INSPECT_OPTIMIZE_H_

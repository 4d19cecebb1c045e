#ifndef PICKLE5_PICKLE_INSPECT_VERIFY_H_
#define PICKLE5_PICKLE_INSPECT_VERIFY_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "pickle/export.h"
#include "pickle/protocol/limits.h"

namespace pickle5 {

// Returns whether the first pickle in `pickle` would load in strict mode, found
// without building its objects; options.mode is not looked at. `consumed` is
// its length, STOP included.
//
// NEXT_BUFFER is taken as if its buffer were there. max_depth is not checked,
// and max_memory is that of the stack and the memo.
//
// Errors: as Document::LoadBorrowed().
// Cost:   memory of 2 bytes for each value on the stack or in the memo.
PICKLE5_EXPORT absl::Status Verify(std::string_view pickle,
                                   const ReadOptions& options = {},
                                   uint64_t* consumed = nullptr);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_INSPECT_VERIFY_H_

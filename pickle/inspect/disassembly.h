#ifndef PICKLE5_PICKLE_INSPECT_DISASSEMBLY_H_
#define PICKLE5_PICKLE_INSPECT_DISASSEMBLY_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "buffers/bytes/byte_writer.h"
#include "pickle/export.h"

namespace pickle5 {

// Bytes that stand between the opcodes of a file and are none.
struct DisassemblyGap {
  uint64_t at = 0;  // the offset in the pickle without gaps
  uint64_t bytes = 0;
};

// How a disassembly is written.
struct DisassemblyOptions {
  // One JSON object a line, {"pos": 0, "opcode": "PROTO", "arg": 4}, instead
  // of pickletools' listing.
  bool json = false;
  // The offset of `pickle` in its stream, added to every offset that is shown.
  uint64_t base_offset = 0;
  // The gaps that were left out of `pickle`, by offset: what follows one has
  // its offset in the file.
  std::span<const DisassemblyGap> gaps = {};
};

// Writes the listing of the first pickle in `pickle`, byte for byte as Python
// 3.13's `pickletools.dis` prints it, and tells its length, STOP included.
//
// It goes on where pickletools stops: over arguments that pickletools cannot
// read (see ArgumentValue), over memo indexes set twice, and past errors, up to
// the STOP. Indentation ends at 1000 open marks.
//
// Errors: the scanner's; else the first fault in the use of stack, marks and
//         memo that pickletools reports, at its opcode; else the writer's. The
//         listing is written as far as the pickle could be scanned.
// Cost:   a byte for each stack entry, no copy of payloads but for their repr.
PICKLE5_EXPORT absl::Status Disassemble(std::string_view pickle,
                                        const DisassemblyOptions& options,
                                        ByteWriter& writer,
                                        uint64_t* consumed = nullptr);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_INSPECT_DISASSEMBLY_H_

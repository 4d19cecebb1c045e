#ifndef PICKLE5_PICKLE_DETACHED_PAYLOAD_H_
#define PICKLE5_PICKLE_DETACHED_PAYLOAD_H_

#include <cstdint>

#include "buffers/buffer.h"

namespace pickle5 {

// A payload of a pickle that stands elsewhere than the bytes around it.
struct DetachedPayload {
  // How many bytes of the others stand in front of it: up to the end of its
  // opcode's length argument.
  uint64_t position = 0;
  Buffer bytes;
  // Whether its opcode must make something readonly.
  bool readonly = false;
  // Becomes a buffer, as from NEXT_BUFFER, in place of bytes or a bytearray.
  bool is_buffer = false;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_DETACHED_PAYLOAD_H_

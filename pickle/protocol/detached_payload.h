#ifndef PICKLE5_PICKLE_PROTOCOL_DETACHED_PAYLOAD_H_
#define PICKLE5_PICKLE_PROTOCOL_DETACHED_PAYLOAD_H_

#include <cstdint>
#include <vector>

#include "buffers/buffer.h"
#include "pickle/protocol/opcode.h"

namespace pickle5 {

// A payload of a pickle that stands elsewhere than the bytes around it.
struct DetachedPayload {
  // How many bytes of the others stand in front of it: up to the end of its
  // opcode's length argument.
  uint64_t position = 0;
  Buffer bytes;
  // True if its opcode must make something readonly.
  bool readonly = false;
  // Becomes a buffer, as from NEXT_BUFFER, in place of bytes or a bytearray.
  bool is_buffer = false;

  // Returns whether an opcode that declares `size` bytes of payload may take
  // it.
  bool Fits(Opcode opcode, uint64_t size) const {
    const bool writable = opcode == Opcode::BYTEARRAY8;
    const bool takes_text =
        opcode == Opcode::BINUNICODE || opcode == Opcode::BINUNICODE8;
    const bool takes_bytes =
        opcode == Opcode::BINBYTES || opcode == Opcode::BINBYTES8 || writable;
    return size == bytes.nbytes() && readonly != writable &&
           (takes_bytes || (takes_text && !is_buffer));
  }
};

// A pickle in pieces: its payloads, in order, and all other bytes.
struct DetachedPickle {
  Buffer others;
  std::vector<DetachedPayload> payloads;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_PROTOCOL_DETACHED_PAYLOAD_H_

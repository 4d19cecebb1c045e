#ifndef PICKLE5_PICKLE_EMITTER_PAYLOAD_STORE_H_
#define PICKLE5_PICKLE_EMITTER_PAYLOAD_STORE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "pickle/export.h"
#include "pickle/protocol/opcode.h"

namespace pickle5 {

// Takes the large payloads of one pickle that is written: those of bytes,
// bytearray and str objects, and of buffers that stay in-band.
//
// The Emitter ends its frame in front of each, pads the pickle by opcodes
// without effect as PaddingBefore() says, writes the opcode with its length,
// and lets the store write the payload to the same ByteWriter.
//
// Lifetime: payloads given to Write() stay as they are until the pickle ends.
// Errors:   a failure is the ByteWriter's, which has the status. May throw
//           std::bad_alloc.
// Threads:  thread-compatible.
// Cost:     one virtual call per payload of kMinSize bytes and more.
class PICKLE5_EXPORT PayloadStore {
 public:
  // Smaller payloads stay with the opcodes around them.
  static constexpr size_t kMinSize = 2048;

  PayloadStore() = default;
  PayloadStore(const PayloadStore&) = delete;
  PayloadStore& operator=(const PayloadStore&) = delete;
  virtual ~PayloadStore();

  // The label after PROTO, as bytes that are dropped: at most 255.
  virtual std::string_view label() const = 0;

  // How many bytes of padding go in front of an opcode whose `header` bytes
  // would begin at `pos` of the ByteWriter and are followed by `size` of
  // payload: 0, or 3 and more.
  virtual uint64_t PaddingBefore(uint64_t pos, size_t header,
                                 size_t size) const = 0;

  // Writes the payload of `opcode`. The object gets `memo_index` next.
  [[nodiscard]] virtual bool Write(Opcode opcode, std::string_view payload,
                                   uint64_t memo_index) = 0;

  // The memo index of an object already written that may stand for the one
  // `opcode` and `payload` would make: an equal, immutable one.
  virtual std::optional<uint32_t> Find(Opcode opcode,
                                       std::string_view payload) = 0;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_EMITTER_PAYLOAD_STORE_H_

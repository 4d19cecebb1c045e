#ifndef PICKLE5_PICKLE_EMITTER_FRAMER_H_
#define PICKLE5_PICKLE_EMITTER_FRAMER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/base/optimization.h"
#include "buffers/bytes/byte_writer.h"
#include "pickle/emitter/payload_store.h"
#include "pickle/export.h"

namespace pickle5 {

// Gives a pickler room to write and cuts what it writes into frames, at the
// bytes where CPython's C pickler cuts (_Pickler_OpcodeBoundary,
// _Pickler_CommitFrame, _Pickler_write_bytes of _pickle.c).
//
// The caller holds the cursor; every call takes it and returns where it is
// afterwards. Behind a cursor that was just returned kRoom bytes may be
// written without asking again.
//
// A frame ends at the first value boundary 64 KiB or more behind its start. Its
// header is dropped if it holds less than 4 bytes. Payloads of 64 KiB and more
// end the frame and stand outside of any, with their headers. With a
// PayloadStore those of PayloadStore::kMinSize do, behind padding, and the
// store writes them.
//
// Ownership: writer and store are borrowed from Begin() to Finish(); the frame
// under
//            way stays in its memory, held by its anchor.
// Errors:    after a failure of the writer, cursors point into a scratch area,
//            so that callers need not look at ok() before every write.
// Threads:   thread-compatible.
// Cost:      one comparison per value: the frame's limit is the memory's limit.
class PICKLE5_EXPORT Framer {
 public:
  static constexpr size_t kFrameSizeTarget = size_t{64} << 10;
  static constexpr size_t kFrameSizeMin = 4;
  static constexpr size_t kFrameHeaderSize = 9;
  static constexpr size_t kRoom = 1024;

  Framer() = default;
  Framer(const Framer&) = delete;
  Framer& operator=(const Framer&) = delete;

  // Starts writing behind what `writer` has. Without framing there is one
  // stretch of bytes and no frame header. A store needs framing, and begins
  // with its label.
  uint8_t* Begin(ByteWriter& writer, bool framing,
                 PayloadStore* store = nullptr);

  // To be called before each value: ends a frame that is full.
  uint8_t* Boundary(uint8_t* at) {
    return ABSL_PREDICT_TRUE(at < frame_limit_) ? at : BoundarySlow(at);
  }

  // Makes room without ending the frame.
  uint8_t* Room(uint8_t* at) {
    return ABSL_PREDICT_TRUE(at < room_limit_) ? at : Grow(at, 0);
  }
  // Makes `length` bytes of room, and kRoom behind them.
  uint8_t* Room(uint8_t* at, size_t length) { return Grow(at, length); }
  // The same for bytes that a call of Room() or Boundary() follows.
  uint8_t* RoomFor(uint8_t* at, size_t length) {
    return length <= kRoom / 2 ? Room(at) : Grow(at, length);
  }

  // Writes an opcode with its argument: `header`, of kRoom bytes at the most,
  // and `payload`, in the frame or outside of it as its length asks for.
  // `memo_index`, which the object gets next, is for the store; kUnstored
  // keeps the payload from it.
  static constexpr uint64_t kUnstored = UINT64_MAX;
  uint8_t* WritePayload(uint8_t* at, std::string_view header,
                        std::string_view payload,
                        uint64_t memo_index = kUnstored);

  // The same where the caller writes the payload: OpenPayload() returns the
  // place of its first byte, nullptr after a failure; ClosePayload() takes the
  // place behind its last one. Nothing comes between them. The store gets none
  // of it, and no payload goes past the writer's memory.
  uint8_t* OpenPayload(uint8_t* at, std::string_view header, size_t size);
  uint8_t* ClosePayload(uint8_t* at);

  // Ends the last frame and hands the bytes to the writer. False after a
  // failure, of which the writer has the status.
  [[nodiscard]] bool Finish(uint8_t* at);

  // Drops the frame under way.
  void Abandon();

  bool ok() const { return !failed_; }

 private:
  uint8_t* BoundarySlow(uint8_t* at);
  uint8_t* Grow(uint8_t* at, size_t length);
  // Begins a frame with room for it whole, or for its beginning.
  uint8_t* Open(size_t room = kFrameSizeTarget);
  void Commit(uint8_t* at);
  // `size` bytes of opcodes without effect, outside of frames.
  bool WritePadding(uint64_t size);
  bool WriteStored(std::string_view header, std::string_view payload,
                   uint64_t memo_index);
  uint8_t* UseScratch();
  uint8_t* SetLimits(uint8_t* at);

  // at < frame_limit_ <= room_limit_ = the end of the memory - kRoom
  uint8_t* frame_limit_ = nullptr;
  uint8_t* room_limit_ = nullptr;
  ByteWriter* writer_ = nullptr;
  PayloadStore* store_ = nullptr;
  bool framing_ = false;
  bool failed_ = false;
  bool outside_ = false;  // the payload that is open, of frames
  std::array<uint8_t, 2 * kRoom> scratch_;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_EMITTER_FRAMER_H_

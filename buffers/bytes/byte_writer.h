#ifndef PICKLE5_BUFFERS_BYTES_BYTE_WRITER_H_
#define PICKLE5_BUFFERS_BYTES_BYTE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "buffers/export.h"

namespace pickle5 {

// A cursor over writable memory whose bytes go to some destination.
//
// The caller reserves, writes at cursor() and moves it. Bytes from anchor() on
// are held back: they stay contiguous and addressable, move together when
// Reserve() needs room (anchor() moves with them), and may be rewritten until
// the anchor is cleared. That is how a frame's length is filled in after its
// contents.
//
// Order:     anchor() <= cursor() <= limit(); bytes arrive at the destination
//            in the order they were written.
// Lifetime:  pointers into the writer live until the next call that may need
//            room. The destructor writes nothing: what was not flushed or
//            closed is dropped.
// Errors:    a bool is false after a failure; the first one sticks.
// Threads:   thread-compatible.
// Cost:      one virtual call per full buffer or large payload, none per byte.
class PICKLE5_EXPORT ByteWriter {
 public:
  // Payloads below this are copied even by WriteLarge(): one more system call
  // costs more than the copy.
  static constexpr size_t kLargePayload = size_t{16} << 10;
  // Several frames of a pickle: held-back bytes are seldom moved.
  static constexpr size_t kDefaultBufferSize = size_t{256} << 10;

  ByteWriter(const ByteWriter&) = delete;
  ByteWriter& operator=(const ByteWriter&) = delete;
  virtual ~ByteWriter();

  uint8_t* cursor() const { return cursor_; }
  uint8_t* limit() const { return limit_; }
  size_t available() const { return static_cast<size_t>(limit_ - cursor_); }

  // Precondition: the bytes up to `cursor` are written, cursor <= limit().
  void set_cursor(uint8_t* cursor) { cursor_ = cursor; }

  // Makes at least `length` contiguous bytes writable at cursor().
  [[nodiscard]] bool Reserve(size_t length) {
    return ABSL_PREDICT_TRUE(available() >= length) || ReserveSlow(length);
  }

  // From `anchor` on nothing is flushed. nullptr: everything may be.
  // Precondition: nullptr, or a byte not flushed yet, anchor <= cursor().
  void set_anchor(uint8_t* anchor) { anchor_ = anchor; }
  uint8_t* anchor() const { return anchor_; }

  [[nodiscard]] bool Write(std::string_view bytes) {
    if (ABSL_PREDICT_FALSE(available() < bytes.size())) {
      return WriteSlow(bytes);
    }
    if (!bytes.empty()) std::memcpy(cursor_, bytes.data(), bytes.size());
    cursor_ += bytes.size();
    return true;
  }

  // As Write(), but large bytes go to the destination straight from their own
  // memory, after those that precede them. With an anchor set they are copied.
  // `payload` is not used after the call.
  [[nodiscard]] bool WriteLarge(std::string_view payload) {
    if (payload.size() < kLargePayload || anchor_ != nullptr) {
      return Write(payload);
    }
    return WriteLargeSlow(payload);
  }

  // Hands to the destination everything before the anchor.
  [[nodiscard]] bool Flush();

  // Clears the anchor, flushes, and finishes the destination. Idempotent: a
  // second call returns what the first did. Later writes fail.
  [[nodiscard]] bool Close();

  // Gives up what is being written: whoever writes it has failed with `why`,
  // which sticks as a failure of the writer's own does, so that a Close() or an
  // AtomicFile::Commit() after it publishes nothing. Changes nothing if `why`
  // is OK or the writer is closed. Returns `why`.
  absl::Status Abandon(absl::Status why);

  // Bytes written up to the cursor since the writer began.
  uint64_t pos() const {
    return start_pos_ + static_cast<uint64_t>(cursor_ - start_);
  }

  bool ok() const { return ABSL_PREDICT_TRUE(status_.ok()); }
  const absl::Status& status() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return status_;
  }

 protected:
  ByteWriter() = default;

  // Each is called only while ok() and not closed; false after Fail().
  virtual bool ReserveMore(size_t length) = 0;
  virtual bool WriteThrough(std::string_view payload) = 0;
  virtual bool FlushHeld() = 0;
  virtual bool Finish() = 0;

  // Records the first failure and closes the memory under the cursor, so that
  // fast paths fail too. Always returns false.
  bool Fail(absl::Status status);

  // Gives the block `capacity` bytes, keeping its contents; nullptr if there is
  // no memory. A writer whose blocks are not malloc'ed overrides it, and gives
  // the block up (ReleaseBlock()) before it is destroyed.
  virtual void* ReallocateBlock(void* block, size_t capacity);

  // Grows the block so that `length` bytes fit behind the cursor; keeps what
  // it holds, moves cursor and anchor along. Fresh memory is not cleared.
  bool GrowBlock(size_t length, size_t min_capacity);
  // The same without more room than that.
  bool GrowBlockExactly(size_t length);

  // Drops the first `length` bytes of the block, which were handed on, and
  // moves the rest, cursor and anchor to its front.
  void DropFront(size_t length);

  // Counts bytes that went to the destination without passing the block.
  // Precondition: the block is empty.
  void Advance(uint64_t length) { start_pos_ += length; }

  // Empties the block, the position and the status; the memory is kept.
  void Restart();

  // Gives up the block (malloc'ed); the caller frees it.
  uint8_t* ReleaseBlock();

  uint8_t* start() const { return start_; }
  size_t held() const { return static_cast<size_t>(cursor_ - start_); }

 private:
  bool ReserveSlow(size_t length);
  bool ReallocateFor(size_t length, size_t capacity);
  bool WriteSlow(std::string_view bytes);
  bool WriteLargeSlow(std::string_view payload);
  bool CheckOpen();

  uint8_t* cursor_ = nullptr;
  uint8_t* limit_ = nullptr;
  uint8_t* anchor_ = nullptr;
  uint8_t* start_ = nullptr;  // the block: start_ <= cursor_ <= limit_
  uint64_t start_pos_ = 0;    // offset of start_ in the output
  size_t capacity_ = 0;       // of the block; limit_ is its end while ok()
  bool closed_ = false;
  bool close_result_ = false;
  absl::Status status_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_BYTES_BYTE_WRITER_H_

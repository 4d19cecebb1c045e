#ifndef PICKLE5_BUFFERS_BYTES_BYTE_READER_H_
#define PICKLE5_BUFFERS_BYTES_BYTE_READER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "buffers/export.h"

namespace pickle5 {

// A cursor over the bytes of some source, contiguous from cursor() to limit().
//
// The caller reads at cursor() and moves it; Pull() makes more bytes available
// behind the same cursor, Read() moves a payload into its final memory without
// passing through the reader's buffer. A source reads ahead: several pickles
// in one stream are read with one reader.
//
// Order:     cursor() <= limit(); set_cursor() may move back to any byte that
//            was available since the last Pull() or Read().
// Lifetime:  pointers into the reader live until the next Pull() or Read()
//            that does not find its bytes available, or as long as the source
//            if stable().
// Errors:    a bool is false at the end of the input (status() is OK then) and
//            on failure; the first failure sticks.
// Threads:   thread-compatible.
// Cost:      one virtual call per refill, none per byte.
class PICKLE5_EXPORT ByteReader {
 public:
  static constexpr size_t kDefaultBufferSize = size_t{64} << 10;

  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;
  virtual ~ByteReader();

  const uint8_t* cursor() const { return cursor_; }
  const uint8_t* limit() const { return limit_; }
  size_t available() const { return static_cast<size_t>(limit_ - cursor_); }

  // Precondition: cursor() - consumed <= cursor <= limit().
  void set_cursor(const uint8_t* cursor) { cursor_ = cursor; }

  // Makes at least `min_bytes` available. May move the bytes behind the
  // cursor. Memory grows with the bytes that arrive, not with `min_bytes`: a
  // length that the input only claims costs nothing. On false every byte that
  // the source had is available.
  [[nodiscard]] bool Pull(size_t min_bytes) {
    return ABSL_PREDICT_TRUE(available() >= min_bytes) || PullSlow(min_bytes);
  }

  // Moves the cursor over `length` bytes without looking at them. On false
  // the cursor stands at the end of the input.
  [[nodiscard]] bool Skip(uint64_t length) {
    if (ABSL_PREDICT_FALSE(available() < length)) return SkipSlow(length);
    cursor_ += length;
    return true;
  }

  // Reads `length` bytes to `destination`. What is not available yet goes
  // there straight from the source if it is large. On false the bytes that
  // were there are read: pos() tells how many.
  [[nodiscard]] bool Read(size_t length, void* destination) {
    if (ABSL_PREDICT_FALSE(available() < length)) {
      return ReadSlow(length, static_cast<uint8_t*>(destination));
    }
    if (length != 0) std::memcpy(destination, cursor_, length);
    cursor_ += length;
    return true;
  }

  // Offset of the cursor from where the reader began.
  uint64_t pos() const { return limit_pos_ - available(); }

  // Bytes from the cursor to the end of the input where that is known: memory
  // and regular files. A file that is still being written may get longer.
  std::optional<uint64_t> remaining() const;

  // True where the bytes never move: views into them may be handed out, which
  // live as long as the source.
  bool stable() const { return stable_; }

  bool ok() const { return ABSL_PREDICT_TRUE(status_.ok()); }
  const absl::Status& status() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return status_;
  }

 protected:
  // A reader with a buffer of its own, allocated at the first refill.
  explicit ByteReader(size_t buffer_size);
  // A reader of memory that is there as a whole and stays.
  ByteReader(const void* data, size_t size);

  // Reads at least `min_bytes` and at most `max_bytes` to `destination`, and
  // returns how many. Fewer than `min_bytes` mean the end of the input, or
  // failure after Fail(). Must not wait for more than `min_bytes`.
  // Precondition: 0 < min_bytes <= max_bytes. Never called on memory.
  virtual size_t ReadSource(uint8_t* destination, size_t min_bytes,
                            size_t max_bytes) = 0;

  // Bytes that ReadSource() has still to give, where that is known. Unknown
  // by default.
  virtual std::optional<uint64_t> SourceRemaining() const;

  // Records the first failure. Always returns false.
  bool Fail(absl::Status status);

  // Makes the reader one of memory that stays. For constructors.
  void SetMemory(const void* data, size_t size);

 private:
  struct FreeDeleter {
    void operator()(uint8_t* block) const;
  };

  bool PullSlow(size_t min_bytes);
  bool ReadSlow(size_t length, uint8_t* destination);
  bool SkipSlow(uint64_t length);
  // ReadSource() that counts the bytes and notices the end.
  size_t CallSource(uint8_t* destination, size_t min_bytes, size_t max_bytes);
  // Leaves space behind limit_, if it can so much that `min_bytes` fit.
  bool MakeRoom(size_t min_bytes);

  const uint8_t* cursor_ = nullptr;
  const uint8_t* limit_ = nullptr;
  uint64_t limit_pos_ = 0;  // offset of limit_ in the input
  bool stable_ = false;
  bool at_end_ = false;  // the source has given all it has, or failed
  size_t buffer_size_ = 0;
  size_t capacity_ = 0;  // of buffer_
  std::unique_ptr<uint8_t, FreeDeleter> buffer_;
  absl::Status status_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_BYTES_BYTE_READER_H_

#include "buffers/bytes/byte_reader.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include "buffers/io_status.h"

namespace pickle5 {

void ByteReader::FreeDeleter::operator()(uint8_t* block) const {
  std::free(block);
}

ByteReader::ByteReader(size_t buffer_size)
    : buffer_size_(std::max<size_t>(buffer_size, 1)) {}

ByteReader::ByteReader(const void* data, size_t size) { SetMemory(data, size); }

ByteReader::~ByteReader() = default;

void ByteReader::SetMemory(const void* data, size_t size) {
  cursor_ = static_cast<const uint8_t*>(data);
  limit_ = cursor_ + size;
  limit_pos_ = size;
  stable_ = true;
  at_end_ = true;
}

std::optional<uint64_t> ByteReader::remaining() const {
  if (at_end_) return available();
  std::optional<uint64_t> rest = SourceRemaining();
  if (rest.has_value()) *rest += available();
  return rest;
}

std::optional<uint64_t> ByteReader::SourceRemaining() const {
  return std::nullopt;
}

bool ByteReader::Fail(absl::Status status) {
  if (status_.ok()) status_ = std::move(status);
  at_end_ = true;
  return false;
}

size_t ByteReader::CallSource(uint8_t* destination, size_t min_bytes,
                              size_t max_bytes) {
  const size_t count = ReadSource(destination, min_bytes, max_bytes);
  if (count < min_bytes) at_end_ = true;
  limit_pos_ += count;
  return count;
}

bool ByteReader::MakeRoom(size_t min_bytes) {
  const size_t unread = available();
  const size_t behind_cursor =
      buffer_ == nullptr
          ? 0
          : static_cast<size_t>(buffer_.get() + capacity_ - cursor_);
  if (behind_cursor >= min_bytes) return true;
  if (unread < capacity_) {
    std::memmove(buffer_.get(), cursor_, unread);
  } else {
    // Full (or not there yet): doubling keeps pace with the bytes that came,
    // whatever length the caller was told to expect.
    if (capacity_ > std::numeric_limits<size_t>::max() / 2) {
      return Fail(OutOfMemoryStatus());
    }
    const size_t capacity = std::max(capacity_ * 2, buffer_size_);
    std::unique_ptr<uint8_t, FreeDeleter> block(
        static_cast<uint8_t*>(std::malloc(capacity)));
    if (block == nullptr) return Fail(OutOfMemoryStatus());
    if (unread != 0) std::memcpy(block.get(), cursor_, unread);
    buffer_ = std::move(block);
    capacity_ = capacity;
  }
  cursor_ = buffer_.get();
  limit_ = cursor_ + unread;
  return true;
}

bool ByteReader::PullSlow(size_t min_bytes) {
  while (available() < min_bytes) {
    if (at_end_ || !MakeRoom(min_bytes)) return false;
    uint8_t* const end = buffer_.get() + (limit_ - buffer_.get());
    const size_t room = static_cast<size_t>(buffer_.get() + capacity_ - end);
    limit_ += CallSource(end, std::min(min_bytes - available(), room), room);
  }
  return true;
}

bool ByteReader::ReadSlow(size_t length, uint8_t* destination) {
  const size_t first = available();
  if (first != 0) std::memcpy(destination, cursor_, first);
  cursor_ = limit_;
  destination += first;
  length -= first;
  if (length >= buffer_size_) {
    return !at_end_ && CallSource(destination, length, length) == length;
  }
  const bool complete = PullSlow(length);
  const size_t rest = std::min(length, available());
  if (rest != 0) std::memcpy(destination, cursor_, rest);
  cursor_ += rest;
  return complete;
}

bool ByteReader::SkipSlow(uint64_t length) {
  while (available() < length) {
    length -= available();
    cursor_ = limit_;
    if (!PullSlow(1)) return false;
  }
  cursor_ += length;
  return true;
}

}  // namespace pickle5

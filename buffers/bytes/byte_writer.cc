#include "buffers/bytes/byte_writer.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include "buffers/io_status.h"

namespace pickle5 {
namespace {

// Offsets of the block are differences of pointers.
constexpr size_t kMaxBlock = std::numeric_limits<ptrdiff_t>::max();

}  // namespace

ByteWriter::~ByteWriter() { std::free(start_); }

bool ByteWriter::Fail(absl::Status status) {
  if (status_.ok()) status_ = std::move(status);
  limit_ = cursor_;
  return false;
}

absl::Status ByteWriter::Abandon(absl::Status why) {
  if (!why.ok() && !closed_) {
    anchor_ = nullptr;
    Fail(why);
  }
  return why;
}

bool ByteWriter::CheckOpen() {
  if (ABSL_PREDICT_FALSE(!status_.ok())) return false;
  if (ABSL_PREDICT_FALSE(closed_)) {
    return Fail(absl::FailedPreconditionError("written to after Close()"));
  }
  return true;
}

bool ByteWriter::ReserveSlow(size_t length) {
  return CheckOpen() && ReserveMore(length);
}

bool ByteWriter::WriteSlow(std::string_view bytes) {
  if (bytes.size() >= kLargePayload && anchor_ == nullptr) {
    return WriteLargeSlow(bytes);
  }
  if (!ReserveSlow(bytes.size())) return false;
  std::memcpy(cursor_, bytes.data(), bytes.size());
  cursor_ += bytes.size();
  return true;
}

bool ByteWriter::WriteLargeSlow(std::string_view payload) {
  return CheckOpen() && WriteThrough(payload);
}

bool ByteWriter::Flush() { return CheckOpen() && FlushHeld(); }

bool ByteWriter::Close() {
  if (closed_) return close_result_;
  anchor_ = nullptr;
  close_result_ = status_.ok() && FlushHeld() && Finish();
  closed_ = true;
  limit_ = cursor_;
  return close_result_;
}

void* ByteWriter::ReallocateBlock(void* block, size_t capacity) {
  return std::realloc(block, capacity);
}

bool ByteWriter::GrowBlock(size_t length, size_t min_capacity) {
  const size_t doubled = capacity_ > kMaxBlock / 2 ? kMaxBlock : capacity_ * 2;
  return ReallocateFor(length, std::max(min_capacity, doubled));
}

bool ByteWriter::GrowBlockExactly(size_t length) {
  return ReallocateFor(length, 0);
}

// Gives the block that capacity, or if that is too little, what is needed.
bool ByteWriter::ReallocateFor(size_t length, size_t capacity) {
  const size_t used = held();
  if (length > kMaxBlock - used) return Fail(OutOfMemoryStatus());
  const size_t needed = used + length;
  capacity = std::max({needed, capacity, size_t{1}});
  const size_t anchor_offset =
      anchor_ == nullptr ? 0 : static_cast<size_t>(anchor_ - start_);
  void* block = ReallocateBlock(start_, capacity);
  if (block == nullptr && capacity > needed) {
    capacity = needed;
    block = ReallocateBlock(start_, capacity);
  }
  if (block == nullptr) return Fail(OutOfMemoryStatus());
  start_ = static_cast<uint8_t*>(block);
  capacity_ = capacity;
  cursor_ = start_ + used;
  limit_ = start_ + capacity;
  if (anchor_ != nullptr) anchor_ = start_ + anchor_offset;
  return true;
}

void ByteWriter::DropFront(size_t length) {
  if (length == 0) return;
  const size_t rest = held() - length;
  if (rest != 0) std::memmove(start_, start_ + length, rest);
  if (anchor_ != nullptr) anchor_ -= length;
  cursor_ = start_ + rest;
  start_pos_ += length;
}

void ByteWriter::Restart() {
  cursor_ = start_;
  limit_ = start_ + capacity_;
  anchor_ = nullptr;
  start_pos_ = 0;
  closed_ = false;
  status_ = absl::OkStatus();
}

uint8_t* ByteWriter::ReleaseBlock() {
  uint8_t* const block = std::exchange(start_, nullptr);
  capacity_ = 0;
  Restart();
  return block;
}

}  // namespace pickle5

#include "buffers/bytes/staging_byte_writer.h"

#include <algorithm>

namespace pickle5 {

StagingByteWriter::StagingByteWriter(size_t buffer_size)
    : buffer_size_(std::max<size_t>(buffer_size, 1)) {}

bool StagingByteWriter::Finish() { return true; }

size_t StagingByteWriter::flushable() const {
  return anchor() == nullptr ? held() : static_cast<size_t>(anchor() - start());
}

bool StagingByteWriter::FlushHeld() {
  const size_t length = flushable();
  if (length == 0) return true;
  if (!Put({reinterpret_cast<const char*>(start()), length}, {})) return false;
  DropFront(length);
  return true;
}

bool StagingByteWriter::ReserveMore(size_t length) {
  if (!FlushHeld()) return false;
  return available() >= length || GrowBlock(length, buffer_size_);
}

bool StagingByteWriter::WriteThrough(std::string_view payload) {
  if (!Put({reinterpret_cast<const char*>(start()), held()}, payload)) {
    return false;
  }
  DropFront(held());
  Advance(payload.size());
  return true;
}

}  // namespace pickle5

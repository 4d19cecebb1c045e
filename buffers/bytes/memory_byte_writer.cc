#include "buffers/bytes/memory_byte_writer.h"

#include <cstdlib>
#include <cstring>

namespace pickle5 {

MemoryByteWriter::~MemoryByteWriter() = default;

bool MemoryByteWriter::ReserveMore(size_t length) {
  return GrowBlock(length, initial_capacity_);
}

bool MemoryByteWriter::WriteThrough(std::string_view payload) {
  if (available() < payload.size() && !ReserveMore(payload.size())) {
    return false;
  }
  std::memcpy(cursor(), payload.data(), payload.size());
  set_cursor(cursor() + payload.size());
  return true;
}

bool MemoryByteWriter::FlushHeld() { return true; }

bool MemoryByteWriter::Finish() { return true; }

absl::StatusOr<Buffer> MemoryByteWriter::TakeBuffer() {
  if (!ok()) return status();
  const size_t length = held();
  uint8_t* const block = ReleaseBlock();
  return Buffer::WithReleaser(block, length, /*readonly=*/false,
                              [block] { std::free(block); });
}

}  // namespace pickle5

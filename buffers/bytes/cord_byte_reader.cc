#include "buffers/bytes/cord_byte_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/string_view.h"

namespace pickle5 {

CordByteReader::CordByteReader(absl::Cord cord, size_t buffer_size)
    : ByteReader(buffer_size),
      cord_(std::move(cord)),
      next_(cord_.char_begin()),
      left_(cord_.size()) {
  const absl::optional<absl::string_view> flat = cord_.TryFlat();
  if (!flat.has_value()) return;
  SetMemory(flat->data(), flat->size());
  left_ = 0;
}

size_t CordByteReader::ReadSource(uint8_t* destination, size_t /*min_bytes*/,
                                  size_t max_bytes) {
  const size_t total = std::min(max_bytes, left_);
  size_t count = 0;
  while (count < total) {
    const absl::string_view chunk = absl::Cord::ChunkRemaining(next_);
    const size_t length = std::min(chunk.size(), total - count);
    std::memcpy(destination + count, chunk.data(), length);
    absl::Cord::Advance(&next_, length);
    count += length;
  }
  left_ -= total;
  return total;
}

std::optional<uint64_t> CordByteReader::SourceRemaining() const {
  return left_;
}

}  // namespace pickle5

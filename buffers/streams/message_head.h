#ifndef PICKLE5_BUFFERS_STREAMS_MESSAGE_HEAD_H_
#define PICKLE5_BUFFERS_STREAMS_MESSAGE_HEAD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "buffers/description.h"
#include "buffers/export.h"
#include "buffers/streams/message.h"

namespace pickle5 {

// The head that stands before the payloads of a message, in both directions.
// The layout is that of SOCKET_FORMAT.md, whose names these are.

inline constexpr size_t kMessageHeaderSize = 32;
// The least that one buffer takes in the table.
inline constexpr size_t kMessageEntrySize = 32;

struct MessageHeader {
  bool in_shared_memory = false;
  uint64_t pickle_length = 0;
  uint32_t buffer_count = 0;
  uint32_t table_length = 0;
};

// One buffer.
struct MessageEntry : BufferDescription {
  uint64_t length = 0;
};

// Header and table. Precondition: every buffer IsContiguous('A').
// ResourceExhausted if the table is more than its length can say.
[[nodiscard]] PICKLE5_EXPORT absl::StatusOr<std::string> EncodeMessageHead(
    const Message& message);

// Precondition: kMessageHeaderSize bytes. Errors as SOCKET_FORMAT.md says.
[[nodiscard]] PICKLE5_EXPORT absl::StatusOr<MessageHeader> DecodeMessageHeader(
    std::string_view bytes);

// The table that stands behind `header`. Precondition: bytes.size() is
// header.table_length.
[[nodiscard]] PICKLE5_EXPORT absl::StatusOr<std::vector<MessageEntry>>
DecodeMessageTable(const MessageHeader& header, std::string_view bytes);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_STREAMS_MESSAGE_HEAD_H_

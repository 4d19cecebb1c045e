#include "buffers/streams/message_head.h"

#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "buffers/little_endian.h"

namespace pickle5 {
namespace {

constexpr std::string_view kMagic = "PKL5MESG";
constexpr uint32_t kVersion = 1;
constexpr uint32_t kInSharedMemory = 1;

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(absl::StrCat("message: ", std::string(what)));
}

}  // namespace

absl::StatusOr<std::string> EncodeMessageHead(const Message& message) {
  std::string table;
  LittleEndianEncoder entries(&table);
  for (const Buffer& buffer : message.buffers) {
    const BufferDescription description = DescriptionOf(buffer);
    entries.Put<uint64_t>(buffer.nbytes());
    PutDescriptionHead(description, entries);
    PutDescriptionTail(description, entries);
  }
  if (table.size() > std::numeric_limits<uint32_t>::max()) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "message: ", message.buffers.size(), " buffers are too many for one"));
  }
  std::string head;
  head.reserve(kMessageHeaderSize + table.size());
  LittleEndianEncoder out(&head);
  out.PutBytes(kMagic);
  out.Put<uint32_t>(kVersion);
  out.Put<uint32_t>(message.memory == nullptr ? 0 : kInSharedMemory);
  out.Put<uint64_t>(message.pickle.nbytes());
  out.Put<uint32_t>(static_cast<uint32_t>(message.buffers.size()));
  out.Put<uint32_t>(static_cast<uint32_t>(table.size()));
  out.PutBytes(table);
  return head;
}

absl::StatusOr<MessageHeader> DecodeMessageHeader(std::string_view bytes) {
  LittleEndianDecoder in(bytes);
  if (in.GetBytes(kMagic.size()) != kMagic) {
    return absl::InvalidArgumentError("the stream does not hold messages");
  }
  const uint32_t version = in.Get<uint32_t>();
  if (version > kVersion) {
    return absl::UnimplementedError(
        absl::StrCat("message: version ", version, ", 1 is known"));
  }
  if (version != kVersion) return Damaged("version 0");
  const uint32_t flags = in.Get<uint32_t>();
  if ((flags & ~kInSharedMemory) != 0) {
    return absl::UnimplementedError(
        absl::StrCat("message: unknown flags ", absl::Hex(flags)));
  }
  MessageHeader header;
  header.in_shared_memory = (flags & kInSharedMemory) != 0;
  header.pickle_length = in.Get<uint64_t>();
  header.buffer_count = in.Get<uint32_t>();
  header.table_length = in.Get<uint32_t>();
  if (header.in_shared_memory && header.buffer_count != 0) {
    return Damaged("buffers in two places");
  }
  if (header.table_length < uint64_t{header.buffer_count} * kMessageEntrySize) {
    return Damaged("the table is too short for its buffers");
  }
  if (header.buffer_count == 0 && header.table_length != 0) {
    return Damaged("a table without buffers");
  }
  return header;
}

absl::StatusOr<std::vector<MessageEntry>> DecodeMessageTable(
    const MessageHeader& header, std::string_view bytes) {
  LittleEndianDecoder in(bytes);
  std::vector<MessageEntry> entries;
  entries.reserve(header.buffer_count);
  for (uint32_t i = 0; i < header.buffer_count; ++i) {
    if (in.left() < kMessageEntrySize) {
      return Damaged(absl::StrCat("buffer ", i, ": the table is too short"));
    }
    MessageEntry entry;
    entry.length = in.Get<uint64_t>();
    const DescriptionHead head = GetDescriptionHead(in);
    const std::string_view wrong = GetDescriptionTail(head, in, &entry);
    if (!wrong.empty()) {
      return Damaged(absl::StrCat("buffer ", i, ": ", std::string(wrong)));
    }
    entries.push_back(std::move(entry));
  }
  if (in.left() != 0) return Damaged("the table is longer than its buffers");
  return entries;
}

}  // namespace pickle5

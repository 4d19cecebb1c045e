// Promise: whatever the bytes of a stream, reading a message ends with one or
// with a Status; it never crashes or waits, and takes no memory that the input
// did not pay for. What was read is read again from what MessageWriter makes of
// it.

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "buffers/streams/message_reader.h"
#include "buffers/streams/message_writer.h"
#include "buffers/system/owned_fd.h"
#include "fuzz/fuzz_input.h"

namespace pickle5 {
namespace {

// What a socket takes without a reader.
constexpr size_t kMaxBytes = size_t{32} << 10;

struct Stream {
  OwnedFd in;
  OwnedFd out;
};

Stream MakeStream() {
  std::array<int, 2> ends = {-1, -1};
  Require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  return {OwnedFd(ends[0]), OwnedFd(ends[1])};
}

absl::StatusOr<Message> ReadAll(Stream stream) {
  stream.in = OwnedFd();
  MessageReader reader(MessageLimits::Untrusted(), /*max_idle_bytes=*/0);
  return reader.Read(stream.out.get());
}

void Check(const uint8_t* data, size_t size) {
  Stream stream = MakeStream();
  size = std::min(size, kMaxBytes);
  Require(::send(stream.in.get(), data, size, 0) == static_cast<ssize_t>(size));
  const absl::StatusOr<Message> message = ReadAll(std::move(stream));
  if (!message.ok()) return;
  Stream again = MakeStream();
  absl::StatusOr<MessageWriter> writer = MessageWriter::Create(*message);
  Require(writer.ok());
  const absl::StatusOr<StreamProgress> sent = writer->Advance(again.in.get());
  Require(sent.ok() && *sent == StreamProgress::kDone);
  const absl::StatusOr<Message> same = ReadAll(std::move(again));
  Require(same.ok() && same->pickle.chars() == message->pickle.chars() &&
          same->buffers.size() == message->buffers.size());
  for (size_t i = 0; i < message->buffers.size(); ++i) {
    Require(same->buffers[i].chars() == message->buffers[i].chars() &&
            same->buffers[i].format() == message->buffers[i].format());
  }
}

}  // namespace
}  // namespace pickle5

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  pickle5::Check(data, size);
  // Behind a right beginning, which is hard to guess.
  std::string message("PKL5MESG\1\0\0\0\0\0\0\0", 16);
  message.append(reinterpret_cast<const char*>(data), size);
  pickle5::Check(reinterpret_cast<const uint8_t*>(message.data()),
                 message.size());
  return 0;
}

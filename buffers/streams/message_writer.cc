#include "buffers/streams/message_writer.h"

#include <poll.h>

#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "buffers/streams/message_head.h"

namespace pickle5 {

// The head is longer than any string that is stored in place: moving the
// writer moves no byte that a piece points to.
MessageWriter::MessageWriter(Message message, std::string head)
    : message_(std::move(message)), head_(std::move(head)) {
  if (message_.memory != nullptr) pieces_.AttachFd(message_.memory->get());
  pieces_.Add(head_.data(), head_.size());
  pieces_.Add(message_.pickle.data(), message_.pickle.nbytes());
  for (const Buffer& buffer : message_.buffers) {
    pieces_.Add(buffer.bytes().data(), buffer.nbytes());
  }
}

absl::StatusOr<MessageWriter> MessageWriter::Create(Message message) {
  try {
    if (!message.pickle.IsContiguous('A')) {
      return absl::InvalidArgumentError("message: the pickle is no bytes");
    }
    if (message.memory != nullptr && !message.buffers.empty()) {
      return absl::InvalidArgumentError("message: buffers in two places");
    }
    for (size_t i = 0; i < message.buffers.size(); ++i) {
      if (message.buffers[i].IsContiguous('A')) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("message: buffer ", i, " is not contiguous"));
    }
    absl::StatusOr<std::string> head = EncodeMessageHead(message);
    if (!head.ok()) return head.status();
    return MessageWriter(std::move(message), *std::move(head));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<StreamProgress> MessageWriter::Advance(int fd) {
  if (!status_.ok()) return status_;
  absl::StatusOr<StreamProgress> progress = pieces_.Send(fd);
  if (!progress.ok()) status_ = progress.status();
  return progress;
}

absl::Status MessageWriter::Write(
    int fd, std::optional<std::chrono::milliseconds> idle_timeout) {
  for (;;) {
    const absl::StatusOr<StreamProgress> progress = Advance(fd);
    if (!progress.ok()) return progress.status();
    if (*progress == StreamProgress::kDone) return absl::OkStatus();
    absl::Status waited = WaitForStream(fd, POLLOUT, idle_timeout);
    if (!waited.ok()) return status_ = std::move(waited);
  }
}

}  // namespace pickle5

#include "buffers/streams/message_reader.h"

#include <poll.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/files/memfd_source.h"
#include "buffers/io_status.h"

namespace pickle5 {
namespace {

// A table grows by at most so much, or to twice what has come.
constexpr size_t kTableStep = size_t{64} << 10;

absl::Status OverLimit(std::string_view what, uint64_t value, uint64_t limit) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "message: ", value, " ", std::string(what), ", ", limit, " are allowed"));
}

// Takes the memory of all payloads: the large ones one by one, the others from
// one block.
class PayloadPlacer {
 public:
  explicit PayloadPlacer(ReceiveMemory* memory) : memory_(memory) {}

  void Count(uint64_t length) {
    if (IsSmall(length)) small_bytes_ += Aligned(length);
  }

  absl::StatusOr<Buffer> Place(uint64_t length) {
    if (!IsSmall(length)) {
      return memory_->Allocate(static_cast<size_t>(length));
    }
    if (!has_block_) {
      absl::StatusOr<Buffer> block =
          memory_->Allocate(static_cast<size_t>(small_bytes_));
      if (!block.ok()) return block;
      block_ = *std::move(block);
      has_block_ = true;
    }
    absl::StatusOr<Buffer> buffer =
        block_.Slice(used_, static_cast<size_t>(length));
    used_ += static_cast<size_t>(Aligned(length));
    return buffer;
  }

 private:
  static bool IsSmall(uint64_t length) {
    return length < ReceiveMemory::kLargeBytes;
  }
  static uint64_t Aligned(uint64_t length) {
    return (length + Buffer::kAlignment - 1) / Buffer::kAlignment *
           Buffer::kAlignment;
  }

  ReceiveMemory* memory_;
  uint64_t small_bytes_ = 0;
  size_t used_ = 0;
  bool has_block_ = false;
  Buffer block_;
};

}  // namespace

MessageReader::MessageReader(const MessageLimits& limits, size_t max_idle_bytes)
    : limits_(limits), memory_(max_idle_bytes) {}

void MessageReader::BeginHeader() {
  step_ = Step::kHeader;
  pieces_.Clear();
  header_bytes_.resize(kMessageHeaderSize);
  if (shared_memory_.has_value()) pieces_.AcceptFd();
  pieces_.Add(header_bytes_.data(), header_bytes_.size());
}

absl::Status MessageReader::EndHeader() {
  absl::StatusOr<MessageHeader> header =
      DecodeMessageHeader({header_bytes_.data(), header_bytes_.size()});
  if (!header.ok()) return header.status();
  header_ = *header;
  received_fd_ = pieces_.TakeFd();
  if (header_.in_shared_memory && !shared_memory_.has_value()) {
    return absl::PermissionDeniedError(
        "message: shared memory, which this reader does not accept");
  }
  if (header_.pickle_length > limits_.max_pickle_bytes) {
    return OverLimit("bytes of pickle", header_.pickle_length,
                     limits_.max_pickle_bytes);
  }
  if (header_.buffer_count > limits_.max_buffers) {
    return OverLimit("buffers", header_.buffer_count, limits_.max_buffers);
  }
  if (header_.table_length > limits_.max_table_bytes) {
    return OverLimit("bytes of table", header_.table_length,
                     limits_.max_table_bytes);
  }
  step_ = Step::kTable;
  table_.clear();
  GrowTable();
  return absl::OkStatus();
}

void MessageReader::GrowTable() {
  const size_t have = table_.size();
  const size_t more =
      std::min(header_.table_length - have, std::max(have, kTableStep));
  table_.resize(have + more);
  pieces_.Clear();
  pieces_.Add(table_.data() + have, more);
}

absl::Status MessageReader::EndTable() {
  const absl::StatusOr<std::vector<MessageEntry>> entries =
      DecodeMessageTable(header_, {table_.data(), table_.size()});
  if (!entries.ok()) return entries.status();
  PayloadPlacer placer(&memory_);
  uint64_t total = 0;
  const auto count = [&](uint64_t length) {
    if (length > limits_.max_bytes - total) return false;
    total += length;
    placer.Count(length);
    return true;
  };
  if (!count(header_.pickle_length)) {
    return OverLimit("bytes", header_.pickle_length, limits_.max_bytes);
  }
  for (const MessageEntry& entry : *entries) {
    if (!count(entry.length)) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "message: more than the ", limits_.max_bytes, " bytes allowed"));
    }
  }

  step_ = Step::kPayloads;
  pieces_.Clear();
  incoming_ = Message();
  absl::StatusOr<Buffer> pickle = placer.Place(header_.pickle_length);
  if (!pickle.ok()) return pickle.status();
  pieces_.Add(pickle->data(), pickle->nbytes());
  incoming_.pickle = *std::move(pickle);
  incoming_.buffers.reserve(entries->size());
  for (const MessageEntry& entry : *entries) {
    absl::StatusOr<Buffer> plain = placer.Place(entry.length);
    if (!plain.ok()) return plain.status();
    absl::StatusOr<Buffer> buffer = Describe(*plain, entry);
    if (!buffer.ok()) {
      return absl::Status(
          buffer.status().code(),
          absl::StrCat("message: buffer ", incoming_.buffers.size(), ": ",
                       buffer.status().message()));
    }
    pieces_.Add(plain->data(), plain->nbytes());
    incoming_.buffers.push_back(*std::move(buffer));
  }
  return absl::OkStatus();
}

absl::Status MessageReader::MapBuffers() {
  const OwnedFd fd = std::move(received_fd_);
  if (!fd.valid()) {
    return absl::DataLossError("message: no descriptor came with it");
  }
  const absl::StatusOr<std::unique_ptr<MemfdSource>> source =
      MemfdSource::Open(fd.get(), *shared_memory_);
  if (!source.ok()) return source.status();
  if ((*source)->file().size() > limits_.max_buffers) {
    return OverLimit("buffers", (*source)->file().size(), limits_.max_buffers);
  }
  incoming_.is_mapped = true;
  uint64_t total = header_.pickle_length;
  for (size_t i = 0; i < (*source)->file().size(); ++i) {
    absl::StatusOr<Buffer> buffer = (*source)->Next();
    if (!buffer.ok()) return buffer.status();
    if (buffer->nbytes() > limits_.max_bytes - total) {
      return OverLimit("bytes in one buffer", buffer->nbytes(),
                       limits_.max_bytes - total);
    }
    total += buffer->nbytes();
    incoming_.buffers.push_back(*std::move(buffer));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> MessageReader::EndStep() {
  absl::Status status;
  switch (step_) {
    case Step::kHeader:
      status = EndHeader();
      break;
    case Step::kTable:
      if (table_.size() < header_.table_length) {
        GrowTable();
      } else {
        status = EndTable();
      }
      break;
    case Step::kPayloads:
      if (header_.in_shared_memory) {
        status = MapBuffers();
        if (!status.ok()) break;
      }
      message_ = std::exchange(incoming_, {});
      BeginHeader();
      return true;
  }
  if (!status.ok()) return status;
  return false;
}

absl::Status MessageReader::CutShort() const {
  return absl::DataLossError(absl::StrCat(
      "message: the stream ends with ", pieces_.left(),
      step_ == Step::kHeader  ? " bytes of the header missing"
      : step_ == Step::kTable ? " or more bytes of the table missing"
                              : " bytes of the payloads missing"));
}

absl::StatusOr<StreamProgress> MessageReader::AdvanceSteps(int fd) {
  if (step_ == Step::kHeader && pieces_.done()) BeginHeader();
  message_ = Message();
  for (;;) {
    absl::StatusOr<StreamProgress> progress = pieces_.Receive(fd);
    if (!progress.ok() || *progress == StreamProgress::kWouldBlock) {
      return progress;
    }
    if (*progress == StreamProgress::kEnd) {
      if (in_message()) return CutShort();
      return StreamProgress::kEnd;
    }
    const absl::StatusOr<bool> complete = EndStep();
    if (!complete.ok()) return complete.status();
    if (*complete) return StreamProgress::kDone;
  }
}

absl::StatusOr<StreamProgress> MessageReader::Advance(int fd) {
  if (!status_.ok()) return status_;
  try {
    absl::StatusOr<StreamProgress> progress = AdvanceSteps(fd);
    if (!progress.ok()) status_ = progress.status();
    return progress;
  } catch (const std::bad_alloc&) {
    return status_ = OutOfMemoryStatus();
  }
}

absl::StatusOr<Message> MessageReader::Read(
    int fd, std::optional<std::chrono::milliseconds> idle_timeout) {
  for (;;) {
    const absl::StatusOr<StreamProgress> progress = Advance(fd);
    if (!progress.ok()) return progress.status();
    if (*progress == StreamProgress::kDone) return std::exchange(message_, {});
    if (*progress == StreamProgress::kEnd) {
      return absl::OutOfRangeError("the stream holds no more messages");
    }
    absl::Status waited = WaitForStream(fd, POLLIN, idle_timeout);
    if (!waited.ok()) return status_ = std::move(waited);
  }
}

}  // namespace pickle5

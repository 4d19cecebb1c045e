#include "buffers/arena/shm_channel.h"

#include <algorithm>
#include <new>
#include <span>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "buffers/system/fd_passing.h"

namespace pickle5 {
namespace {

// A head is believed to be so much longer than what has arrived of it.
constexpr size_t kHeadStep = size_t{1} << 20;

absl::StatusOr<std::string> ReceiveHead(int socket, uint64_t length) {
  std::string head;
  while (head.size() < length) {
    const size_t old_size = head.size();
    const size_t step = static_cast<size_t>(
        std::min<uint64_t>(length - old_size, std::max(kHeadStep, old_size)));
    head.resize(old_size + step);
    const auto fds = ReceiveWithFds(
        socket, {reinterpret_cast<uint8_t*>(head.data()) + old_size, step});
    if (!fds.ok()) {
      return absl::IsOutOfRange(fds.status())
                 ? absl::DataLossError("the peer closed within a message")
                 : fds.status();
    }
  }
  return head;
}

}  // namespace

absl::Status CheckHeadLength(uint64_t length, uint64_t max_bytes) {
  if (length <= max_bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the pickle of a message takes ", length, " bytes, ",
                   max_bytes, " are allowed"));
}

absl::Status ShmChannel::Send(std::string_view head, ShmOffer offer) {
  if (!send_status_.ok()) return send_status_;
  try {
    send_status_ = SendOnce(head, offer);
    sent_.erase(
        std::remove_if(sent_.begin(), sent_.end(),
                       [](const ShmOffer& old) { return !old.is_open(); }),
        sent_.end());
    if (send_status_.ok() && offer.is_open()) {
      sent_.push_back(std::move(offer));
    }
  } catch (const std::bad_alloc&) {
    send_status_ = OutOfMemoryStatus();
  }
  return send_status_;
}

absl::Status ShmChannel::SendOnce(std::string_view head,
                                  const ShmOffer& offer) {
  ShmHandoverHeader header = offer.header();
  header.head_length = head.size();
  const bool is_arena = header.kind == ShmHandoverHeader::Kind::kArena;
  const std::vector<int> fds = is_arena && known_arena_ == header.arena
                                   ? std::vector<int>()
                                   : offer.fds();
  absl::Status status =
      SendWithFds(socket_.get(), EncodeShmHandover(header), fds);
  if (!status.ok()) return status;
  if (is_arena) known_arena_ = header.arena;
  if (head.empty()) return absl::OkStatus();
  return SendWithFds(
      socket_.get(),
      {reinterpret_cast<const uint8_t*>(head.data()), head.size()}, {});
}

absl::StatusOr<ShmMessage> ShmChannel::Receive(MapAccess access) {
  if (!receive_status_.ok()) return receive_status_;
  try {
    absl::StatusOr<ShmMessage> message = ReceiveOnce(access);
    receive_status_ = message.status();
    return message;
  } catch (const std::bad_alloc&) {
    return receive_status_ = OutOfMemoryStatus();
  }
}

absl::StatusOr<ShmMessage> ShmChannel::ReceiveOnce(MapAccess access) {
  ShmHandoverBytes bytes;
  absl::StatusOr<std::vector<OwnedFd>> fds =
      ReceiveWithFds(socket_.get(), bytes);
  if (!fds.ok()) return fds.status();
  const absl::StatusOr<ShmHandoverHeader> header = DecodeShmHandover(bytes);
  if (!header.ok()) return header.status();
  absl::Status within = CheckHeadLength(header->head_length, max_head_bytes_);
  if (!within.ok()) return within;
  absl::StatusOr<std::string> head =
      ReceiveHead(socket_.get(), header->head_length);
  if (!head.ok()) return head.status();
  absl::StatusOr<std::unique_ptr<BufferSource>> buffers =
      views_.Open({*header, *std::move(fds)}, access);
  if (!buffers.ok()) return buffers.status();
  return ShmMessage{*std::move(head), *std::move(buffers)};
}

}  // namespace pickle5

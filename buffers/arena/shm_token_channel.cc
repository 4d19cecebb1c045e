#include "buffers/arena/shm_token_channel.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "buffers/io_status.h"

namespace pickle5 {
namespace {

constexpr std::string_view kMagic = "PKL5TOKN";
constexpr size_t kFrameSize = 64;
constexpr size_t kLengthAt = 8;
constexpr size_t kBrokerAt = 16;
constexpr size_t kSecretAt = 32;
constexpr size_t kZeroAt = 48;

// A head is believed to be so much longer than what has arrived of it.
constexpr size_t kHeadStep = size_t{1} << 20;

using Frame = std::array<uint8_t, kFrameSize>;

Frame EncodeFrame(const ShmToken& token, uint64_t head_length) {
  Frame frame{};
  std::memcpy(frame.data(), kMagic.data(), kMagic.size());
  for (size_t i = 0; i < sizeof(head_length); ++i) {
    frame[kLengthAt + i] = static_cast<uint8_t>(head_length >> (8 * i));
  }
  std::copy(token.broker.begin(), token.broker.end(),
            frame.begin() + kBrokerAt);
  std::copy(token.secret.begin(), token.secret.end(),
            frame.begin() + kSecretAt);
  return frame;
}

uint64_t HeadLength(const Frame& frame) {
  uint64_t length = 0;
  for (size_t i = 0; i < sizeof(length); ++i) {
    length |= uint64_t{frame[kLengthAt + i]} << (8 * i);
  }
  return length;
}

ShmToken TokenOf(const Frame& frame) {
  ShmToken token;
  std::copy_n(frame.begin() + kBrokerAt, token.broker.size(),
              token.broker.begin());
  std::copy_n(frame.begin() + kSecretAt, token.secret.size(),
              token.secret.begin());
  return token;
}

absl::Status CutShort(const ByteReader& reader) {
  if (!reader.status().ok()) return reader.status();
  return absl::DataLossError("the channel ends within a message");
}

}  // namespace

absl::Status ShmTokenSender::Send(std::string_view head, ShmOffer offer) {
  if (!status_.ok()) return status_;
  const absl::StatusOr<ShmToken> token = broker_->Publish(std::move(offer));
  if (!token.ok()) return status_ = token.status();
  const Frame frame = EncodeFrame(*token, head.size());
  if (!writer_.Write(
          {reinterpret_cast<const char*>(frame.data()), frame.size()}) ||
      !writer_.WriteLarge(head) || !writer_.Flush()) {
    status_ = writer_.status();
  }
  return status_;
}

absl::StatusOr<ShmMessage> ShmTokenReceiver::Receive(MapAccess access) {
  try {
    return ReceiveNext(access);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<ShmMessage> ShmTokenReceiver::ReceiveNext(MapAccess access) {
  if (!status_.ok()) return status_;
  ShmMessage message;
  const absl::StatusOr<ShmToken> token = ReceiveFrame(&message.head);
  if (!token.ok()) return status_ = token.status();
  absl::StatusOr<ShmHandover> handover = ShmBroker::Claim(*token);
  if (!handover.ok()) return handover.status();
  absl::StatusOr<std::unique_ptr<BufferSource>> buffers =
      views_.Open(*std::move(handover), access);
  if (!buffers.ok()) return buffers.status();
  message.buffers = *std::move(buffers);
  return message;
}

absl::StatusOr<ShmToken> ShmTokenReceiver::ReceiveFrame(std::string* head) {
  if (!reader_.Pull(1)) {
    if (!reader_.status().ok()) return reader_.status();
    return absl::OutOfRangeError("the peer closed the channel");
  }
  Frame frame;
  if (!reader_.Read(frame.size(), frame.data())) return CutShort(reader_);
  if (std::memcmp(frame.data(), kMagic.data(), kMagic.size()) != 0 ||
      std::any_of(frame.begin() + kZeroAt, frame.end(),
                  [](uint8_t byte) { return byte != 0; })) {
    return absl::DataLossError("not a message with a token");
  }
  const uint64_t length = HeadLength(frame);
  absl::Status status = CheckHeadLength(length, max_head_bytes_);
  if (status.ok()) status = ReceiveHead(length, head);
  if (!status.ok()) return status;
  return TokenOf(frame);
}

// Memory grows with the bytes that arrive, which go straight to it.
absl::Status ShmTokenReceiver::ReceiveHead(uint64_t length, std::string* head) {
  while (head->size() < length) {
    const size_t old_size = head->size();
    const auto step = static_cast<size_t>(
        std::min<uint64_t>(length - old_size, std::max(kHeadStep, old_size)));
    head->resize(old_size + step);
    if (!reader_.Read(step,
                      reinterpret_cast<uint8_t*>(head->data()) + old_size)) {
      return CutShort(reader_);
    }
  }
  return absl::OkStatus();
}

}  // namespace pickle5

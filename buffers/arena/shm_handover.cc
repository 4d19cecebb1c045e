#include "buffers/arena/shm_handover.h"

#include <cstring>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace pickle5 {
namespace {

constexpr std::string_view kMagic = "PKL5HAND";
constexpr uint32_t kVersion = 1;

constexpr size_t kVersionAt = 8;
constexpr size_t kKindAt = 12;
constexpr size_t kArenaAt = 16;
constexpr size_t kSlotAt = 32;
constexpr size_t kGenerationAt = 36;
constexpr size_t kOffsetAt = 40;
constexpr size_t kLengthAt = 48;
constexpr size_t kHeadLengthAt = 56;

template <typename Number>
void Put(Number number, size_t at, ShmHandoverBytes* bytes) {
  for (size_t i = 0; i < sizeof(Number); ++i) {
    (*bytes)[at + i] = static_cast<uint8_t>(number >> (8 * i));
  }
}

template <typename Number>
Number Get(std::span<const uint8_t> bytes, size_t at) {
  Number number = 0;
  for (size_t i = 0; i < sizeof(Number); ++i) {
    number |= static_cast<Number>(Number{bytes[at + i]} << (8 * i));
  }
  return number;
}

}  // namespace

ShmHandoverBytes EncodeShmHandover(const ShmHandoverHeader& header) {
  ShmHandoverBytes bytes{};
  std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
  Put(kVersion, kVersionAt, &bytes);
  Put(static_cast<uint32_t>(header.kind), kKindAt, &bytes);
  std::memcpy(bytes.data() + kArenaAt, header.arena.data(),
              header.arena.size());
  Put(header.lease.slot, kSlotAt, &bytes);
  Put(header.lease.generation, kGenerationAt, &bytes);
  Put(header.offset, kOffsetAt, &bytes);
  Put(header.length, kLengthAt, &bytes);
  Put(header.head_length, kHeadLengthAt, &bytes);
  return bytes;
}

absl::StatusOr<ShmHandoverHeader> DecodeShmHandover(
    std::span<const uint8_t> bytes) {
  if (bytes.size() != kShmHandoverSize ||
      std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    return absl::DataLossError("not a hand-over of shared memory");
  }
  const auto kind = Get<uint32_t>(bytes, kKindAt);
  if (Get<uint32_t>(bytes, kVersionAt) != kVersion || kind < 1 || kind > 2) {
    return absl::DataLossError("a hand-over of an unknown version or kind");
  }
  ShmHandoverHeader header;
  header.kind = static_cast<ShmHandoverHeader::Kind>(kind);
  std::memcpy(header.arena.data(), bytes.data() + kArenaAt,
              header.arena.size());
  header.lease.slot = Get<uint32_t>(bytes, kSlotAt);
  header.lease.generation = Get<uint32_t>(bytes, kGenerationAt);
  header.offset = Get<uint64_t>(bytes, kOffsetAt);
  header.length = Get<uint64_t>(bytes, kLengthAt);
  header.head_length = Get<uint64_t>(bytes, kHeadLengthAt);
  return header;
}

ShmOffer::ShmOffer(ShmOffer&& other) noexcept
    : header_(other.header_),
      memfd_(std::move(other.memfd_)),
      arena_(std::move(other.arena_)) {}

ShmOffer& ShmOffer::operator=(ShmOffer&& other) noexcept {
  if (this != &other) {
    Revoke();
    header_ = other.header_;
    memfd_ = std::move(other.memfd_);
    arena_ = std::move(other.arena_);
  }
  return *this;
}

ShmOffer::~ShmOffer() { Revoke(); }

void ShmOffer::Revoke() {
  if (arena_ != nullptr) arena_->Revoke(header_.lease);
}

ShmOffer ShmOffer::OfMemfd(std::shared_ptr<const OwnedFd> memfd) {
  ShmOffer offer;
  offer.memfd_ = std::move(memfd);
  return offer;
}

absl::StatusOr<ShmOffer> ShmOffer::OfArena(const ArenaMessage& message) {
  absl::StatusOr<LeaseId> lease = message.OfferLease();
  if (!lease.ok()) return lease.status();
  ShmOffer offer;
  offer.header_.kind = ShmHandoverHeader::Kind::kArena;
  offer.header_.lease = *lease;
  offer.header_.arena = message.memory()->id();
  offer.header_.offset = message.offset();
  offer.header_.length = message.length();
  offer.arena_ = message.memory();
  return offer;
}

std::vector<int> ShmOffer::fds() const {
  if (arena_ != nullptr) return arena_->fds();
  if (memfd_ != nullptr) return {memfd_->get()};
  return {};
}

bool ShmOffer::is_open() const {
  return arena_ != nullptr && arena_->IsOffered(header_.lease);
}

}  // namespace pickle5

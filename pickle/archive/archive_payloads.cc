#include "pickle/archive/archive_payloads.h"

#include <utility>

#include "pickle/emitter/memo.h"

namespace pickle5 {
namespace {

// No padding opcodes are that short (see Framer::WritePadding).
constexpr uint64_t kShortestPadding = 3;

bool IsText(Opcode opcode) {
  return opcode == Opcode::BINUNICODE || opcode == Opcode::BINUNICODE8;
}

}  // namespace

absl::StatusOr<BufferSink::Placement> ArchivePayloads::Notes::AcceptBuffer(
    const Buffer& buffer) {
  if (buffer.nbytes() >= kMinSize) next = pickle5::DescriptionOf(buffer);
  return Placement::kInBand;
}

absl::Status ArchivePayloads::Notes::Publish() { return absl::OkStatus(); }

ArchivePayloads::ArchivePayloads(ByteWriter* out, uint64_t origin)
    : origin_(origin), writer_(out) {}

uint64_t ArchivePayloads::PaddingBefore(uint64_t pos, size_t header,
                                        size_t size) const {
  const uint64_t alignment = size >= kLargeSize ? kLargeAlignment : kAlignment;
  const uint64_t payload = origin_ + pos + header;
  const uint64_t gap = (alignment - payload % alignment) % alignment;
  return gap != 0 && gap < kShortestPadding ? gap + alignment : gap;
}

PayloadKind ArchivePayloads::KindOf(Opcode opcode) const {
  if (sink_.next.has_value()) return PayloadKind::kBuffer;
  if (opcode == Opcode::BYTEARRAY8) return PayloadKind::kByteArray;
  return IsText(opcode) ? PayloadKind::kStr : PayloadKind::kBytes;
}

BufferDescription ArchivePayloads::DescriptionOf(Opcode opcode) const {
  BufferDescription description = sink_.next.value_or(BufferDescription());
  description.readonly = opcode != Opcode::BYTEARRAY8;
  return description;
}

std::optional<uint32_t> ArchivePayloads::Find(Opcode opcode,
                                              std::string_view payload) {
  found_digest_.reset();
  const PayloadKind kind = KindOf(opcode);
  const auto near =
      candidates_.lower_bound({kind, payload.size(), BufferDigest{}});
  if (near == candidates_.end() || std::get<0>(near->first) != kind ||
      std::get<1>(near->first) != payload.size()) {
    return std::nullopt;
  }
  found_digest_ = DigestOf(payload);
  const auto [begin, end] =
      candidates_.equal_range({kind, payload.size(), *found_digest_});
  for (auto it = begin; it != end; ++it) {
    // Bytes can be made to have a digest that others have.
    if (index_.payloads[it->second.place].description ==
            DescriptionOf(opcode) &&
        it->second.bytes == payload) {
      sink_.next.reset();
      found_digest_.reset();
      return it->second.memo_index;
    }
  }
  return std::nullopt;
}

bool ArchivePayloads::Write(Opcode opcode, std::string_view payload,
                            uint64_t memo_index) {
  ArchivePayload entry;
  entry.offset = writer_.pos();
  entry.length = payload.size();
  entry.kind = KindOf(opcode);
  entry.description = DescriptionOf(opcode);
  sink_.next.reset();
  const std::optional<BufferDigest> known =
      std::exchange(found_digest_, std::nullopt);
  if (known.has_value()) {
    entry.digest = *known;
    if (!writer_.WritePayload(payload)) return false;
  } else if (!writer_.DigestPayload(payload, &entry.digest)) {
    return false;
  }
  if (entry.description.readonly && memo_index <= Memo::kMaxIndex) {
    candidates_.emplace(Key(entry.kind, payload.size(), entry.digest),
                        Candidate{index_.payloads.size(), payload,
                                  static_cast<uint32_t>(memo_index)});
  }
  index_.payloads.push_back(std::move(entry));
  return true;
}

absl::StatusOr<std::string> ArchivePayloads::Finish() {
  absl::StatusOr<BufferDigest> in_band = writer_.Finished();
  if (!in_band.ok()) return in_band.status();
  index_.in_band = *in_band;
  return EncodeIndexPickle(index_, writer_.pos());
}

}  // namespace pickle5

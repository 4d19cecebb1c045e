#include "pickle/emitter/framer.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "pickle/protocol/opcode.h"

namespace pickle5 {

static_assert(std::endian::native == std::endian::little,
              "frame lengths are stored as they lie in memory");

namespace {

// SHORT_BINBYTES, its length, POP.
constexpr size_t kPaddingOverhead = 3;
constexpr size_t kMaxPadding = kPaddingOverhead + 255;

// Bytes that an unpickler makes an object of and drops.
bool WriteDropped(ByteWriter& writer, std::string_view bytes) {
  const char head[] = {static_cast<char>(Opcode::SHORT_BINBYTES),
                       static_cast<char>(bytes.size())};
  const char tail = static_cast<char>(Opcode::POP);
  return writer.Write({head, sizeof head}) && writer.Write(bytes) &&
         writer.Write({&tail, 1});
}

}  // namespace

uint8_t* Framer::Begin(ByteWriter& writer, bool framing, PayloadStore* store) {
  writer_ = &writer;
  framing_ = framing;
  failed_ = false;
  store_ = store;
  if (store_ != nullptr && !WriteDropped(*writer_, store_->label())) {
    return UseScratch();
  }
  return Open();
}

uint8_t* Framer::Open(size_t room) {
  if (!framing_) {
    if (!writer_->Reserve(2 * kRoom)) return UseScratch();
    return SetLimits(writer_->cursor());
  }
  if (!writer_->Reserve(kFrameHeaderSize + room + 2 * kRoom)) {
    return UseScratch();
  }
  writer_->set_anchor(writer_->cursor());
  return SetLimits(writer_->cursor() + kFrameHeaderSize);
}

uint8_t* Framer::SetLimits(uint8_t* at) {
  room_limit_ = writer_->limit() - kRoom;
  frame_limit_ = room_limit_;
  if (framing_) {
    uint8_t* contents = writer_->anchor() + kFrameHeaderSize;
    if (room_limit_ - contents > static_cast<ptrdiff_t>(kFrameSizeTarget)) {
      frame_limit_ = contents + kFrameSizeTarget;
    }
  }
  return at;
}

uint8_t* Framer::UseScratch() {
  failed_ = true;
  frame_limit_ = scratch_.data() + kRoom;
  room_limit_ = frame_limit_;
  return scratch_.data();
}

uint8_t* Framer::BoundarySlow(uint8_t* at) {
  if (failed_) return UseScratch();
  if (!framing_) return Grow(at, 0);
  const ptrdiff_t length = at - (writer_->anchor() + kFrameHeaderSize);
  if (length < static_cast<ptrdiff_t>(kFrameSizeTarget)) return Grow(at, 0);
  Commit(at);
  return Open();
}

uint8_t* Framer::Grow(uint8_t* at, size_t length) {
  if (failed_) return UseScratch();
  writer_->set_cursor(at);
  // The limits must come to lie behind the cursor, hence the second kRoom.
  if (!writer_->Reserve(length + 2 * kRoom)) return UseScratch();
  return SetLimits(writer_->cursor());
}

void Framer::Commit(uint8_t* at) {
  if (framing_) {
    uint8_t* header = writer_->anchor();
    uint8_t* contents = header + kFrameHeaderSize;
    const uint64_t length = static_cast<uint64_t>(at - contents);
    if (length >= kFrameSizeMin) {
      header[0] = static_cast<uint8_t>(Opcode::FRAME);
      std::memcpy(header + 1, &length, sizeof length);
    } else {
      std::memmove(header, contents, length);
      at -= kFrameHeaderSize;
    }
    writer_->set_anchor(nullptr);
  }
  writer_->set_cursor(at);
}

bool Framer::WritePadding(uint64_t size) {
  static constexpr char kZeros[kMaxPadding - kPaddingOverhead] = {};
  while (size != 0) {
    uint64_t part = std::min<uint64_t>(size, kMaxPadding);
    // No opcodes fill a rest of 1 or 2 bytes.
    if (size > part && size - part < kPaddingOverhead) part -= kPaddingOverhead;
    if (!WriteDropped(*writer_, {kZeros, part - kPaddingOverhead})) {
      return false;
    }
    size -= part;
  }
  return true;
}

bool Framer::WriteStored(std::string_view header, std::string_view payload,
                         uint64_t memo_index) {
  return WritePadding(store_->PaddingBefore(writer_->pos(), header.size(),
                                            payload.size())) &&
         writer_->Write(header) &&
         store_->Write(static_cast<Opcode>(header[0]), payload, memo_index);
}

uint8_t* Framer::WritePayload(uint8_t* at, std::string_view header,
                              std::string_view payload, uint64_t memo_index) {
  if (failed_) return UseScratch();
  if (store_ != nullptr && memo_index != kUnstored &&
      payload.size() >= PayloadStore::kMinSize) {
    Commit(at);
    return WriteStored(header, payload, memo_index) ? Open() : UseScratch();
  }
  // Without frames, what the writer would copy anyway.
  const size_t large = framing_ ? kFrameSizeTarget : ByteWriter::kLargePayload;
  if (payload.size() < large) {
    at = RoomFor(at, header.size() + payload.size());
    if (failed_) return at;
    std::memcpy(at, header.data(), header.size());
    at += header.size();
    if (!payload.empty()) std::memcpy(at, payload.data(), payload.size());
    return at + payload.size();
  }
  Commit(at);
  if (!writer_->Write(header) || !writer_->WriteLarge(payload)) {
    return UseScratch();
  }
  return Open(0);
}

uint8_t* Framer::OpenPayload(uint8_t* at, std::string_view header,
                             size_t size) {
  if (failed_) return nullptr;
  outside_ = framing_ && size >= kFrameSizeTarget;
  if (outside_) {
    Commit(at);
    // With room for what follows at the least.
    if (!writer_->Reserve(header.size() + size + kFrameHeaderSize +
                          2 * kRoom)) {
      UseScratch();
      return nullptr;
    }
    at = writer_->cursor();
  } else {
    at = RoomFor(at, header.size() + size);
    if (failed_) return nullptr;
  }
  std::memcpy(at, header.data(), header.size());
  return at + header.size();
}

uint8_t* Framer::ClosePayload(uint8_t* at) {
  if (!outside_) return at;
  writer_->set_cursor(at);
  return Open(0);
}

bool Framer::Finish(uint8_t* at) {
  if (failed_) {
    Abandon();
    return false;
  }
  Commit(at);
  return true;
}

void Framer::Abandon() {
  if (writer_ == nullptr) return;
  if (writer_->anchor() != nullptr) {
    writer_->set_cursor(writer_->anchor());
    writer_->set_anchor(nullptr);
  }
}

}  // namespace pickle5

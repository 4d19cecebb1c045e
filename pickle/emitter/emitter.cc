#include "pickle/emitter/emitter.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "pickle/text/integer_text.h"
#include "pickle/text/text_argument.h"

namespace pickle5 {
namespace {

constexpr ptrdiff_t kMaxBound = 0x10000;  // of OpenStr()
constexpr size_t kMaxUint4 = std::numeric_limits<uint32_t>::max();

// Writes a decimal number and a newline behind an opcode.
template <typename Integer>
uint8_t* PutDecimal(uint8_t* at, Opcode opcode, Integer value,
                    std::string_view end = "\n") {
  char* text = reinterpret_cast<char*>(Atoms::PutOp(at, opcode));
  text = std::to_chars(text, text + 24, value).ptr;
  std::memcpy(text, end.data(), end.size());
  return reinterpret_cast<uint8_t*>(text + end.size());
}

}  // namespace

void Emitter::StartNext(ByteWriter& writer, int protocol, PayloadStore* store) {
  writer_ = &writer;
  store_ = protocol >= 5 ? store : nullptr;
  protocol_ = protocol;
  set_binary(protocol > 0);
  failed_ = false;
  status_ = absl::OkStatus();
  if (protocol >= 2) {
    const char header[] = {static_cast<char>(Opcode::PROTO),
                           static_cast<char>(protocol)};
    // A failure shows when the framer asks for room.
    (void)writer.Write({header, sizeof header});
  }
  at_ = framer_.Begin(writer, protocol >= 4, store_);
}

absl::Status Emitter::Finish() {
  StartClosing();
  Emit(Opcode::STOP);
  if (failed_) {
    framer_.Abandon();
    return writer_->Abandon(status_);
  }
  return framer_.Finish(at_) ? absl::OkStatus() : writer_->status();
}

void Emitter::Abandon() { framer_.Abandon(); }

bool Emitter::Fail(absl::Status status) {
  if (!failed_) status_ = std::move(status);
  failed_ = true;
  return false;
}

void Emitter::FailMemo() {
  Fail(absl::OutOfRangeError("memo index too large for LONG_BINGET"));
}

void Emitter::Emit(Opcode opcode, size_t count) {
  for (; count != 0; --count) {
    StartClosing();
    Emit(opcode);
  }
}

void Emitter::EmitBoolText(bool value) {
  std::memcpy(at_, value ? "I01\n" : "I00\n", 4);
  at_ += 4;
}

void Emitter::EmitIntText(int64_t value) {
  const bool is_long = value != static_cast<int32_t>(value);
  if (is_long && protocol_ < 2) {
    at_ = PutDecimal(at_, Opcode::LONG, value, "L\n");
  } else if (!is_long && !binary_) {
    at_ = PutDecimal(at_, Opcode::INT, value);
  } else {
    at_ = Atoms::PutInt(at_, value);
  }
}

void Emitter::EmitLong(std::string_view little_endian) {
  if (protocol_ < 2) {
    text_ = DecimalFromTwosComplement(little_endian);
    text_ += 'L';
    EmitLine(Opcode::LONG, text_);
  } else if (little_endian.size() < 0x100) {
    EmitPayload<uint8_t>(Opcode::LONG1, little_endian);
  } else if (little_endian.size() <= std::numeric_limits<int32_t>::max()) {
    // An int's bytes are copied, never a payload of their own (save_long).
    at_ = framer_.Room(at_, little_endian.size());
    at_ = Atoms::PutOp(at_, Opcode::LONG4,
                       static_cast<uint32_t>(little_endian.size()));
    if (!ok()) return;
    std::memcpy(at_, little_endian.data(), little_endian.size());
    at_ += little_endian.size();
  } else {
    Fail(absl::OutOfRangeError("int too large to pickle"));
  }
}

void Emitter::EmitFloatText(double value) {
  EmitLine(Opcode::FLOAT, FloatRepr(value));
}

template <typename Length>
void Emitter::EmitPayload(Opcode opcode, std::string_view payload,
                          uint64_t memo_index) {
  const Length length = static_cast<Length>(payload.size());
  char header[1 + sizeof length];
  header[0] = static_cast<char>(opcode);
  std::memcpy(header + 1, &length, sizeof length);
  at_ = framer_.WritePayload(at_, {header, sizeof header}, payload, memo_index);
}

void Emitter::EmitStrSlow(std::string_view utf8) {
  if (!binary_) {
    text_.clear();
    AppendRawUnicodeEscape(utf8, &text_);
    EmitLine(Opcode::UNICODE, text_);
  } else if (utf8.size() <= kMaxUint4) {
    EmitPayload<uint32_t>(Opcode::BINUNICODE, utf8, memo_count_);
  } else if (protocol_ >= 4) {
    EmitPayload<uint64_t>(Opcode::BINUNICODE8, utf8, memo_count_);
  } else {
    FailLargeStr();
  }
}

uint8_t* Emitter::OpenStr(size_t size) {
  char header[9];
  const auto open = [&](Opcode opcode, auto length) {
    header[0] = static_cast<char>(opcode);
    std::memcpy(header + 1, &length, sizeof length);
    uint8_t* at = framer_.OpenPayload(at_, {header, 1 + sizeof length}, size);
    if (at == nullptr) at_ = framer_.Room(at_, 0);
    open_str_ = at;
    return at;
  };
  if (failed_) return nullptr;
  if (!binary_) {
    at_ = framer_.RoomFor(at_, size + 2);
    at_ = Atoms::PutOp(at_, Opcode::UNICODE);
    return ok() ? at_ : nullptr;
  }
  if (forms_ >= 4 && size < Atoms::kShortText) {
    return open(Opcode::SHORT_BINUNICODE, static_cast<uint8_t>(size));
  }
  if (size <= kMaxUint4) {
    return open(Opcode::BINUNICODE, static_cast<uint32_t>(size));
  }
  if (forms_ >= 4) return open(Opcode::BINUNICODE8, uint64_t{size});
  FailLargeStr();
  return nullptr;
}

void Emitter::CloseStr(uint8_t* at) {
  if (!binary_) {
    *at++ = '\n';
    at_ = at;
  } else {
    // In this range lengths of 4 bytes are all that there are.
    const auto size = static_cast<uint32_t>(at - open_str_);
    if (at - open_str_ < kMaxBound && size >= Atoms::kShortText) {
      std::memcpy(open_str_ - sizeof size, &size, sizeof size);
    }
    at_ = framer_.ClosePayload(at);
  }
}

void Emitter::FailLargeStr() {
  Fail(absl::OutOfRangeError(
      "a string larger than 4 GiB requires pickle protocol 4 or higher"));
}

void Emitter::EmitBytesSlow(std::string_view bytes) {
  if (bytes.size() <= kMaxUint4) {
    EmitPayload<uint32_t>(Opcode::BINBYTES, bytes, memo_count_);
  } else if (protocol_ >= 4) {
    EmitPayload<uint64_t>(Opcode::BINBYTES8, bytes, memo_count_);
  } else {
    Fail(absl::OutOfRangeError(
        "bytes larger than 4 GiB require pickle protocol 4 or higher"));
  }
}

void Emitter::EmitByteArray(std::string_view bytes) {
  EmitPayload<uint64_t>(Opcode::BYTEARRAY8, bytes, memo_count_);
}

void Emitter::DropTuple(size_t count) {
  if (TakesMark(count)) return DropToMark(count);
  Emit(Opcode::POP, count);
}

void Emitter::DropToMark(size_t count) {
  if (binary_) return Emit(Opcode::POP_MARK);
  Emit(Opcode::POP, count + 1);
}

void Emitter::EmitLine(Opcode opcode, std::string_view line) {
  at_ = framer_.Room(at_, line.size() + 2);
  at_ = Atoms::PutOp(at_, opcode);
  if (!ok()) return;
  if (!line.empty()) std::memcpy(at_, line.data(), line.size());
  at_ += line.size();
  *at_++ = '\n';
}

void Emitter::EmitLines(Opcode opcode, std::string_view first,
                        std::string_view second) {
  text_.assign(first);
  text_ += '\n';
  text_ += second;
  EmitLine(opcode, text_);
}

void Emitter::EmitPersistentId(std::string_view ascii) {
  EmitLine(Opcode::PERSID, ascii);
}

void Emitter::EmitExtension(int32_t code) {
  if (code >= 0 && code <= 0xff) {
    at_ = Atoms::PutOp(at_, Opcode::EXT1, static_cast<uint8_t>(code));
  } else if (code >= 0 && code <= 0xffff) {
    at_ = Atoms::PutOp(at_, Opcode::EXT2, static_cast<uint16_t>(code));
  } else {
    at_ = Atoms::PutOp(at_, Opcode::EXT4, code);
  }
}

void Emitter::MemoizeOld() {
  if (!binary_) {
    at_ = PutDecimal(at_, Opcode::PUT, memo_count_);
  } else if (memo_count_ < 0x100) {
    at_ = Atoms::PutOp(at_, Opcode::BINPUT, static_cast<uint8_t>(memo_count_));
  } else if (memo_count_ <= kMaxUint4) {
    at_ = Atoms::PutOp(at_, Opcode::LONG_BINPUT,
                       static_cast<uint32_t>(memo_count_));
  } else {
    FailMemo();
  }
  ++memo_count_;
}

void Emitter::EmitGetText(uint64_t index) {
  at_ = PutDecimal(at_, Opcode::GET, index);
}

uint32_t Emitter::EmitStoredSlow(Opcode opcode, std::string_view payload) {
  if (payload.size() < PayloadStore::kMinSize || !ok()) return Memo::kAbsent;
  const std::optional<uint32_t> index = store_->Find(opcode, payload);
  if (!index.has_value()) return Memo::kAbsent;
  EmitGet(*index);
  return *index;
}

size_t Emitter::memory_used() const {
  return memo_.capacity() * 2 * sizeof(void*) + text_.capacity();
}

}  // namespace pickle5

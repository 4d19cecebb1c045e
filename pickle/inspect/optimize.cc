#include "pickle/inspect/optimize.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "pickle/emitter/framer.h"
#include "pickle/inspect/argument_value.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/protocol/hash_table.h"
#include "pickle/protocol/opcode.h"
#include "pickle/protocol/scanner.h"

namespace pickle5 {
namespace {

bool IsGet(Opcode opcode) {
  return opcode == Opcode::GET || opcode == Opcode::BINGET ||
         opcode == Opcode::LONG_BINGET;
}

bool IsPut(Opcode opcode) {
  return opcode == Opcode::PUT || opcode == Opcode::BINPUT ||
         opcode == Opcode::LONG_BINPUT;
}

absl::Status At(ErrorCode code, const Token& token, std::string_view rule) {
  return MakeDecodeStatus(code, token.offset,
                          static_cast<uint8_t>(token.opcode()), rule);
}

// What the first scan learns.
struct MemoUse {
  int protocol = 0;
  bool has_header = false;  // PROTO is the first opcode
  internal::HashSet<uint64_t> read;
  uint64_t size = 0;  // of the pickle
};

absl::Status Survey(std::string_view pickle, MemoUse& use) {
  Scanner scanner(pickle);
  Token token;
  internal::HashSet<uint64_t> stored;
  while (scanner.Next(token) == Scanner::Result::kToken) {
    const Opcode opcode = token.opcode();
    if (opcode == Opcode::MEMOIZE) {
      stored.insert(stored.size());
    } else if (opcode == Opcode::PROTO) {
      const int protocol = static_cast<uint8_t>(token.argument[0]);
      if (protocol > kHighestProtocol) {
        return At(ErrorCode::kProto, token, "the protocol is above 5");
      }
      use.protocol = std::max(use.protocol, protocol);
      use.has_header = use.has_header || token.offset == 0;
    } else if (IsGet(opcode) || IsPut(opcode)) {
      const auto index = ArgumentValue::Decode(token).AsUint64();
      if (!index) {
        return At(ErrorCode::kBadInt, token, "the memo index is no number");
      }
      if (IsPut(opcode)) {
        stored.insert(*index);
        continue;
      }
      if (!stored.contains(*index)) {
        return At(ErrorCode::kMemoMissing, token,
                  absl::StrCat("memo index ", *index, " was never set"));
      }
      use.protocol = std::max<int>(use.protocol, InfoOf(opcode).protocol);
      use.read.insert(*index);
    }
  }
  use.size = scanner.offset();
  return scanner.status();
}

// Writes opcodes as the framer of pickle.py's _Pickler does: what is longer
// than a frame, header included, stands outside of frames.
class OpcodeWriter {
 public:
  OpcodeWriter(ByteWriter& writer, bool framing)
      : at_(framer_.Begin(writer, framing)) {}

  bool Write(std::string_view opcode) {
    at_ = framer_.Boundary(at_);
    if (opcode.size() > Framer::kFrameSizeTarget) {
      at_ = framer_.WritePayload(at_, {}, opcode);
    } else {
      at_ = framer_.Room(at_, opcode.size());
      if (framer_.ok()) {
        std::memcpy(at_, opcode.data(), opcode.size());
        at_ += opcode.size();
      }
    }
    return framer_.ok();
  }

  bool Finish() { return framer_.Finish(at_); }
  void Abandon() { framer_.Abandon(); }

 private:
  Framer framer_;
  uint8_t* at_;
};

// An opcode that stores to or reads from the memo, in the shortest form that
// the protocol has.
std::string MemoOpcode(int protocol, bool put, uint64_t index) {
  if (put && protocol >= 4) {
    return std::string(1, static_cast<char>(Opcode::MEMOIZE));
  }
  if (protocol == 0) return absl::StrCat(put ? "p" : "g", index, "\n");
  const bool is_short = index < 256;
  const Opcode opcode = put ? (is_short ? Opcode::BINPUT : Opcode::LONG_BINPUT)
                            : (is_short ? Opcode::BINGET : Opcode::LONG_BINGET);
  std::string bytes(1, static_cast<char>(opcode));
  bytes.append(reinterpret_cast<const char*>(&index), is_short ? 1 : 4);
  return bytes;
}

absl::Status Rewrite(std::string_view pickle, const MemoUse& use,
                     ByteWriter& writer) {
  Scanner scanner(pickle);
  Token token;
  internal::HashSet<uint64_t> stored;
  internal::HashMap<uint64_t, uint64_t> renumbered;
  uint64_t next = 0;
  if (use.has_header) {
    if (scanner.Next(token) != Scanner::Result::kToken ||
        !writer.Write(token.bytes)) {
      return writer.status();
    }
  }
  OpcodeWriter out(writer, use.protocol >= 4);
  while (scanner.Next(token) == Scanner::Result::kToken) {
    const Opcode opcode = token.opcode();
    const bool memoize = opcode == Opcode::MEMOIZE;
    bool ok = true;
    if (opcode == Opcode::FRAME) continue;
    if (memoize || IsPut(opcode)) {
      const uint64_t index =
          memoize ? stored.size()
                  : ArgumentValue::Decode(token).AsUint64().value_or(0);
      stored.insert(index);
      if (!use.read.contains(index)) continue;
      renumbered[index] = next;
      ok = out.Write(MemoOpcode(use.protocol, true, next));
      ++next;
    } else if (IsGet(opcode)) {
      const uint64_t index =
          ArgumentValue::Decode(token).AsUint64().value_or(0);
      ok = out.Write(MemoOpcode(use.protocol, false, renumbered[index]));
    } else {
      ok = out.Write(token.bytes);
    }
    if (!ok) {
      out.Abandon();
      return writer.status();
    }
  }
  return out.Finish() ? absl::OkStatus() : writer.status();
}

}  // namespace

absl::Status Optimize(std::string_view pickle, ByteWriter& writer,
                      uint64_t* consumed) {
  try {
    MemoUse use;
    absl::Status status = Survey(pickle, use);
    if (!status.ok()) return writer.Abandon(std::move(status));
    if (consumed != nullptr) *consumed = use.size;
    return writer.Abandon(Rewrite(pickle, use, writer));
  } catch (const std::bad_alloc&) {
    return writer.Abandon(OutOfMemoryStatus());
  }
}

}  // namespace pickle5

#ifndef PICKLE5_PICKLE_EMITTER_EMITTER_H_
#define PICKLE5_PICKLE_EMITTER_EMITTER_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "buffers/bytes/byte_writer.h"
#include "pickle/emitter/framer.h"
#include "pickle/emitter/memo.h"
#include "pickle/emitter/payload_store.h"
#include "pickle/export.h"
#include "pickle/protocol/opcode.h"

namespace pickle5 {

static_assert(std::endian::native == std::endian::little,
              "arguments are stored as they lie in memory");

// The opcodes of small values, written behind a cursor without any check: the
// innermost step of the Emitter, and what walkers use in loops over values of
// one kind. Each returns the cursor behind what it wrote.
//
// Forms: the shortest, as save_long() and write_unicode_binary() of _pickle.c
// choose them in protocol 2 and up (strings: 4 and up).
struct Atoms {
  static constexpr size_t kShortText = 256;  // PutShortText() takes less

  static uint8_t* PutOp(uint8_t* at, Opcode opcode) {
    *at = static_cast<uint8_t>(opcode);
    return at + 1;
  }

  template <typename Argument>
  static uint8_t* PutOp(uint8_t* at, Opcode opcode, Argument argument) {
    *at = static_cast<uint8_t>(opcode);
    std::memcpy(at + 1, &argument, sizeof argument);
    return at + 1 + sizeof argument;
  }

  static uint8_t* PutInt(uint8_t* at, int64_t value) {
    const uint64_t bits = static_cast<uint64_t>(value);
    if (ABSL_PREDICT_TRUE(value == static_cast<int32_t>(value))) {
      // Without branches: which of the lengths comes next cannot be foreseen.
      constexpr uint32_t kCodes =
          uint32_t{static_cast<uint8_t>(Opcode::BININT1)} |
          uint32_t{static_cast<uint8_t>(Opcode::BININT2)} << 8 |
          uint32_t{static_cast<uint8_t>(Opcode::BININT)} << 24;
      const uint32_t more = (bits > 0xff ? 1u : 0u) + (bits > 0xffff ? 2u : 0u);
      const uint64_t word = (kCodes >> 8 * more & 0xff) | bits << 8;
      std::memcpy(at, &word, sizeof word);
      return at + 2 + more;
    }
    const uint64_t magnitude = value < 0 ? ~bits : bits;
    // One bit more than the magnitude's, for the sign.
    const int length = (64 - std::countl_zero(magnitude)) / 8 + 1;
    at[0] = static_cast<uint8_t>(Opcode::LONG1);
    at[1] = static_cast<uint8_t>(length);
    std::memcpy(at + 2, &bits, sizeof bits);
    return at + 2 + length;
  }

  static uint8_t* PutFloat(uint8_t* at, uint64_t bits) {
    return PutOp(at, Opcode::BINFLOAT, __builtin_bswap64(bits));
  }

  // Precondition: length < kShortText.
  static uint8_t* PutShortText(uint8_t* at, Opcode opcode, const char* text,
                               size_t length) {
    at[0] = static_cast<uint8_t>(opcode);
    at[1] = static_cast<uint8_t>(length);
    Copy(at + 2, text, length);
    return at + 2 + length;
  }

  // Without branches: which form it is cannot be foreseen.
  static uint8_t* PutGet(uint8_t* at, uint32_t index) {
    constexpr int kToLong = static_cast<int>(Opcode::LONG_BINGET) -
                            static_cast<int>(Opcode::BINGET);
    const int is_long = index > UINT8_MAX;
    at[0] = static_cast<uint8_t>(static_cast<int>(Opcode::BINGET) +
                                 is_long * kToLong);
    std::memcpy(at + 1, &index, sizeof index);
    return at + 2 + 3 * is_long;
  }

  // memcpy for lengths that are small most of the time; reads and writes
  // nothing outside of them.
  static void Copy(uint8_t* to, const char* from, size_t length) {
    if (length > 32) {
      std::memcpy(to, from, length);
    } else if (length >= 16) {
      CopyEnds<16>(to, from, length);
    } else if (length >= 8) {
      CopyEnds<8>(to, from, length);
    } else if (length >= 4) {
      CopyEnds<4>(to, from, length);
    } else if (length >= 2) {
      CopyEnds<2>(to, from, length);
    } else if (length == 1) {
      *to = static_cast<uint8_t>(*from);
    }
  }

 private:
  // Two blocks that overlap unless length is 2 * kBlock.
  template <size_t kBlock>
  static void CopyEnds(uint8_t* to, const char* from, size_t length) {
    uint8_t head[kBlock];
    uint8_t tail[kBlock];
    std::memcpy(head, from, kBlock);
    std::memcpy(tail, from + length - kBlock, kBlock);
    std::memcpy(to, head, kBlock);
    std::memcpy(to + length - kBlock, tail, kBlock);
  }
};

// Writes the opcodes of one pickle: the only writer of opcodes, for walkers of
// any object model.
//
// Values come out in the shortest form of the protocol, byte for byte as from
// CPython's C pickler (_pickle.c of 3.13). The walker calls StartValue() before
// each value, where a frame may end; one Emit call for a value without items;
// for a container its opening, the same for each item, its closing. Memoize()
// stands where CPython calls memo_put().
//
// Ownership: writer and store are borrowed from Start() to Finish(). Memory of
//            the memo is kept for the next pickle.
// Errors:    the first one sticks; later calls write nothing that counts.
//            Finish() returns it and abandons the writer: half a pickle is not
//            to be published.
// Threads:   thread-compatible.
// Cost:      one comparison per value; no virtual call but for full frames and
//            large payloads, which go to the writer straight from their memory.
class PICKLE5_EXPORT Emitter {
 public:
  Emitter() = default;

  // Begins a pickle with PROTO (2 and up) and forgets the memo. A store, for
  // protocol 5, takes the large payloads.
  // Precondition: 0 <= protocol <= kHighestProtocol.
  void Start(ByteWriter& writer, int protocol, PayloadStore* store = nullptr) {
    ForgetMemo();
    StartNext(writer, protocol, store);
  }
  // The same with the memo of the pickle before, which the reader must then
  // keep too.
  void StartNext(ByteWriter& writer, int protocol,
                 PayloadStore* store = nullptr);
  void ForgetMemo() {
    memo_count_ = 0;
    memo_.Clear();
  }
  // The same, and gives back what memory the memo holds.
  void ReleaseMemo() {
    memo_count_ = 0;
    memo_.Release();
  }
  // STOP. The bytes are the writer's, not flushed.
  [[nodiscard]] absl::Status Finish();
  // Gives the pickle up; what the writer took already stays.
  void Abandon();

  int protocol() const { return protocol_; }
  // Returns whether numbers, texts, empty lists and dicts and the memo's
  // indices come out in binary, as in protocol 1 and up, or as text, as in
  // protocol 0. Start() sets it. Both forms can be read in every protocol.
  bool binary() const { return binary_; }
  // protocol() where values come out in binary, else 0.
  int forms() const { return forms_; }
  void set_binary(bool binary) {
    binary_ = binary;
    forms_ = binary ? protocol_ : 0;
  }
  bool ok() const { return ABSL_PREDICT_TRUE(framer_.ok() && !failed_); }
  // Records an error of the walker. Always returns false.
  bool Fail(absl::Status status);

  // A value begins: the place where frames end (_Pickler_OpcodeBoundary).
  void StartValue() { at_ = framer_.Boundary(at_); }
  // To be called before opcodes that follow no StartValue(), such as those that
  // close a container: a million of them may come in a row.
  void StartClosing() { at_ = framer_.Room(at_); }

  // The cursor, for loops that use Atoms. NextBoundary() is StartValue() on a
  // cursor; set_cursor() ends the loop.
  uint8_t* cursor() const { return at_; }
  uint8_t* NextBoundary(uint8_t* at) { return framer_.Boundary(at); }
  void set_cursor(uint8_t* at) { at_ = at; }

  // Opcodes without an argument.
  void Emit(Opcode opcode) { at_ = Atoms::PutOp(at_, opcode); }
  void Emit(Opcode opcode, size_t count);  // the same `count` times

  void EmitNone() { Emit(Opcode::NONE); }
  void EmitBool(bool value) {
    if (ABSL_PREDICT_TRUE(protocol_ >= 2)) {
      Emit(value ? Opcode::NEWTRUE : Opcode::NEWFALSE);
    } else {
      EmitBoolText(value);
    }
  }
  void EmitInt(int64_t value) {
    if (ABSL_PREDICT_TRUE(forms_ >= 2)) {
      at_ = Atoms::PutInt(at_, value);
    } else {
      EmitIntText(value);
    }
  }
  // An int that int64_t does not hold: shortest little-endian two's complement.
  void EmitLong(std::string_view little_endian);
  void EmitFloat(double value) {
    if (ABSL_PREDICT_TRUE(binary_)) {
      at_ = Atoms::PutFloat(at_, std::bit_cast<uint64_t>(value));
    } else {
      EmitFloatText(value);
    }
  }

  // UTF-8 with surrogates as three bytes each. Fails from 4 GiB up before
  // protocol 4.
  void EmitStr(std::string_view utf8) {
    if (ABSL_PREDICT_TRUE(forms_ >= 4 && utf8.size() < Atoms::kShortText)) {
      at_ = Atoms::PutShortText(at_, Opcode::SHORT_BINUNICODE, utf8.data(),
                                utf8.size());
    } else {
      EmitStrSlow(utf8);
    }
  }
  // The same where the caller writes the UTF-8, or in protocol 0 the line of
  // UNICODE without its newline: OpenStr() returns the place of the first of
  // `size` bytes, nullptr after a failure; CloseStr() takes the place behind
  // the last one. A store gets none of it. The size may be an upper bound if
  // both it and the size lie in [256, 65536).
  uint8_t* OpenStr(size_t size);
  void CloseStr(uint8_t* at);
  // Fails from 4 GiB up before protocol 4. Precondition: protocol() >= 3.
  void EmitBytes(std::string_view bytes) {
    if (ABSL_PREDICT_TRUE(bytes.size() < Atoms::kShortText)) {
      at_ = Atoms::PutShortText(at_, Opcode::SHORT_BINBYTES, bytes.data(),
                                bytes.size());
    } else {
      EmitBytesSlow(bytes);
    }
  }
  // Precondition: protocol() >= 5.
  void EmitByteArray(std::string_view bytes);

  void EmitEmptyList() { EmitEmpty(Opcode::EMPTY_LIST, Opcode::LIST); }
  void EmitEmptyDict() { EmitEmpty(Opcode::EMPTY_DICT, Opcode::DICT); }
  void EmitEmptyTuple() {
    if (ABSL_PREDICT_TRUE(protocol_ >= 1)) return Emit(Opcode::EMPTY_TUPLE);
    Emit(Opcode::MARK);
    Emit(Opcode::TUPLE);
  }

  // A tuple of `count` > 0 items: before them, behind them, and behind them in
  // place of the latter if the tuple was memoized meanwhile (it contains
  // itself): drops the items; a GET is to follow.
  void OpenTuple(size_t count) {
    if (TakesMark(count)) Emit(Opcode::MARK);
  }
  void CloseTuple(size_t count) {
    if (TakesMark(count)) return Emit(Opcode::TUPLE);
    Emit(static_cast<Opcode>(static_cast<size_t>(Opcode::TUPLE1) + count - 1));
  }
  void DropTuple(size_t count);
  // POP_MARK, or in protocol 0 a POP for each of `count` items and the mark.
  void DropToMark(size_t count);

  // Opcodes with text lines. Lines must hold no newline.
  void EmitGlobal(std::string_view module, std::string_view name) {
    EmitLines(Opcode::GLOBAL, module, name);
  }
  void EmitInst(std::string_view module, std::string_view name) {
    EmitLines(Opcode::INST, module, name);
  }
  void EmitPersistentId(std::string_view ascii);

  // EXT1, EXT2 or EXT4, whatever the protocol.
  void EmitExtension(int32_t code);

  // Gives the object on the stack the next index of the memo. Objects that
  // will not be asked for need no entry in the table and so no key.
  void Memoize() {
    if (ABSL_PREDICT_TRUE(protocol_ >= 4)) {
      Emit(Opcode::MEMOIZE);
      ++memo_count_;
    } else {
      MemoizeOld();
    }
  }
  void Memoize(const void* object) {
    Remember(object);
    Memoize();
  }
  // How many objects were memoized: the index of the next. Loops that write
  // MEMOIZE themselves set it.
  uint64_t memo_count() const { return memo_count_; }
  void set_memo_count(uint64_t count) { memo_count_ = count; }
  // Enters the object with the index the next Memoize() gives.
  void Remember(const void* object) { Remember(object, memo_count_); }
  void Remember(const void* object, uint64_t index) {
    if (ABSL_PREDICT_TRUE(index <= Memo::kMaxIndex)) {
      memo_.Put(object, static_cast<uint32_t>(index));
    } else {
      FailMemo();
    }
  }
  // The object's index, Memo::kAbsent if it has no entry.
  uint32_t IndexOf(const void* object) const { return memo_.Find(object); }

  // Writes the GET of an object that has an entry; false if it has none.
  bool EmitKnown(const void* object) {
    const uint32_t index = memo_.Find(object);
    if (index == Memo::kAbsent) return false;
    EmitGet(index);
    return true;
  }
  void EmitGet(uint64_t index) {
    if (ABSL_PREDICT_TRUE(binary_)) {
      at_ = Atoms::PutGet(at_, static_cast<uint32_t>(index));
    } else {
      EmitGetText(index);
    }
  }

  // Writes the GET of an object that is equal to the one a BINBYTES or
  // BINUNICODE of this payload would make and that the store has already.
  // Returns its index, Memo::kAbsent if there is none.
  uint32_t EmitStored(Opcode opcode, std::string_view payload) {
    if (ABSL_PREDICT_TRUE(store_ == nullptr)) return Memo::kAbsent;
    return EmitStoredSlow(opcode, payload);
  }

  // Bytes of memory held for the memo.
  size_t memory_used() const;

 private:
  bool TakesMark(size_t count) const {
    return ABSL_PREDICT_FALSE(count > 3 || protocol_ < 2);
  }
  void EmitEmpty(Opcode binary, Opcode text) {
    if (ABSL_PREDICT_TRUE(binary_)) return Emit(binary);
    Emit(Opcode::MARK);
    Emit(text);
  }

  void EmitBoolText(bool value);
  void EmitIntText(int64_t value);
  void EmitFloatText(double value);
  void EmitGetText(uint64_t index);
  void EmitStrSlow(std::string_view utf8);
  void FailLargeStr();
  void EmitBytesSlow(std::string_view bytes);
  void EmitLines(Opcode opcode, std::string_view first,
                 std::string_view second);
  // An opcode and a line, of any length.
  void EmitLine(Opcode opcode, std::string_view line);
  // An opcode with its length argument, 1, 4 or 8 bytes long, and payload.
  template <typename Length>
  void EmitPayload(Opcode opcode, std::string_view payload,
                   uint64_t memo_index = Framer::kUnstored);
  uint32_t EmitStoredSlow(Opcode opcode, std::string_view payload);
  void MemoizeOld();
  void FailMemo();

  uint8_t* at_ = nullptr;
  int protocol_ = kHighestProtocol;
  int forms_ = kHighestProtocol;  // protocol_ if binary_
  bool binary_ = true;
  bool failed_ = false;
  uint64_t memo_count_ = 0;
  uint8_t* open_str_ = nullptr;
  Memo memo_;
  Framer framer_;
  ByteWriter* writer_ = nullptr;
  PayloadStore* store_ = nullptr;
  std::string text_;  // of the line under way; kept for its memory
  absl::Status status_;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_EMITTER_EMITTER_H_

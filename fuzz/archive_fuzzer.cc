// Promise: whatever the bytes, opening them as an archive, loading its objects
// and verifying it end with a Status, also where every digest is right. A
// pickle that loads comes back from an archive as an equal object, and that
// archive verifies.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "buffers/bytes/memory_byte_writer.h"
#include "buffers/files/file_bytes.h"
#include "fuzz/fuzz_input.h"
#include "pickle/archive/archive_pickle.h"
#include "pickle/archive/archive_reader.h"
#include "pickle/archive/archive_writer.h"
#include "pickle/protocol/limits.h"
#include "pickle/protocol/scanner.h"
#include "pickle/value/document.h"
#include "pickle/value/equal.h"

namespace pickle5 {
namespace {

constexpr size_t kBaseMemory = size_t{64} << 20;
constexpr size_t kMemoryPerByte = 256;
constexpr size_t kEntry = 6;  // input bytes that make an entry of an index

ReadOptions OptionsFor(size_t size) {
  ReadOptions options;
  options.limits.max_memory = kBaseMemory + kMemoryPerByte * size;
  return options;
}

absl::StatusOr<ArchiveReader> Open(std::string_view bytes) {
  return ArchiveReader::Open(FileBytes::Of(Buffer::Borrow(bytes)),
                             ArchiveAccess::kReadOnly);
}

void Use(std::string_view bytes) {
  const auto reader = Open(bytes);
  if (!reader.ok()) return;
  Document document;
  for (size_t i = 0; i < reader->size(); ++i) {
    const absl::Status status =
        reader->Load(i, &document, OptionsFor(bytes.size()));
    Require(status.ok() != document.root().is_null());
  }
  (void)reader->VerifyAll();
}

// An archive whose pickle and whose index the input makes up, with the digests
// that they ought to have.
std::string Forged(std::string_view input) {
  const size_t count = static_cast<uint8_t>(input[0]) % 8;
  input.remove_prefix(1);
  if (input.size() < count * kEntry) return "";
  const auto* entry = reinterpret_cast<const uint8_t*>(input.data());
  std::string pickle(
      "\x80\x05"
      "C\x08");
  pickle += kArchiveLabel;
  pickle += '0';
  pickle += input.substr(count * kEntry);
  ArchiveIndex index;
  std::string in_band;
  size_t end = 0;
  for (size_t i = 0; i < count; ++i, entry += kEntry) {
    ArchivePayload payload;
    payload.offset = std::min(pickle.size(), end + entry[0] + 256u * entry[1]);
    payload.length = std::min<size_t>(pickle.size() - payload.offset,
                                      entry[2] + 256u * entry[3]);
    payload.kind = static_cast<PayloadKind>(entry[4] % 6);
    payload.description.readonly = (entry[5] & 1) != 0;
    payload.description.has_layout = (entry[5] & 2) != 0;
    if (payload.description.has_layout) {
      payload.description.itemsize = entry[5] >> 4;
      payload.description.shape = {entry[2] >> 2, entry[5] >> 2 & 3};
      payload.description.fortran_order = (entry[5] & 4) != 0;
    }
    payload.digest = DigestOf(
        std::string_view(pickle).substr(payload.offset, payload.length));
    in_band += pickle.substr(end, payload.offset - end);
    end = payload.offset + payload.length;
    index.payloads.push_back(payload);
  }
  index.in_band = DigestOf(in_band + pickle.substr(end));
  return pickle + EncodeIndexPickle(index, pickle.size());
}

// Returns whether no opcode of the pickle runs below protocol 3, where names
// are Python 2's and become Python 3's.
bool KeepsNames(std::string_view pickle) {
  Scanner scanner(pickle);
  Token token;
  bool keeps = false;
  while (scanner.Next(token) == Scanner::Result::kToken) {
    if (token.opcode() != Opcode::PROTO) continue;
    if (token.argument[0] < 3) return false;
    keeps = keeps || token.offset == 0;
  }
  return keeps;
}

void RoundTrip(std::string_view pickle) {
  Document document;
  if (!document.LoadBorrowed(pickle, OptionsFor(pickle.size())).ok()) return;
  MemoryByteWriter out;
  ArchiveWriter writer(&out);
  const absl::Status written = writer.Write(document);
  if (!written.ok()) return;
  const auto reader = Open(out.written());
  Require(reader.ok() && reader->size() == 1);
  const absl::Status verified = reader->VerifyAll();
  Require(verified.ok());
  Document back;
  const absl::Status loaded = reader->Load(0, &back);
  Require(loaded.ok());
  Require(!KeepsNames(pickle) || Equal(back.root(), document.root()));
}

}  // namespace
}  // namespace pickle5

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  pickle5::Use(bytes);
  pickle5::Use(pickle5::Forged(bytes));
  pickle5::RoundTrip(bytes);
  return 0;
}

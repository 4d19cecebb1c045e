#include "pickle/archive/archive_pickle.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "buffers/little_endian.h"
#include "pickle/protocol/opcode.h"
#include "pickle/protocol/scanner.h"

namespace pickle5 {
namespace {

constexpr uint8_t kProtocol = 5;

void PutOpcode(Opcode opcode, LittleEndianEncoder* out) {
  out->Put<uint8_t>(static_cast<uint8_t>(opcode));
}

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(absl::StrCat("archive: ", std::string(what)));
}

std::string IndexPickleHead(uint64_t contents) {
  std::string head;
  LittleEndianEncoder out(&head);
  PutOpcode(Opcode::PROTO, &out);
  out.Put<uint8_t>(kProtocol);
  PutOpcode(Opcode::BINBYTES8, &out);
  out.Put<uint64_t>(contents);
  return head;
}

std::string ArchiveStart() {
  std::string start;
  LittleEndianEncoder out(&start);
  PutOpcode(Opcode::PROTO, &out);
  out.Put<uint8_t>(kProtocol);
  PutOpcode(Opcode::SHORT_BINBYTES, &out);
  out.Put<uint8_t>(static_cast<uint8_t>(kArchiveLabel.size()));
  out.PutBytes(kArchiveLabel);
  PutOpcode(Opcode::POP, &out);
  return start;
}

// Steps over the pickle at the front of `bytes`.
Scanner::Result SkipPickle(std::string_view& bytes) {
  Scanner scanner(bytes);
  Token token;
  Scanner::Result result = Scanner::Result::kToken;
  while (result == Scanner::Result::kToken) result = scanner.Next(token);
  bytes.remove_prefix(static_cast<size_t>(scanner.offset()));
  return result;
}

}  // namespace

bool IsArchive(std::string_view bytes) {
  return bytes.starts_with(ArchiveStart());
}

bool IsArchiveStart(std::string_view bytes) {
  return std::string_view(ArchiveStart()).starts_with(bytes);
}

std::string EncodeIndexPickle(const ArchiveIndex& index,
                              uint64_t pickle_length) {
  const std::string contents = EncodeArchiveIndex(index, pickle_length);
  std::string pickle = IndexPickleHead(contents.size());
  pickle += contents;
  pickle += static_cast<char>(Opcode::STOP);
  return pickle;
}

absl::StatusOr<ArchiveIndex> DecodeIndexPickle(std::string_view pickle) {
  if (pickle.size() < kIndexPickleHead + kArchiveTailSize ||
      !pickle.starts_with(IndexPickleHead(pickle.size() - kIndexPickleHead -
                                          kIndexPickleTail)) ||
      pickle.back() != static_cast<char>(Opcode::STOP)) {
    return Damaged("the index pickle is none");
  }
  pickle.remove_prefix(kIndexPickleHead);
  pickle.remove_suffix(kIndexPickleTail);
  return DecodeArchiveIndex(pickle);
}

absl::StatusOr<ArchiveExtent> ExtentBefore(uint64_t end,
                                           std::string_view tail) {
  if (tail.size() != kArchiveTailSize || tail.size() > end ||
      tail.back() != static_cast<char>(Opcode::STOP)) {
    return Damaged("no footer: not complete, or cut short");
  }
  const absl::StatusOr<ArchiveFooter> footer =
      DecodeArchiveFooter(tail.substr(0, kArchiveFooterSize));
  if (!footer.ok()) return footer.status();
  const uint64_t available = end - kArchiveTailSize;
  if (available < kIndexPickleHead ||
      footer->index_length > available - kIndexPickleHead ||
      footer->pickle_length >
          available - kIndexPickleHead - footer->index_length) {
    return Damaged("the footer's lengths exceed the file");
  }
  ArchiveExtent extent;
  extent.end = end;
  extent.index = available - footer->index_length - kIndexPickleHead;
  extent.begin = extent.index - footer->pickle_length;
  return extent;
}

bool IsCutShort(std::string_view bytes) {
  const std::string start = ArchiveStart();
  if (!bytes.starts_with(start)) return start.starts_with(bytes);
  Scanner::Result result = SkipPickle(bytes);
  if (result == Scanner::Result::kEnd) result = SkipPickle(bytes);
  return result == Scanner::Result::kNeedMore;
}

}  // namespace pickle5

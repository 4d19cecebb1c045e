#include "pickle/archive_pickle.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "buffers/little_endian.h"
#include "pickle/opcode.h"
#include "pickle/scanner.h"

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

// The length of the pickle at the front of `bytes`.
absl::StatusOr<uint64_t> PickleLength(std::string_view bytes) {
  Scanner scanner(bytes);
  Token token;
  for (;;) {
    switch (scanner.Next(token)) {
      case Scanner::Result::kToken:
        continue;
      case Scanner::Result::kEnd:
        return scanner.offset();
      case Scanner::Result::kNeedMore:
        return absl::OutOfRangeError("archive: the object is cut short");
      case Scanner::Result::kError:
        return Damaged("the object's pickle is none");
    }
  }
}

}  // namespace

bool IsArchive(std::string_view bytes) {
  return bytes.starts_with(ArchiveStart());
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

absl::StatusOr<ArchiveExtent> ExtentFrom(uint64_t begin,
                                         std::string_view file) {
  const std::string_view rest = file.substr(static_cast<size_t>(begin));
  const std::string start = ArchiveStart();
  if (!rest.starts_with(start)) {
    return start.starts_with(rest)
               ? absl::OutOfRangeError("archive: the object is cut short")
               : Damaged("the object does not begin as one");
  }
  const absl::StatusOr<uint64_t> pickle = PickleLength(rest);
  if (!pickle.ok()) return pickle.status();
  const std::string_view behind = rest.substr(static_cast<size_t>(*pickle));
  const absl::StatusOr<uint64_t> index = PickleLength(behind);
  if (!index.ok()) return index.status();
  ArchiveExtent extent;
  extent.begin = begin;
  extent.index = begin + *pickle;
  extent.end = extent.index + *index;
  const absl::StatusOr<ArchiveIndex> decoded =
      DecodeIndexPickle(behind.substr(0, static_cast<size_t>(*index)));
  if (!decoded.ok()) return decoded.status();
  const absl::StatusOr<ArchiveExtent> told = ExtentBefore(
      extent.end,
      file.substr(static_cast<size_t>(extent.end) - kArchiveTailSize,
                  kArchiveTailSize));
  if (!told.ok()) return told.status();
  if (*told != extent) return Damaged("the footer does not name the pickle");
  return extent;
}

}  // namespace pickle5

#include "pickle/archive/archive_reader.h"

#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/files/digest_check.h"
#include "buffers/io_status.h"
#include "pickle/archive/archive_pickle.h"

namespace pickle5 {
namespace {

absl::Status InObject(size_t i, const absl::Status& status) {
  const auto message = status.message();
  return absl::Status(status.code(), absl::StrCat("object ", i, ": ", message));
}

absl::Status DamagedPayload(size_t i, size_t payload,
                            const ArchivePayload& entry) {
  return absl::DataLossError(
      absl::StrCat("object ", i, ": payload ", payload, " (",
                   std::string(PayloadKindName(entry.kind)), " of ",
                   entry.length, " bytes at byte ", entry.offset,
                   " of the object) does not match its digest"));
}

// Compares the payloads of an object that begins at `begin` of `file` with
// their digests.
absl::Status CheckPayloads(size_t i, const ArchiveIndex& index,
                           const FileBytes& file, uint64_t begin) {
  std::vector<DigestedRange> all;
  all.reserve(index.payloads.size());
  for (const ArchivePayload& entry : index.payloads) {
    all.push_back({begin + entry.offset, entry.length, entry.digest});
  }
  const absl::StatusOr<std::optional<size_t>> bad = FirstMismatch(file, all);
  if (!bad.ok()) return bad.status();
  if (!bad->has_value()) return absl::OkStatus();
  return DamagedPayload(i, **bad, index.payloads[**bad]);
}

absl::StatusOr<DetachedPayload> DetachPayload(const Buffer& pickle,
                                              const ArchivePayload& entry) {
  DetachedPayload payload;
  payload.readonly = entry.description.readonly;
  payload.is_buffer = entry.kind == PayloadKind::kBuffer;
  absl::StatusOr<Buffer> bytes = pickle.Slice(
      static_cast<size_t>(entry.offset), static_cast<size_t>(entry.length));
  if (bytes.ok()) bytes = Describe(*bytes, entry.description);
  if (!bytes.ok()) return bytes.status();
  payload.bytes = *std::move(bytes);
  return payload;
}

}  // namespace

absl::StatusOr<ArchiveReader> ArchiveReader::Open(const std::string& path,
                                                  ArchiveAccess access) {
  absl::StatusOr<FileBytes> file = FileBytes::Open(path);
  if (!file.ok()) return file.status();
  return Open(*std::move(file), access);
}

absl::StatusOr<ArchiveReader> ArchiveReader::Open(FileBytes file,
                                                  ArchiveAccess access) {
  absl::StatusOr<ArchiveExtents> extents = FindArchiveExtents(file);
  if (!extents.ok()) return extents.status();
  ArchiveReader reader(std::move(file), access, *std::move(extents));
  if (access != ArchiveAccess::kCopy) {
    absl::StatusOr<Buffer> mapping = reader.file_.Map(
        access == ArchiveAccess::kReadOnly ? MapAccess::kReadOnly
                                           : MapAccess::kCopyOnWrite);
    if (!mapping.ok()) return mapping.status();
    reader.mapped_ = FileBytes::Of(*std::move(mapping));
  }
  return reader;
}

absl::Status ArchiveReader::CheckObject(size_t i) const {
  if (i < size()) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat("object ", i, " of ", size(), ", counted from 0"));
}

absl::StatusOr<ArchiveIndex> ArchiveReader::Index(size_t i) const {
  try {
    absl::Status status = CheckObject(i);
    if (!status.ok()) return status;
    const ArchiveExtent& extent = extents_.objects[i];
    absl::StatusOr<Buffer> pickle =
        Buffer::Allocate(static_cast<size_t>(extent.end - extent.index));
    if (!pickle.ok()) return pickle.status();
    status = file_.Read(extent.index, pickle->nbytes(), pickle->mutable_data());
    if (!status.ok()) return status;
    absl::StatusOr<ArchiveIndex> index = DecodeIndexPickle(pickle->chars());
    if (!index.ok()) return InObject(i, index.status());
    // The footer may have changed since it was read.
    const uint64_t length = extent.index - extent.begin;
    if (!index->payloads.empty() &&
        index->payloads.back().offset + index->payloads.back().length >
            length) {
      return InObject(i, absl::DataLossError("the index is another's"));
    }
    return index;
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<Buffer> ArchiveReader::Pickle(
    const ArchiveExtent& extent) const {
  const auto length = static_cast<size_t>(extent.index - extent.begin);
  if (access_ == ArchiveAccess::kCopy) return file_.Copy(extent.begin, length);
  return mapped_.memory()->Slice(static_cast<size_t>(extent.begin), length);
}

absl::StatusOr<Buffer> ArchiveReader::InBand(size_t i,
                                             const ArchiveIndex& index,
                                             const Buffer* copy) const {
  const ArchiveExtent& extent = extents_.objects[i];
  const uint64_t length_of_pickle = extent.index - extent.begin;
  uint64_t total = length_of_pickle;
  for (const ArchivePayload& entry : index.payloads) total -= entry.length;
  absl::StatusOr<Buffer> in_band = Buffer::Allocate(static_cast<size_t>(total));
  if (!in_band.ok()) return in_band;
  uint8_t* to = in_band->mutable_data();
  uint64_t from = 0;
  for (size_t k = 0; k <= index.payloads.size(); ++k) {
    const bool last = k == index.payloads.size();
    const uint64_t end = last ? length_of_pickle : index.payloads[k].offset;
    const auto length = static_cast<size_t>(end - from);
    if (copy != nullptr) {
      if (length != 0) std::memcpy(to, copy->data() + from, length);
    } else {
      // A read of a few bytes costs less than the page fault of looking.
      absl::Status status = file_.Read(extent.begin + from, length, to);
      if (!status.ok()) return status;
    }
    to += length;
    if (!last) from = end + index.payloads[k].length;
  }
  if (DigestOf(in_band->chars()) != index.in_band) {
    return InObject(
        i, absl::DataLossError("the in-band bytes do not match their digest"));
  }
  return in_band;
}

absl::Status ArchiveReader::Load(size_t i, Document* document,
                                 const ReadOptions& options,
                                 ArchiveCheck check) const {
  document->Clear();
  absl::StatusOr<DetachedPickle> pickle = Detach(i, check);
  if (!pickle.ok()) return pickle.status();
  return document->LoadDetached(std::move(pickle->others), pickle->payloads,
                                options);
}

absl::StatusOr<DetachedPickle> ArchiveReader::Detach(size_t i,
                                                     ArchiveCheck check) const {
  const absl::StatusOr<ArchiveIndex> index = Index(i);
  if (!index.ok()) return index.status();
  try {
    const absl::StatusOr<Buffer> pickle = Pickle(extents_.objects[i]);
    if (!pickle.ok()) return pickle.status();
    absl::StatusOr<Buffer> in_band =
        InBand(i, *index, access_ == ArchiveAccess::kCopy ? &*pickle : nullptr);
    if (!in_band.ok()) return in_band.status();
    if (check == ArchiveCheck::kPayloads) {
      // The very bytes that are handed out.
      absl::Status status =
          access_ == ArchiveAccess::kCopy
              ? CheckPayloads(i, *index, FileBytes::Of(*pickle), 0)
              : CheckPayloads(i, *index, Source(), extents_.objects[i].begin);
      if (!status.ok()) return status;
    }
    DetachedPickle result;
    result.others = *std::move(in_band);
    result.payloads.reserve(index->payloads.size());
    uint64_t detached = 0;
    for (const ArchivePayload& entry : index->payloads) {
      absl::StatusOr<DetachedPayload> payload = DetachPayload(*pickle, entry);
      if (!payload.ok()) return InObject(i, payload.status());
      payload->position = entry.offset - detached;
      detached += entry.length;
      result.payloads.push_back(*std::move(payload));
    }
    return result;
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

const FileBytes& ArchiveReader::Source() const {
  return access_ == ArchiveAccess::kCopy ? file_ : mapped_;
}

absl::Status ArchiveReader::Verify(size_t i) const {
  const absl::StatusOr<ArchiveIndex> index = Index(i);
  if (!index.ok()) return index.status();
  try {
    const absl::StatusOr<Buffer> in_band = InBand(i, *index, nullptr);
    if (!in_band.ok()) return in_band.status();
    return CheckPayloads(i, *index, Source(), extents_.objects[i].begin);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::Status ArchiveReader::VerifyPayload(size_t i, size_t payload) const {
  const absl::StatusOr<ArchiveIndex> index = Index(i);
  if (!index.ok()) return index.status();
  try {
    if (payload >= index->payloads.size()) {
      return absl::OutOfRangeError(
          absl::StrCat("payload ", payload, " of ", index->payloads.size()));
    }
    const ArchivePayload& entry = index->payloads[payload];
    const DigestedRange range{extents_.objects[i].begin + entry.offset,
                              entry.length, entry.digest};
    const absl::StatusOr<std::optional<size_t>> bad =
        FirstMismatch(Source(), {&range, 1});
    if (!bad.ok()) return bad.status();
    if (!bad->has_value()) return absl::OkStatus();
    return DamagedPayload(i, payload, entry);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::Status ArchiveReader::VerifyAll() const {
  for (size_t i = 0; i < size(); ++i) {
    absl::Status status = Verify(i);
    if (!status.ok()) return status;
  }
  if (extents_.lost.empty()) return absl::OkStatus();
  try {
    return absl::DataLossError(absl::StrCat(
        "bytes ", extents_.lost[0].first, " to ", extents_.lost[0].second,
        " belong to no object: one is damaged or was cut short"));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5
